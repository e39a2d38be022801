"""assistant.txt: whatever an editor makes of it is read, what is wrong is said with its line, and nothing else is lost."""

import subprocess
import tomllib
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.config import load_config
from assistant.machine.boot_apply import STAMP, WIFI, apply_boot_file, wifi_profile
from assistant.machine.boot_file import BootSettings, decode, masked, read_boot_file
from assistant.machine.config_edit import with_values

ROOT = Path(__file__).resolve().parents[2]
KEY = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIKe4Xm0yQk3m1b8S1l0y1k4Yb5F3cQxk2Jj8v6rWcV0t anna@laptop"
WHOLE = f"""\
time_zone = europe/berlin
Room = "Living room"   # where it stands
wake word = Hey Jarvis, okay nabu
WIFI-NAME = Märchen; Wald
wifi_password = pass#word = 1
wifi_country = de
hostname = Kitchen.local
user = anna
password = "correct horse"
ssh_key = {KEY}
ssh = yes
language = en_GB
Name = "Ada"
microphone = USB
panel = on
mqtt_broker = Broker.local:1884
mqtt_user = assistant
mqtt_password = top secret
update_url = https://example.org/a.bundle
"""


def test_a_whole_file_as_people_write_it():
    settings, problems = read_boot_file(WHOLE)
    assert problems == []
    assert settings == BootSettings(
        time_zone="Europe/Berlin",
        room="Living room",
        name="Ada",
        wake_word=("hey jarvis", "okay nabu"),
        wifi_name="Märchen; Wald",
        wifi_password="pass#word = 1",
        wifi_country="DE",
        host_name="kitchen",
        user="anna",
        password="correct horse",
        ssh_key=KEY,
        ssh=True,
        language="en",
        microphone="USB",
        panel=True,
        mqtt_broker=("Broker.local", 1884),
        mqtt_user="assistant",
        mqtt_password="top secret",
        update_url="https://example.org/a.bundle",
    )


@pytest.mark.parametrize("encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"])
@pytest.mark.parametrize("end", ["\n", "\r\n"])
def test_any_usual_editor_will_do(encoding, end):
    assert read_boot_file(decode(WHOLE.replace("\n", end).encode(encoding))) == read_boot_file(WHOLE)


def test_the_shipped_file_says_nothing_until_a_line_is_taken_into_use():
    text = (ROOT / "systemd/boot/assistant.txt").read_text(encoding="utf-8")
    assert read_boot_file(text) == (BootSettings(), [])
    examples = [line[1:] for line in text.splitlines() if line.startswith("#") and " = " in line and line[1] != " "]
    examples += ["wifi_password = 12345678", "password = 12345678", "mqtt_password = 1"]
    settings, problems = read_boot_file("\n".join(line for line in examples if "ssh_key" not in line))
    assert problems == []
    left = {name for name in BootSettings.__dataclass_fields__ if getattr(settings, name) in (None, (), "")}
    assert left == {"ssh_key"}, "every setting stands in the shipped file, with an example that is right"


@pytest.mark.parametrize(
    ("line", "said"),
    [
        ("time_zone = Berlin", "did you mean Europe/Berlin?"),
        ("wifi_pasword = 12345678", "did you mean 'wifi_password'?"),
        ("turn on the light", "a line looks like: room = Kitchen"),
        ("wifi_password = short", "8 to 63 characters"),
        ("wifi_country = Germany", "two letters"),
        ("host_name = my house", "letters, digits and hyphens"),
        ("user = root", "the system's own"),
        ("user = Anna Maria", "small letters"),
        ("ssh = maybe", "neither on nor off"),
        ("ssh_key = AAAA", "no public key"),
        ("language = klingon", "languages that it speaks: en"),
        ("update_url = file:///etc/passwd", "beginning with https://"),
        ("password = short", "at least 8"),
        ("panel = open", "neither on nor off"),
        ("mqtt_broker = http://x/y", "like 192.168.1.10 or broker.local:1883"),
        ("mqtt_broker = 192.168.1.10:99999", "like 192.168.1.10 or broker.local:1883"),
        ("mqtt_brocker = 192.168.1.10", "did you mean 'mqtt_broker'?"),
        ("wake_word = !!!", "write what you want to say"),
        (f"room = {'x' * 81}", "too long"),
    ],
)
def test_a_line_that_cannot_be_followed_is_named_and_the_others_count(line, said):
    settings, problems = read_boot_file(f"room = Kitchen\n\n{line}\n")
    assert settings.room == "Kitchen"
    assert [problem.line for problem in problems[:1]] == [3]
    assert said in str(problems[0])


def test_lines_that_need_one_another():
    assert "wifi_name" in str(read_boot_file("wifi_password = 12345678")[1][0])
    assert "need user" in str(read_boot_file("password = 12345678")[1][0])
    assert "need mqtt_broker" in str(read_boot_file("mqtt_user = me\nmqtt_password = x")[1][0])
    assert "needs mqtt_user" in str(read_boot_file("mqtt_broker = b\nmqtt_password = x")[1][0])
    assert "can log in only with" in str(read_boot_file("user = anna")[1][0])


