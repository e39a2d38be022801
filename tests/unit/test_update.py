"""Updates: only what is signed, whole and meant for this machine; kept where it works; never half of one after a cut."""

import json
import random
import shutil
import tarfile
import time

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from power import in_a_child

from assistant.config.sections import AsrSection, AssistantSection, Config
from assistant.errors import UpdateError
from assistant.selftest import in_english
from assistant.telling import Telling
from assistant.update.bundle import MODELS, PROGRAM, Manifest, member_of, open_bundle, read_keys, write_bundle
from assistant.update.releases import RELEASE_FILE, UNFINISHED, WHOLE, Releases
from assistant.update.updater import INCOMING, Updater

KEY, OTHER = Ed25519PrivateKey.from_private_bytes(b"k" * 32), Ed25519PrivateKey.from_private_bytes(b"o" * 32)
KEYS = [KEY.public_key().public_bytes_raw()]
CUTS = 100


class FakeMachine:
    """The system under the updater; ``bad`` names versions whose test fails, ``unready`` those whose service does."""

    def __init__(self, bad=(), unready=(), releases=None):
        self.bad, self.unready, self.releases = bad, unready, releases
        self.notices, self.running = [], True

    def describe(self):
        return "aarch64", "3.13"

    def stop(self):
        self.running = False

    def start(self):
        self.running = self.releases is None or self.releases.active.version not in self.unready
        return self.running

    def selftest(self, release):
        version = json.loads((release / RELEASE_FILE).read_text())["version"]
        assert (release / "lib/code.py").read_text() == f"version = {version!r}\n" * 500, (
            "a release is whole or not there"
        )
        return "heard nothing" if version in self.bad else None

    def notice(self, key, **values):
        self.notices.append(Telling().say(key, **values))


def make_bundle(folder, version="2", serial=2, *, key=KEY, models=None, python="3.13", **changes):
    tree = folder / f"tree-{serial}"
    (tree / "lib").mkdir(parents=True, exist_ok=True)
    (tree / "share/assistant").mkdir(parents=True, exist_ok=True)
    (tree / "lib/code.py").write_text(f"version = {version!r}\n" * 500)
    (tree / RELEASE_FILE).write_text(json.dumps({"version": version, "serial": serial}))
    members = {}
    for name, content in ((PROGRAM, tree), (MODELS, models)):
        if content is None:
            continue
        members[name] = folder / f"{serial}-{name}"
        with tarfile.open(members[name], "w:gz" if name == PROGRAM else "w") as tar:
            for path in sorted(content.iterdir()):
                tar.add(path, path.name)
    manifest = Manifest(
        format=1,
        version=version,
        serial=serial,
        machine="aarch64",
        python=python,
        unpacked_size=20_000,
        members={name: member_of(path) for name, path in members.items()},
    )
    for name, value in changes.items():
        manifest = type(manifest)(**{**{f: getattr(manifest, f) for f in manifest.__struct_fields__}, name: value})
    file = folder / f"assistant-{serial}.bundle"
    write_bundle(file, manifest, members, key.private_bytes_raw())
    return file


@pytest.fixture(autouse=True)
def _quick_sync(monkeypatch):
    """The whole machine is not synced hundreds of times; what a cut loses without it cannot be shown by killing."""
    monkeypatch.setattr("os.sync", lambda: None)


@pytest.fixture
def prefix(tmp_path):
    """A machine on which release 1 runs, as the installer leaves it."""
    prefix = tmp_path / "opt"
    release = prefix / "venv-1"
    (release / "lib").mkdir(parents=True)
    (release / "share/assistant").mkdir(parents=True)
    (release / "lib/code.py").write_text("version = '1'\n" * 500)
    (release / RELEASE_FILE).write_text(json.dumps({"version": "1", "serial": 1}))
    (release / WHOLE).touch()
    (prefix / "venv").symlink_to("venv-1")
    return prefix


def updater(prefix, **kwargs):
    machine = FakeMachine(releases=Releases(prefix), **kwargs)
    return Updater(prefix, machine, lambda _: None), machine


def state(prefix):
    """(active, good, previous, leftovers)"""
    releases = Releases(prefix)
    left = [path.name for path in prefix.iterdir() if path.name.startswith((UNFINISHED, INCOMING))]
    versions = [release and release.version for release in (releases.active, releases.good, releases.previous)]
    return (*versions, left)


