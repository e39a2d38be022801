"""Devices behind HTTP, against a server on the loopback interface; and what custom sentences send out."""

import pytest
from http_device import http_lamp
from living import Living

from assistant.config import Config
from assistant.config.home_sections import HomeSection
from assistant.errors import ConfigError
from assistant.home.sources import configured_sources
from assistant.types import NotHandled


@pytest.fixture
def lamp():
    with http_lamp() as running:
        yield running


def inventory(tmp_path, lamp, *lines):
    path = tmp_path / "home.toml"
    text = f"""
[[devices]]
id = "light.sign"
name = "Sign"
attributes = {{ supported_color_modes = ["brightness"] }}

[devices.http]
get = "{lamp.url}/state"
state = "{{{{ value_json.on }}}}"
attributes = {{ brightness = "{{{{ (value_json.level * 2.55) | round }}}}" }}
"""
    path.write_text(text + "\n".join(lines) + "\n", encoding="utf-8")
    return path


def living(path, **more):
    return Living(*configured_sources(Config(home=HomeSection(inventory=path)), path), inventory=path, **more)


def test_it_is_set_and_read_back(tmp_path, lamp):
    lamp.state = {"on": True, "level": 20}
    path = inventory(
        tmp_path, lamp, f'set = "{lamp.url}/set?state={{{{ state }}}}&percent={{{{ percent|default(0) }}}}"'
    )
    with living(path) as house:
        sign = house.device("light.sign")
        assert (sign.state, sign.attributes["brightness"], sign.source) == ("on", 51, "http")
        assert house.say("HassLightSet", name="Sign", brightness=60) == "Sign is at 60 percent."
        assert house.say("HassTurnOff", name="Sign") == "Sign is off."
        assert house.say("AssistUndo") == "I have put it back: Sign is on at 60 percent."


def test_bodies_headers_and_secrets(tmp_path, lamp):
    token = tmp_path / "token"
    token.write_text("geheim\n", encoding="utf-8")
    path = inventory(
        tmp_path,
        lamp,
        f'set = "{lamp.url}/set"',
        'method = "POST"',
        """body = '{"state": "{{ state }}"}'""",
        f'headers = {{ Authorization = "Bearer {{file:{token}}}" }}',
    )
    with living(path) as house:
        house.say("HassTurnOn", name="Sign")
    assert ("POST", "/set", '{"state": "on"}', "Bearer geheim") in lamp.requests


def test_what_does_not_answer_refuses_or_is_deaf(tmp_path, lamp):
    path = inventory(tmp_path, lamp, f'set = "{lamp.url}/set?state={{{{ state }}}}"', "timeout_s = 0.3")
    with living(path) as house:
        lamp.deaf = True
        assert house.say("HassTurnOn", name="Sign") == "Sign did not react: it is still off."
        lamp.status = 500
        assert house.do("HassTurnOn", name="Sign") == NotHandled("Sign refuses: 500.")
        lamp.status = 302  # it is not followed
        assert house.do("HassTurnOn", name="Sign") == NotHandled("Sign refuses: 302.")
        lamp.status = 200
        lamp.answer = b"x" * 100_000
        assert house.do("HassTurnOn", name="Sign") == NotHandled("Sign is not available.")
        lamp.silent.set()
        assert house.do("HassTurnOn", name="Sign") == NotHandled("Sign did not answer.")


def test_one_that_is_away_is_unavailable(tmp_path, lamp):
    path = inventory(tmp_path, lamp)
    path.write_text(path.read_text(encoding="utf-8").replace(lamp.url, "http://127.0.0.1:1"), encoding="utf-8")
    with living(path) as house:
        assert house.device("light.sign").state == "unavailable"


def test_without_get_the_state_is_assumed(tmp_path, lamp):
    path = tmp_path / "home.toml"
    path.write_text(
        f'[[devices]]\nid = "switch.bell"\nname = "Bell"\nhttp = {{ set = "{lamp.url}/set?state={{{{ state }}}}" }}\n',
        encoding="utf-8",
    )
    with living(path) as house:
        assert house.say("HassTurnOn", name="Bell") == "Bell should be on; it does not report back."


@pytest.mark.parametrize(
    ("table", "message"),
    [
        ("{}", "it needs 'set' or 'get'"),
        ('{ sett = "http://x/" }', "unknown key 'sett'; did you mean 'set'?"),
        ('{ set = "file:///etc/passwd" }', "set must begin with http"),
        ('{ set = "http://x/{{ a|center(9) }}" }', "no filter 'center'"),
        ('{ set = "http://x/", timeout_s = "soon" }', "must be a number"),
        ('{ set = "http://x/", method = "BREW" }', "method must be one of"),
        ('"http://x/"', "is a table"),
    ],
)
def test_mistakes_are_told_with_their_line(tmp_path, table, message):
    path = tmp_path / "home.toml"
    path.write_text(f'[[devices]]\nid = "switch.a"\nname = "A"\nhttp = {table}\n', encoding="utf-8")
    with pytest.raises(ConfigError, match=r"home\.toml:4: device 1: switch\.a: http") as caught:
        configured_sources(Config(), path)
    assert message in str(caught.value)