def test_secrets_are_taken_out_and_nothing_else_is_changed():
    hidden = masked(WHOLE.replace("\n", "\r\n"))
    assert "pass#word" not in hidden
    assert "correct horse" not in hidden
    assert hidden.replace("\r\n", "\n").splitlines()[:4] == WHOLE.splitlines()[:4]
    assert masked(hidden) == hidden
    settings, problems = read_boot_file(hidden)
    assert (settings.wifi_password, settings.password) == ("", None)
    assert (problems, settings.taken_over) == ([], {"wifi_password", "password", "mqtt_password"})
    assert "secret" not in repr(BootSettings(password="secret", wifi_password="secret", mqtt_password="secret"))


@given(st.text(max_size=400))
def test_no_text_whatever_breaks_the_reader(text):
    read_boot_file(text)
    assert masked(masked(text)) == masked(text)


# --- applying ----------------------------------------------------------------------------------------------------------


class Commands:
    """Stands in for the system's programs."""

    def __init__(self, failing=()):
        self.ran = []
        self.failing = failing

    def __call__(self, command, text):
        self.ran.append((tuple(command), text))
        if command[0] in self.failing:
            raise subprocess.CalledProcessError(1, list(command), stderr=f"{command[0]}: no")


@pytest.fixture
def system(tmp_path):
    for folder in ("boot/firmware", "etc/assistant", "etc/sudoers.d", "home/anna/.ssh", "usr/share/zoneinfo/Europe"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / "usr/share/zoneinfo/Europe/Berlin").write_text("")
    (tmp_path / "etc/passwd").write_text("root:x:0:0::/root:/bin/bash\n")
    (tmp_path / "etc/hosts").write_text("127.0.0.1\tlocalhost\n127.0.1.1\told\n")
    (tmp_path / "etc/assistant/assistant.toml").write_text((ROOT / "systemd/assistant.toml").read_text())
    (tmp_path / "boot/firmware/assistant.txt").write_text(WHOLE)
    return tmp_path


def test_everything_lands_where_the_system_looks(system):
    commands = Commands()
    applied = apply_boot_file(system, commands)
    assert applied.problems == []
    assert (system / "etc/localtime").readlink().as_posix() == "../usr/share/zoneinfo/Europe/Berlin"
    assert (system / "etc/hostname").read_text() == "kitchen\n"
    assert (system / "etc/hosts").read_text() == "127.0.0.1\tlocalhost\n127.0.1.1\tkitchen\n"
    assert "regdom=DE" in (system / "etc/modprobe.d/assistant-wifi.conf").read_text()
    assert (system / WIFI).stat().st_mode & 0o777 == 0o600
    config = load_config(system / "etc/assistant/assistant.toml")
    assert (config.assistant.area, config.wake.words) == ("Living room", ("hey_jarvis", "okay_nabu"))
    assert config.assistant.name == "Ada"
    assert (config.audio.input, config.update.url) == ("USB", "https://example.org/a.bundle")
    ran = dict(commands.ran)
    assert ran[("chpasswd",)] == "anna:correct horse\n"
    assert ("systemctl", "enable", "ssh.service") in ran
    assert KEY in (system / "home/anna/.ssh/authorized_keys").read_text()
    assert not list((system / "etc/sudoers.d").iterdir()), "with a password, sudo asks for it"
    assert (config.api.listen, config.mqtt.host, config.mqtt.port) == ("network", "Broker.local", 1884)
    assert (config.mqtt.user, config.mqtt.password_file) == ("assistant", Path("/etc/assistant/mqtt_password"))
    secret = system / "etc/assistant/mqtt_password"
    assert (secret.read_text(), secret.stat().st_mode & 0o777) == ("top secret\n", 0o640)
    assert ("chown", "root:assistant", str(secret)) in ran
    assert ("systemctl", "enable", "assistant-panel.socket") in ran
    assert "correct horse" not in (system / "boot/firmware/assistant.txt").read_text()


def test_it_is_followed_once_and_again_only_after_a_change(system):
    apply_boot_file(system, Commands())
    assert apply_boot_file(system, Commands()) is None
    settings = system / "etc/assistant/assistant.toml"
    settings.write_text(with_values(settings.read_text(), {("assistant", "area"): "Hall"}))
    assert apply_boot_file(system, Commands()) is None, "what was changed since, by voice or panel, stays"
    file = system / "boot/firmware/assistant.txt"
    file.write_text(file.read_text().replace("Living room", "Attic"))
    commands = Commands()
    assert apply_boot_file(system, commands).problems == []
    assert load_config(settings).assistant.area == "Attic"
    assert not any(command[0] == "chpasswd" for command, _ in commands.ran), "a password taken over is kept"
    assert "psk=pass#word = 1" in (system / WIFI).read_text(), "the network's too"
    file.write_text(file.read_text().replace("Märchen; Wald", "Other"))
    assert "write wifi_password anew" in str(apply_boot_file(system, Commands()).problems[0])