def test_a_good_release_is_kept_and_the_one_before_stays_for_going_back(prefix, tmp_path):
    own, machine = updater(prefix)
    outcome = own.install(make_bundle(tmp_path, "2", 2), KEYS)
    assert (outcome.kept, outcome.release.version) == (True, "2")
    assert state(prefix) == ("2", "2", "1", [])
    assert (prefix / "venv/bin/python").readlink().as_posix() == "python3"
    assert machine.notices == ["I have been updated to version 2."]
    assert own.install(make_bundle(tmp_path, "3", 3), KEYS).kept
    assert state(prefix) == ("3", "3", "2", [])
    assert not list(prefix.glob("venv-1*")), "two are kept, no more"
    assert own.go_back().release.version == "2"
    assert state(prefix) == ("2", "2", "3", [])


@pytest.mark.parametrize("trouble", ["bad", "unready"])
def test_one_that_does_not_work_is_undone_and_says_so(prefix, tmp_path, trouble):
    own, machine = updater(prefix, **{trouble: ("2",)})
    bundle = make_bundle(tmp_path, "2", 2)
    outcome = own.install(bundle, KEYS)
    assert not outcome.kept
    assert outcome.reason
    assert state(prefix) == ("1", "1", None, [])
    assert machine.running
    assert machine.notices == ["The update to version 2 did not pass its test, so I went back to 1."]
    assert not list(prefix.glob("venv-2*")), "it does not fill the card"
    assert own.install(bundle, KEYS, unasked=True) is None, "the stick that is still there does not try it for ever"
    assert not own.install(bundle, KEYS).kept, "the owner may"


def test_what_runs_already_or_is_older_is_left_alone(prefix, tmp_path):
    own, _ = updater(prefix)
    bundle = make_bundle(tmp_path, "2", 2)
    own.install(bundle, KEYS)
    assert own.install(bundle, KEYS) is None
    older = make_bundle(tmp_path, "1.5", 1)
    with pytest.raises(UpdateError, match=r"no newer than 2.*--older"):
        own.install(older, KEYS)
    assert own.install(older, KEYS, unasked=True) is None
    assert own.install(older, KEYS, older=True).kept


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"key": OTHER}, "not signed with a key that this machine trusts"),
        ({"python": "3.11"}, "for aarch64 with Python 3.11"),
        ({"machine": "x86_64"}, "for x86_64"),
        ({"format": 2}, "newer updater"),
        ({"version": "../../etc"}, "names no program"),
        ({"members": {}}, "names no program"),
        ({"unpacked_size": 1 << 60}, "make room"),
    ],
)
def test_a_bundle_that_is_not_for_us_changes_nothing(prefix, tmp_path, changes, said):
    own, machine = updater(prefix)
    with pytest.raises(UpdateError, match=said):
        own.install(make_bundle(tmp_path, **({"serial": 2} | changes)), KEYS)
    assert state(prefix) == ("1", "1", None, [])
    assert machine.running


def test_no_byte_of_a_bundle_can_be_changed_unnoticed(prefix, tmp_path):
    bundle = make_bundle(tmp_path, "2", 2)
    whole = bundle.read_bytes()
    with tarfile.open(bundle) as tar:
        parts = [(member.offset_data, member.size) for member in tar]
    places = random.Random(1)
    for offset, size in parts:
        for _ in range(8):
            at = offset + places.randrange(size)
            bundle.write_bytes(whole[:at] + bytes([whole[at] ^ 0x10]) + whole[at + 1 :])
            with pytest.raises(UpdateError):
                updater(prefix)[0].install(bundle, KEYS)
    for length in range(0, sum(parts[-1]), 512):
        bundle.write_bytes(whole[:length])
        with pytest.raises(UpdateError):
            updater(prefix)[0].install(bundle, KEYS)
    assert state(prefix) == ("1", "1", None, [])


def test_an_archive_that_reaches_outside_is_refused(prefix, tmp_path):
    tree = tmp_path / "evil"
    tree.mkdir()
    (tree / "passwd").symlink_to("/etc/passwd")
    bundle = make_bundle(tmp_path, "2", 2, models=tree)
    with pytest.raises(UpdateError, match="cannot be unpacked"):
        updater(prefix)[0].install(bundle, KEYS)
    assert state(prefix) == ("1", "1", None, [])


