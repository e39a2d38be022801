"""What the user's own sentences do, from the file to the carried out act, and errors that name file, line and rule."""

import datetime as dt

import pytest

from assistant.errors import ConfigError, DeviceError
from assistant.home.backends.sending import Sender
from assistant.home.house import House
from assistant.nlu.matcher import SentenceMatcher
from assistant.parts.custom_actions import CustomActions
from assistant.types import Area, Ask, Device, Handled, Home, Intent, NotHandled, TurnContext

NOW = dt.datetime(2026, 3, 9, 14, 5, tzinfo=dt.UTC)
HERE = TurnContext(now=NOW, area="Hall")
SENTENCES = """
language: en
lists:
  dish:
    values: [soup, "fish & chips"]
intents:
  TeaTime:
    data:
      - sentences: ["(tea|coffee) time"]
    action:
      - set:
          light.lamp: {state: "on", brightness: 128}
          switch.kettle: "on"
      - say: "It will boil soon."
  OrderDish:
    data:
      - sentences: ["order [the] {dish}"]
    action:
      - http: {url: "http://kitchen.lan/order/{dish}", method: POST, body: {what: "{dish}"}}
      - mqtt: {topic: "kitchen/{dish}", payload: {dish: "{dish}"}, retain: true}
  LetMeOut:
    data:
      - sentences: ["let me out"]
    action:
      - set: {lock.door: unlocked}
  Quiet:
    data:
      - sentences: ["peace and quiet"]
    action:
      - intent: {name: HassTurnOff, slots: {name: Lamp}}
"""


class Recorder:
    def __init__(self, error=None):
        self.sent, self.error = [], error

    def publish(self, topic, payload, *, qos, retain):
        self.sent.append((topic, payload, qos, retain))

    def call(self, method, url, body, headers, timeout_s):
        if self.error:
            raise self.error
        self.sent.append((method, url, body, headers))


def home():
    lamp = Device(
        "light.lamp", "Lamp", (), "Hall", "off", {"supported_color_modes": ["brightness"], "brightness": None}
    )
    return Home(
        areas=(Area("Hall"),),
        devices=(
            lamp,
            Device("switch.kettle", "Kettle", (), "Hall", "off"),
            Device("lock.door", "Door", (), "Hall", "locked"),
        ),
    )


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "own.yaml").write_text(SENTENCES, encoding="utf-8")
    return tmp_path


def ask(folder, text, runner=None, *, confirmed=False):
    house = House.from_home(home())
    matcher = SentenceMatcher(house.snapshot(), "en", [folder])
    house.custom = CustomActions(matcher.own, house, runner or Recorder())
    intent = matcher.match_clause(text, HERE)
    return house, house.carry_out(intent, HERE, confirmed=confirmed)


def state(house, device_id):
    return next(device for device in house.snapshot().devices if device.id == device_id)


def test_states_are_set_said_and_undone(folder):
    house, outcome = ask(folder, "tea time")
    assert isinstance(outcome, Handled)
    assert outcome.reply.endswith("It will boil soon.")
    assert set(outcome.action.targets) == {"light.lamp", "switch.kettle"}
    assert (state(house, "light.lamp").state, state(house, "light.lamp").attributes["brightness"]) == ("on", 128)
    house.carry_out(Intent("AssistUndo"), HERE)
    assert {state(house, i).state for i in ("light.lamp", "switch.kettle")} == {"off"}


def test_what_is_sent_keeps_what_was_said_in_its_place(folder):
    runner = Recorder()
    _house, outcome = ask(folder, "order the fish & chips", runner)
    assert isinstance(outcome, Handled)
    (method, url, body, headers), (topic, payload, qos, retain) = runner.sent
    assert (method, url) == ("POST", "http://kitchen.lan/order/fish%20%26%20chips")
    assert (body, headers) == ('{"what": "fish & chips"}', {"Content-Type": "application/json"})
    assert (topic, payload, qos, retain) == ("kitchen/fish & chips", '{"dish": "fish & chips"}', 0, True)


def test_what_fails_is_told_and_ends_it(folder):
    runner = Recorder(DeviceError("kitchen.lan did not answer"))
    _house, outcome = ask(folder, "order soup", runner)
    assert outcome == NotHandled("That did not work: kitchen.lan did not answer.")
    assert runner.sent == []


def test_without_a_broker_it_says_so(folder):
    (folder / "own.yaml").write_text(
        "language: en\nintents:\n  Ping:\n    data:\n      - sentences: [ping it]\n    action:\n      - mqtt: a/b\n",
        encoding="utf-8",
    )
    _house, outcome = ask(folder, "ping it", Sender())
    assert outcome == NotHandled("That did not work: no MQTT broker is configured.")


def test_a_risky_state_is_confirmed_first(folder):
    house, outcome = ask(folder, "let me out")
    assert isinstance(outcome, Ask)
    assert state(house, "lock.door").state == "locked"
    house, outcome = ask(folder, "let me out", confirmed=True)
    assert isinstance(outcome, Handled)
    assert state(house, "lock.door").state == "unlocked"


def test_another_intent_is_carried_out(folder):
    house, outcome = ask(folder, "peace and quiet")
    assert isinstance(outcome, Handled)
    assert state(house, "light.lamp").state == "off"


@pytest.mark.parametrize(
    ("text", "wrong", "line"),
    [
        ("order [the] {dish}", "order [the] {dishes}", 17),
        ("let me out", "let <whom_ever> out", 23),
        ("mqtt: {topic:", "mqqt: {topic:", 20),
    ],
)
def test_errors_name_file_line_and_rule(folder, text, wrong, line):
    (folder / "own.yaml").write_text(SENTENCES.replace(text, wrong), encoding="utf-8")
    with pytest.raises(ConfigError) as error:
        SentenceMatcher(home(), "en", [folder])
    assert "own.yaml" in str(error.value)
    assert f":{line}" in str(error.value)
