"""The manifest's refusals; where installed models are found; what is said of those that are not whole."""

import hashlib
import os
import shutil
import subprocess
import sys

import msgspec
import pytest

from assistant.errors import ModelError
from assistant.models.installed import is_verified, resolve, verify
from assistant.models.manifest import Manifest, Model, ModelFile, load_manifest

WEIGHTS = b"weights of a small model"
CONFIG = b"{}"


def file(path, content):
    return ModelFile(path, len(content), hashlib.sha256(content).hexdigest())


VOICE = Model("voice", "tts", "en", "MIT", (), (file("voice.onnx", WEIGHTS), file("conf/voice.json", CONFIG)))
SECOND = Model("second", "llm", "en", "MIT", (), (file("second.gguf", WEIGHTS),), main="second.gguf")
FIRST = Model(
    "first", "llm", "en", "MIT", (), (file("first.gguf", WEIGHTS),), main="first.gguf", stand_in="second", default=True
)
MANIFEST = Manifest(1, (VOICE, FIRST, SECOND))


def install(models_dir, model):
    for wanted, content in zip(model.files, (WEIGHTS, CONFIG), strict=False):
        path = models_dir / model.name / wanted.path
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return models_dir / model.name


def refusal(name, models_dir):
    with pytest.raises(ModelError) as caught:
        resolve(name, models_dir, MANIFEST)
    assert "\n" not in str(caught.value)
    assert caught.value.permanent
    return str(caught.value)


# --- the manifest -----------------------------------------------------------------------------------


def test_the_shipped_manifest_is_sound_and_has_a_default_for_every_role():
    manifest = load_manifest()
    assert {model.role for model in manifest.defaults()} == {"asr", "llm", "tts", "embedding"}
    assert all(model.sources and model.license for model in manifest.models)
    for model in manifest.models:
        if model.stand_in is not None:
            assert manifest.get(model.stand_in).role == model.role


def test_the_configuration_names_models_of_the_shipped_manifest():
    from assistant.config import Config

    config = Config()
    manifest = load_manifest()
    for name, role in ((config.asr.model, "asr"), (config.llm.model, "llm"), (config.tts.voice, "tts")):
        assert manifest.get(name).role == role


def document():
    sound = {
        "name": "m",
        "role": "tts",
        "language": "en",
        "license": "MIT",
        "files": [{"path": "a.bin", "size": 3, "sha256": "0" * 64}],
        "sources": [{"kind": "https", "base": "https://models.example/m/"}],
    }
    return {"format": 1, "models": [sound]}


def change(path, value):
    """A change of the sound document at ``path``; None takes the key away."""

    def apply(whole):
        *way, last = path
        place = whole
        for step in way:
            place = place[step]
        if value is None:
            del place[last]
        else:
            place[last] = value
        return whole

    return apply


MODEL = ("models", 0)
PIECE = {"package": "p==1", "member": "p/a", "size": 2}