def test_models_come_along_and_those_that_are_here_stay(prefix, tmp_path):
    models = tmp_path / "models"
    for name in ("new", "old"):
        (models / name).mkdir(parents=True)
        (models / name / "model.bin").write_text("from the bundle")
    (prefix / "models/old").mkdir(parents=True)
    (prefix / "models/old/model.bin").write_text("was here")
    updater(prefix)[0].install(make_bundle(tmp_path, "2", 2, models=models), KEYS)
    assert (prefix / "models/new/model.bin").read_text() == "from the bundle"
    assert (prefix / "models/old/model.bin").read_text() == "was here"


def test_two_updates_at_once_are_one(prefix, tmp_path):
    bundle = make_bundle(tmp_path, "2", 2)
    own, machine = updater(prefix)
    second, _ = updater(prefix)

    def while_the_first_tests(release):
        with pytest.raises(UpdateError, match="another installation"):
            second.install(bundle, KEYS)

    machine.selftest = while_the_first_tests
    assert own.install(bundle, KEYS).kept


def test_keys_are_read_from_their_folder(tmp_path):
    assert read_keys(tmp_path) == []
    pem = KEY.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    (tmp_path / "a.pub").write_bytes(pem)
    assert read_keys(tmp_path) == KEYS
    assert open_bundle(make_bundle(tmp_path, "2", 2), read_keys(tmp_path)).manifest.version == "2"
    (tmp_path / "b.pub").write_text("ssh-ed25519 AAAA")
    with pytest.raises(UpdateError, match=r"b\.pub"):
        read_keys(tmp_path)


# --- power cuts --------------------------------------------------------------------------------------------------------


def copy_of(prefix, target):
    shutil.copytree(prefix, target, symlinks=True)
    return target


def assert_sound(prefix, before, after, bad):
    """At the next boot one whole release runs, and it is the old one, or the new one that passed."""
    own, machine = updater(prefix, bad=bad)
    assert Releases(prefix).is_whole(Releases(prefix).active.path.name), (
        "what boots is whole, before anything is mended"
    )
    own.settle()
    active, good, _, left = state(prefix)
    assert active == good
    assert active in ((before,) if bad else (before, after))
    assert left == []
    assert machine.selftest(Releases(prefix).active.path) is None


@pytest.mark.parametrize("bad", [(), ("2",)])
def test_a_cut_at_every_single_step_leaves_a_release_that_works(prefix, tmp_path, bad):
    bundle = make_bundle(tmp_path, "2", 2)
    finished, step = False, 0
    while not finished:
        step += 1
        assert step < 2000
        copy = copy_of(prefix, tmp_path / f"cut-{step}")
        finished = in_a_child(lambda: updater(copy, bad=bad)[0].install(bundle, KEYS), after_steps=step)  # noqa: B023
        assert_sound(copy, "1", "2", bad)
    assert step > 50, "the steps were counted"


@pytest.mark.parametrize("bad", [(), ("2",)])
def test_kills_at_random_moments_leave_a_release_that_works(prefix, tmp_path, bad):
    bundle = make_bundle(tmp_path, "2", 2)
    moments = random.Random(7)
    begun = time.monotonic()
    assert in_a_child(lambda: updater(copy_of(prefix, tmp_path / "uncut"), bad=bad)[0].install(bundle, KEYS))
    whole_s = time.monotonic() - begun
    for cut in range(CUTS // 2):
        copy = copy_of(prefix, tmp_path / f"kill-{cut}")
        in_a_child(lambda: updater(copy, bad=bad)[0].install(bundle, KEYS), after_s=moments.uniform(0, whole_s))  # noqa: B023
        assert_sound(copy, "1", "2", bad)


def test_a_cut_while_going_back_leaves_a_release_that_works(prefix, tmp_path):
    updater(prefix)[0].install(make_bundle(tmp_path, "2", 2), KEYS)
    for step in range(1, 60):
        copy = copy_of(prefix, tmp_path / f"back-{step}")
        if in_a_child(lambda: updater(copy)[0].go_back(), after_steps=step):  # noqa: B023
            break
        assert_sound(copy, "2", "1", ())
    else:
        pytest.fail("it never came to its end")


def test_the_self_test_hears_its_english_recordings_on_every_machine():
    chinese = Config(assistant=AssistantSection(language="zh-CN"), asr=AsrSection(model="vosk-small-cn"))
    tested = in_english(chinese)
    assert (tested.assistant.language, tested.asr.model) == ("en", AsrSection().model)
    assert in_english(Config()) == Config()