def test_the_file_written_anew_goes_before_what_the_panel_kept(system):
    apply_boot_file(system, Commands())
    own = system / "var/lib/assistant/settings.toml"
    own.parent.mkdir(parents=True, exist_ok=True)
    own.write_text('[assistant]\narea = "Hall"\n\n[tts]\nspeed = 1.2\n')
    file = system / "boot/firmware/assistant.txt"
    file.write_text(file.read_text().replace("Living room", "Attic"))
    assert apply_boot_file(system, Commands()).problems == []
    assert tomllib.loads(own.read_text()) == {"assistant": {"area": "Attic"}, "tts": {"speed": 1.2}}
    elsewhere = system / "elsewhere"
    own.replace(elsewhere)
    own.symlink_to(elsewhere)
    file.write_text(file.read_text().replace("Attic", "Cellar"))
    apply_boot_file(system, Commands())
    assert "Attic" in elsewhere.read_text(), "a link that the service left is not followed"


def test_the_panel_is_closed_again_and_a_brokers_password_is_kept(system):
    apply_boot_file(system, Commands())
    file = system / "boot/firmware/assistant.txt"
    file.write_text(file.read_text().replace("panel = on", "panel = off").replace("Broker.local:1884", "192.168.1.10"))
    commands = Commands()
    assert apply_boot_file(system, commands).problems == []
    config = load_config(system / "etc/assistant/assistant.toml")
    assert (config.api.listen, config.mqtt.host, config.mqtt.port) == ("local", "192.168.1.10", 1883)
    assert config.mqtt.password_file == Path("/etc/assistant/mqtt_password")
    assert (("systemctl", "disable", "assistant-panel.socket"), "") in commands.ran
    assert (system / "etc/assistant/mqtt_password").read_text() == "top secret\n"


def test_every_complete_language_may_be_chosen(system):
    file = system / "boot/firmware/assistant.txt"
    for written, code in (("zh", "zh-CN"), ("ZH_cn", "zh-CN"), ("en_US", "en")):
        file.write_text(f"language = {written}\n")
        assert apply_boot_file(system, Commands()).problems == []
        assert load_config(system / "etc/assistant/assistant.toml").assistant.language == code
    file.write_text("language = klingon\n")
    assert "en, zh-CN" in str(apply_boot_file(system, Commands()).problems[0])


def test_what_fails_is_reported_beside_the_file_and_the_rest_is_done(system):
    applied = apply_boot_file(system, Commands(failing={"useradd", "hostname"}))
    assert {str(problem) for problem in applied.problems} == {"host_name: hostname: no", "user: useradd: no"}
    assert "useradd: no" in (system / "boot/firmware/assistant-problems.txt").read_text()
    assert "room" in applied.done
    (system / "boot/firmware/assistant.txt").write_text("room = Hall\n")
    assert apply_boot_file(system, Commands()).problems == []
    assert not (system / "boot/firmware/assistant-problems.txt").exists()


def test_a_configuration_that_would_not_start_is_never_left_behind(system):
    settings = system / "etc/assistant/assistant.toml"
    settings.write_text("[assistant]\nnmae = 1\n")
    applied = apply_boot_file(system, Commands())
    assert any("nmae" in str(problem) for problem in applied.problems)
    assert settings.read_text() == "[assistant]\nnmae = 1\n"
    assert [path.name for path in settings.parent.glob("*assistant*")] == ["assistant.toml"]


def test_without_the_file_nothing_happens(tmp_path):
    assert apply_boot_file(tmp_path, Commands()) is None
    assert not (tmp_path / STAMP).exists()


def test_names_and_passwords_of_networks_survive_the_profile():
    text = wifi_profile("a;b\\ü", "  back\\slash")
    octets = next(line for line in text.splitlines() if line.startswith("ssid=")).removeprefix("ssid=").split(";")
    assert bytes(int(octet) for octet in octets if octet).decode() == "a;b\\ü"
    assert "psk=\\s\\sback\\\\slash\n" in text
    assert "wifi-security" not in wifi_profile("open", "")


# --- single values in a configuration ----------------------------------------------------------------------------------

CONFIG = '[a]\n# one\n#x = "old"\nlist = [ # of things\n  "p",\n  "q",\n]\n\n[b]\nx = 1\n'


@pytest.mark.parametrize(
    ("values", "document"),
    [
        ({("a", "x"): 'say "ü"\\n'}, {"a": {"x": 'say "ü"\\n', "list": ["p", "q"]}, "b": {"x": 1}}),
        ({("a", "list"): ("r",)}, {"a": {"list": ["r"]}, "b": {"x": 1}}),
        ({("b", "x"): True, ("b", "y"): 0.5}, {"a": {"list": ["p", "q"]}, "b": {"x": True, "y": 0.5}}),
        ({("c", "z"): "new"}, {"a": {"list": ["p", "q"]}, "b": {"x": 1}, "c": {"z": "new"}}),
    ],
)
def test_a_value_is_set_and_all_else_stays(values, document):
    changed = with_values(CONFIG, values)
    assert tomllib.loads(changed) == document
    assert "# one" in changed
    assert with_values(changed, values) == changed


@given(st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=60))
def test_any_text_can_be_a_value(text):
    assert tomllib.loads(with_values(CONFIG, {("b", "x"): text}))["b"]["x"] == text