@pytest.mark.parametrize(
    ("apply", "words"),
    [
        (change(("format",), 2), "format"),
        (change(("format",), None), "format"),
        (change((*MODEL, "license"), None), "license"),
        (change((*MODEL, "licence"), "MIT"), "licence"),
        (change((*MODEL, "role"), "dance"), "dance"),
        (change((*MODEL, "name"), "../m"), "name"),
        (change((*MODEL, "files"), []), "files"),
        (change((*MODEL, "files", 0, "size"), "3"), "size"),
        (change((*MODEL, "files", 0, "size"), 0), "size"),
        (change((*MODEL, "files", 0, "sha256"), "abc"), "sha256"),
        (change((*MODEL, "files", 0, "path"), "../a.bin"), "inside"),
        (change((*MODEL, "files", 0, "path"), "/a.bin"), "inside"),
        (change((*MODEL, "files", 0, "path"), "x/./a.bin"), "inside"),
        (change((*MODEL, "main"), "b.bin"), "b.bin"),
        (change((*MODEL, "stand_in"), "n"), "stand_in"),
        (change((*MODEL, "stand_in"), "m"), "stand_in"),
        (change((*MODEL, "sources", 0, "kind"), "ftp"), "ftp"),
        (change((*MODEL, "sources", 0, "base"), "http://models.example/m/"), "HTTPS"),
        (change((*MODEL, "sources", 0, "base"), "https://models.example/m"), "end in"),
        (change((*MODEL, "sources", 0), {"kind": "pip", "files": {"a.bin": [PIECE]}}), "add up"),
        (change((*MODEL, "sources", 0), {"kind": "pip", "files": {}}), "add up"),
        (change(("models",), [document()["models"][0]] * 2), "twice"),
    ],
)
def test_a_bad_manifest_is_refused_in_one_line(tmp_path, monkeypatch, apply, words):
    path = tmp_path / "manifest.toml"
    path.write_text("format = 1")
    # The loader reads TOML; nothing in the standard library writes it, so the parsed document is put in its place.
    monkeypatch.setattr("assistant.models.manifest.tomllib.loads", lambda _text: apply(document()))
    with pytest.raises(ModelError) as caught:
        load_manifest(path)
    message = str(caught.value)
    assert message.startswith(f"{path}: ")
    assert words in message
    assert "\n" not in message


def test_the_document_that_those_changes_start_from_is_sound():
    assert msgspec.convert(document(), Manifest).get("m").size == 3


@pytest.mark.parametrize("content", [b"[[models]\n", b"\xff\xfe", b""])
def test_a_file_that_is_no_manifest_is_refused_in_one_line(tmp_path, content):
    path = tmp_path / "manifest.toml"
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"manifest\.toml: ") as caught:
        load_manifest(path)
    assert "\n" not in str(caught.value)


def test_a_manifest_that_is_not_there_is_said(tmp_path):
    with pytest.raises(ModelError, match=r"none\.toml: cannot be read: No such file"):
        load_manifest(tmp_path / "none.toml")


def test_a_wrong_name_gets_the_nearest():
    with pytest.raises(ModelError, match=r"did you mean 'second'.*models list"):
        MANIFEST.get("secnd")


# --- finding ----------------------------------------------------------------------------------------


def test_an_installed_model_is_found(tmp_path):
    folder = install(tmp_path, VOICE)
    found = resolve("voice", tmp_path, MANIFEST)
    assert (found.name, found.directory, found.path) == ("voice", folder, folder)
    folder = install(tmp_path, FIRST)
    assert resolve("first", tmp_path, MANIFEST).path == folder / "first.gguf"


def test_the_stand_in_serves_where_the_first_is_absent_or_damaged(tmp_path):
    install(tmp_path, SECOND)
    assert resolve("first", tmp_path, MANIFEST).name == "second"
    folder = install(tmp_path, FIRST)
    assert resolve("first", tmp_path, MANIFEST).name == "first"
    (folder / "first.gguf").write_bytes(b"half")
    assert resolve("first", tmp_path, MANIFEST).name == "second"


def test_an_absent_model_is_said_with_the_command_that_mends_it(tmp_path):
    assert refusal("voice", tmp_path) == f"{tmp_path}/voice: is not installed; run 'assistant models fetch voice'"
    assert "models fetch first" in refusal("first", tmp_path / "nowhere")


def test_a_damaged_stand_in_is_named_rather_than_the_absent_first(tmp_path):
    (install(tmp_path, SECOND) / "second.gguf").write_bytes(b"half")
    message = refusal("first", tmp_path)
    assert "second.gguf: is truncated: 4 of 24 bytes" in message
    assert "models fetch second" in message


