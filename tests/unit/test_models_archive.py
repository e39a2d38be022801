"""Models of which only an archive's checksum is known: fetched, listed, verified; what does not belong into them is refused."""

import hashlib
import io
import json
import random
import stat
import zipfile

import pytest
from file_server import file_server

from assistant.errors import ModelError
from assistant.models.contents import RECORD
from assistant.models.fetch import Fetcher
from assistant.models.http import Limits
from assistant.models.installed import find_problems, is_verified, resolve, verify
from assistant.models.manifest import ArchiveSource, Manifest, Model, load_manifest

MEMBERS = {
    "vosk-0.1/am/final.mdl": random.Random(7).randbytes(8000),
    "vosk-0.1/conf/model.conf": b"--beam=10\n",
    "vosk-0.1/am/empty": b"",
    "vosk-0.1/.verified": b"x",
    "else.txt": b"no",
}


class Silent:
    """Hears how a fetch goes on, and keeps nothing."""

    def begin(self, model, source): ...

    def at(self, what, done, total): ...

    def note(self, text): ...


def fetcher(models_dir, *models, **more):
    limits = Limits(reach_s=5.0, stall_s=5.0, tries=2, sleep=lambda _seconds: None)
    return Fetcher(models_dir, Manifest(1, models), Silent(), limits=limits, **more)


def zipped(members):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w", zipfile.ZIP_DEFLATED) as archive:
        for path, body in members.items():
            archive.writestr(path, body)
    return raw.getvalue()


@pytest.fixture
def server(monkeypatch):
    monkeypatch.setenv("no_proxy", "*")
    with file_server() as running:
        yield running


def archived(server, raw, path="v.zip"):
    source = ArchiveSource(server.serve(path, raw), len(raw), hashlib.sha256(raw).hexdigest(), "vosk-0.1")
    return Model("vosk", "asr", "zh-CN", "Apache-2.0", (source,))


def test_all_of_the_archive_is_installed_and_checked_from_then_on(server, tmp_path):
    model = archived(server, zipped(MEMBERS))
    assert str(fetcher(tmp_path, model).fetch("vosk").source) == "127.0.0.1"
    folder = tmp_path / "vosk"
    assert {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()} >= {
        "am/final.mdl", "conf/model.conf", RECORD,
    }  # fmt: skip
    assert not (folder / "else.txt").exists() and (folder / ".verified").read_bytes() != b"x"
    assert resolve("vosk", tmp_path, Manifest(1, (model,))).path == folder
    assert is_verified(model, tmp_path) and not verify(model, tmp_path)
    assert fetcher(tmp_path, model).fetch("vosk").source is None
    body = bytearray((folder / "am" / "final.mdl").read_bytes())
    body[5] ^= 1
    (folder / "am" / "final.mdl").write_bytes(body)
    assert ["corrupt" in str(problem) for problem in verify(model, tmp_path)] == [True]
    assert fetcher(tmp_path, model).fetch("vosk").source is not None
    assert not verify(model, tmp_path)


def test_without_its_list_or_of_another_version_it_is_fetched_anew(server, tmp_path):
    model = archived(server, zipped(MEMBERS))
    fetcher(tmp_path, model).fetch("vosk")
    record = tmp_path / "vosk" / RECORD
    noted = json.loads(record.read_bytes())
    record.write_text("{")
    assert [problem.reason for problem in find_problems(model, tmp_path)] == ["lacks the list of its files"]
    record.write_text(json.dumps(noted | {"archive": "0" * 64}))
    with pytest.raises(ModelError, match=r"lacks the list.*assistant models fetch vosk"):
        resolve("vosk", tmp_path, Manifest(1, (model,)))
    newer = archived(server, zipped(MEMBERS | {"vosk-0.1/conf/model.conf": b"--beam=12\n"}), "newer.zip")
    fetcher(tmp_path, newer).fetch("vosk")
    assert (tmp_path / "vosk" / "conf" / "model.conf").read_bytes() == b"--beam=12\n"


def link(name):
    info = zipfile.ZipInfo(name)
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    return info


@pytest.mark.parametrize(
    "member",
    ["vosk-0.1/../../out", "vosk-0.1/am/..\\out", link("vosk-0.1/am/passwd")],
    ids=["upwards", "backslash", "link"],
)
def test_what_would_be_written_elsewhere_is_refused(server, tmp_path, member):
    raw = io.BytesIO()
    with zipfile.ZipFile(raw, "w") as archive:
        archive.writestr("vosk-0.1/am/final.mdl", b"fine")
        archive.writestr(member, b"/etc/passwd")
    models_dir = tmp_path / "models"
    with pytest.raises(ModelError, match="cannot be had"):
        fetcher(models_dir, archived(server, raw.getvalue())).fetch("vosk")
    assert not (models_dir / "vosk").exists() and not (tmp_path / "out").exists()


def test_an_archive_that_would_fill_the_disk_or_holds_nothing_is_refused(server, tmp_path):
    for members in ({"vosk-0.1/zeros": bytes(4 << 20)}, {"other/am": b"x"}):
        with pytest.raises(ModelError, match="files of"):
            fetcher(tmp_path, archived(server, zipped(members))).fetch("vosk")


def test_the_space_that_it_will_take_is_asked_for_before(server, tmp_path):
    with pytest.raises(ModelError, match="disk is full"):
        fetcher(tmp_path, archived(server, zipped(MEMBERS)), free_bytes=lambda _p: 1000).fetch("vosk")


def test_a_model_needs_files_or_one_archive(tmp_path):
    path = tmp_path / "manifest.toml"
    path.write_text(
        'format = 1\n[[models]]\nname = "m"\nrole = "asr"\nlanguage = "en"\nlicense = "MIT"\n'
        '[[models.sources]]\nkind = "https"\nbase = "https://huggingface.co/m/"\n'
    )
    with pytest.raises(ModelError, match="needs files"):
        load_manifest(path)


def test_the_chinese_ear_is_one(tmp_path):
    model = load_manifest().get("vosk-small-cn")
    assert model.archive_sha256 and not model.files and model.size == 43_898_754
    assert [problem.absent for problem in find_problems(model, tmp_path)] == [True]
