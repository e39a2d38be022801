"""Imports point one way, and the command line starts light."""

import ast
import subprocess
import sys
from pathlib import Path

PACKAGE = Path(__file__).resolve().parents[2] / "assistant"
STAGES = {"audio", "asr", "nlu", "llm", "home", "skills", "tts"}
BASE = {"types", "errors", "events", "config", "han", "telling", "onnx"}
ABOVE_STAGES = ("turn", "parts", "service", "api", "daemon", "commands", "cli")
"""Each may import those before it, none after it."""
ADAPTERS = {
    "vosk": "assistant/asr/",
    "llama_cpp": "assistant/llm/",
    "piper": "assistant/tts/",
    "sounddevice": "assistant/audio/",
}
HEAVY = ("vosk", "llama_cpp", "piper", "numpy", "onnxruntime", "sounddevice", "hassil", "rich")


def modules():
    for path in sorted(PACKAGE.rglob("*.py")):
        yield path.relative_to(PACKAGE.parent).as_posix(), ast.parse(path.read_text(encoding="utf-8"))


def imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield node.module


def test_a_stage_imports_no_other_stage_and_nothing_above_it():
    wrong = []
    for name, tree in modules():
        stage = name.split("/")[1]
        if stage not in STAGES:
            continue
        for target in imported(tree):
            parts = target.split(".")
            if parts[0] == "assistant" and len(parts) > 1 and parts[1] != stage and parts[1] not in BASE:
                wrong.append(f"{name} imports {target}")
    assert not wrong


def test_the_base_imports_no_stage():
    wrong = [
        f"{name} imports {target}"
        for name, tree in modules()
        if name.split("/")[1].removesuffix(".py") in BASE | {"turn"}
        for target in imported(tree)
        if target.startswith("assistant.") and target.split(".")[1] not in BASE | {name.split("/")[1]}
    ]
    assert not wrong


def test_what_stands_above_the_stages_imports_nothing_above_itself():
    rank = {layer: number for number, layer in enumerate(ABOVE_STAGES)}
    wrong = []
    for name, tree in modules():
        layer = name.split("/")[1].removesuffix(".py")
        for target in imported(tree):
            if target.startswith("assistant.") and rank.get(target.split(".")[1], -1) > rank.get(layer, len(rank)):
                wrong.append(f"{name} imports {target}")
    assert not wrong


def test_only_adapters_import_the_engines():
    wrong = [
        f"{name} imports {target}"
        for name, tree in modules()
        for target in imported(tree)
        if target.split(".")[0] in ADAPTERS and not name.startswith(ADAPTERS[target.split(".")[0]])
    ]
    assert not wrong


def test_help_loads_nothing_heavy():
    code = (
        "import sys\nfrom assistant.cli import build_parser\nbuild_parser().format_help()\n"
        f"print([m for m in {HEAVY!r} if m in sys.modules])"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=PACKAGE.parent)
    assert run.stdout.strip() == "[]"


def test_only_the_command_line_prints_and_only_the_configuration_reads_the_environment():
    wrong = []
    for name, tree in modules():
        base = name.rsplit("/", 1)[1]
        for node in ast.walk(tree):
            prints = isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
            if prints and not (base in ("cli.py", "__main__.py") or name.startswith("assistant/commands/")):
                wrong.append(f"{name}:{node.lineno} prints")
            if isinstance(node, ast.Attribute) and node.attr == "environ" and name != "assistant/config/environment.py":
                wrong.append(f"{name}:{node.lineno} reads the environment")
    assert not wrong