@pytest.mark.parametrize(
    ("damage", "words"),
    [
        (lambda path: path.unlink(), "is missing"),
        (lambda path: os.truncate(path, 5), "is truncated: 5 of 24 bytes"),
        (lambda path: path.write_bytes(WEIGHTS * 2), "is corrupt: 48 bytes where 24 are right"),
        (lambda path: (path.unlink(), path.mkdir()), "is no file"),
        (lambda path: (path.unlink(), path.symlink_to(path)), "cannot be read: Too many levels"),
    ],
)
def test_a_damaged_model_is_one_line_with_file_reason_and_command(tmp_path, damage, words):
    folder = install(tmp_path, VOICE)
    damage(folder / "voice.onnx")
    assert refusal("voice", tmp_path).startswith(f"{folder}/voice.onnx: {words}")
    assert "assistant models fetch voice" in refusal("voice", tmp_path)


def test_a_file_without_permission_is_said(tmp_path, monkeypatch):
    install(tmp_path, VOICE)
    monkeypatch.setattr("os.access", lambda *_: False)  # root may read everything
    assert "voice.onnx: cannot be read: Permission denied" in refusal("voice", tmp_path)


def test_a_path_is_a_model_of_the_users_own(tmp_path):
    own = tmp_path / "own.gguf"
    own.write_bytes(b"x")
    assert resolve(str(own), tmp_path, MANIFEST).path == own
    assert resolve(str(tmp_path), tmp_path, MANIFEST).directory == tmp_path
    with pytest.raises(ModelError, match=r"none\.gguf: no such file"):
        resolve(str(tmp_path / "none.gguf"), tmp_path, MANIFEST)


# --- verifying --------------------------------------------------------------------------------------


def test_verify_reads_everything_and_remembers_it(tmp_path):
    folder = install(tmp_path, VOICE)
    counts = []
    assert verify(VOICE, tmp_path, counts.append) == []
    assert sum(counts) == VOICE.size
    assert is_verified(VOICE, tmp_path)
    (folder / "voice.onnx").write_bytes(WEIGHTS)
    os.utime(folder / "voice.onnx", ns=(0, 0))
    assert not is_verified(VOICE, tmp_path), "written again: it has to be read again"


def test_verify_finds_bytes_that_the_size_does_not_show(tmp_path):
    folder = install(tmp_path, VOICE)
    verify(VOICE, tmp_path)
    (folder / "voice.onnx").write_bytes(WEIGHTS[::-1])
    (problem,) = verify(VOICE, tmp_path)
    assert str(problem) == f"{folder}/voice.onnx: is corrupt: its SHA-256 differs"
    assert not is_verified(VOICE, tmp_path)


def test_verify_names_every_wrong_file(tmp_path):
    folder = install(tmp_path, VOICE)
    (folder / "conf" / "voice.json").unlink()
    (folder / "voice.onnx").write_bytes(WEIGHTS[::-1])
    assert {problem.path.name for problem in verify(VOICE, tmp_path)} == {"voice.json", "voice.onnx"}
    shutil.rmtree(folder)
    (problem,) = verify(VOICE, tmp_path)
    assert problem.absent


def test_what_was_verified_counts_only_for_the_same_manifest(tmp_path):
    install(tmp_path, SECOND)
    verify(SECOND, tmp_path)
    changed = msgspec.structs.replace(SECOND, files=(file("second.gguf", WEIGHTS[::-1]),))
    assert not is_verified(changed, tmp_path)


def test_many_threads_may_be_the_first_to_read_the_manifest():
    """In a process of its own each time: it is the first use that mattered, and what went wrong ended the process."""
    script = (
        "import sys, threading; sys.setswitchinterval(1e-6)\n"
        "from assistant.models.manifest import load_manifest\n"
        "begin = threading.Barrier(8)\n"
        "def read(): begin.wait(); load_manifest()\n"
        "threads = [threading.Thread(target=read) for _ in range(8)]\n"
        "[thread.start() for thread in threads]; [thread.join() for thread in threads]\n"
    )
    for _attempt in range(6):
        assert subprocess.run([sys.executable, "-c", script], check=False).returncode == 0
