"""``assistant models``: what is printed, and the exit status."""

import argparse
import hashlib

import pytest
from file_server import file_server

from assistant.commands import models
from assistant.errors import AssistantError

BODY = b"weights" * 1000


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with file_server() as running:
        yield running


@pytest.fixture
def run(tmp_path, monkeypatch, capsys, server):
    """Run a command on a manifest of two models; gives exit status, output and error output."""
    monkeypatch.setenv("ASSISTANT_MODELS_DIR", str(tmp_path / "models"))
    manifest = tmp_path / "manifest.toml"
    server.serve("voice/voice.onnx", BODY)
    manifest.write_text("format = 1\n" + entry("voice", server.url, default=True) + entry("other", server.url))

    def call(*words):
        parser = argparse.ArgumentParser()
        parser.add_argument("--config")
        models.add_parser(parser.add_subparsers(required=True))
        args = parser.parse_args(["models", "--manifest", str(manifest), *words])
        try:
            status = args.run(args)
        except AssistantError as error:
            return 1, "", f"assistant: {error}\n"
        return (status, *capsys.readouterr())

    return call


def entry(name, url, *, default=False):
    return f"""
[[models]]
name = "{name}"
role = "tts"
language = "en"
license = "MIT"
default = {str(default).lower()}
files = [{{ path = "{name}.onnx", size = {len(BODY)}, sha256 = "{hashlib.sha256(BODY).hexdigest()}" }}]
[[models.sources]]
kind = "https"
base = "{url}/{name}/"
"""


def test_list_says_what_each_model_is_and_whether_it_is_here(run):
    status, out, _ = run("list")
    assert status == 0
    assert "MIT" in out
    assert "absent" in out
    run("fetch")
    lines = {line.split()[0]: line.rstrip() for line in run("list")[1].splitlines()}
    assert lines["voice"].endswith("installed")
    assert lines["other"].endswith("absent (optional)")


def test_fetch_without_names_gets_the_default_models(run, tmp_path):
    status, out, err = run("fetch")
    assert (status, err) == (0, "")
    assert "voice: fetched from 127.0.0.1" in out
    assert (tmp_path / "models" / "voice" / "voice.onnx").read_bytes() == BODY
    assert not (tmp_path / "models" / "other").exists()
    assert "voice: is here" in run("fetch")[1]


def test_a_model_that_cannot_be_had_is_one_line_and_does_not_keep_the_others_back(run):
    status, out, err = run("fetch", "other", "voice")
    assert status == 1
    assert err.startswith("assistant: other cannot be had (127.0.0.1: it answers 404")
    assert err.count("\n") == 1
    assert "voice: fetched" in out


def test_a_wrong_name_is_said_before_anything_is_fetched(run, server):
    status, _, err = run("fetch", "voice", "vioce")
    assert status == 1
    assert "did you mean 'voice'" in err
    assert server.requests == []


def test_verify_finds_damage_and_its_advice_mends_it(run, tmp_path):
    run("fetch")
    assert run("verify")[0] == 0
    path = tmp_path / "models" / "voice" / "voice.onnx"
    path.write_bytes(b"x" + BODY[1:])
    status, _, err = run("verify")
    assert status == 1
    assert err == (f"assistant: {path}: is corrupt: its SHA-256 differs; run 'assistant models fetch voice'\n")
    assert "damaged" not in run("list")[1], "the size alone does not show it"
    assert run("fetch", "voice")[0] == 0
    assert run("verify", "voice")[0] == 0


def test_verify_of_nothing_installed_says_so(run):
    status, _, err = run("verify")
    assert status == 1
    assert "is not installed; run 'assistant models fetch voice'" in err


def test_list_shows_damage(run, tmp_path):
    run("fetch")
    (tmp_path / "models" / "voice" / "voice.onnx").write_bytes(b"x")
    assert "damaged: voice.onnx is truncated" in run("list")[1]


def test_a_missing_program_has_an_exit_status_of_its_own(run, tmp_path, monkeypatch):
    manifest = tmp_path / "manifest.toml"
    text = manifest.read_text().replace('kind = "https"', 'kind = "maven"')
    lines = [line if not line.startswith("base") else MAVEN for line in text.splitlines()]
    manifest.write_text("\n".join(lines))
    monkeypatch.setenv("PATH", str(tmp_path))
    status, _, err = run("fetch")
    assert status == models.NEEDS_PROGRAM
    assert "mvn is not installed" in err
    assert "apt-get install maven" in err


MAVEN = f'artifact = "org.example:m:1:aar"\nsize = 1\nsha256 = "{"0" * 64}"\nfolder = "m"'
