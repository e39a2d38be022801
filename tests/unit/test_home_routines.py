"""Scenes, scripts, other backends, the owner's own intents and conditions."""

import dataclasses

import pytest
from home_cases import context, device, do, full_home, house, say

from assistant.errors import DeviceError
from assistant.home.house import House
from assistant.home.registry import Registry
from assistant.home.simulated import SimulatedBackend
from assistant.types import Action, Ask, DeviceState, Handled, Intent

# --- scenes, scripts, buttons --------------------------------------------------------------------------


def test_a_scene_brings_its_devices_to_their_states():
    home = house()
    outcome = do(home, "HassTurnOn", name="Movie Night")
    assert outcome.reply == "Movie Night is activated."
    assert set(outcome.action.targets) == {"scene.movie", "light.living_lamp", "cover.blind"}
    assert device(home, "light.living_lamp").attributes["brightness"] == 40
    assert device(home, "cover.blind").state == "closed"
    assert say(home, "AssistUndo") == "I have put it back: the Lamp is off and the Living Room Blind is open."


def test_a_script_does_its_acts_in_order_and_is_undone_to_the_beginning():
    home = house(lock__front="unlocked")
    before = home.snapshot()
    assert say(home, "HassTurnOn", name="Good Night") == "Good Night is started."
    lamp = device(home, "light.bed_lamp")
    assert (lamp.state, lamp.attributes["brightness"]) == ("on", 10)
    assert device(home, "lock.front").state == "locked"
    do(home, "AssistUndo", confirmed=True)
    assert home.changed_since(before) == {}


def test_a_script_that_unlocks_asks_first():
    home = full_home()
    script = next(d for d in home.devices if d.id == "script.night")
    row = {"action": "lock.unlock", "target": "lock.front"}
    risky = dataclasses.replace(script, attributes={"sequence": [row]})
    home = House.from_home(dataclasses.replace(home, devices=(*(d for d in home.devices if d != script), risky)))
    outcome = do(home, "HassTurnOn", name="Good Night")
    assert isinstance(outcome, Ask)
    assert outcome.question == "Do you really want to unlock the Front Door?"
    do(home, "HassTurnOn", confirmed=True, name="Good Night")
    assert device(home, "lock.front").state == "unlocked"


def test_a_press_is_told_to_be_past():
    home = house()
    assert say(home, "HassTurnOn", name="Doorbell") == "Doorbell is pressed."
    assert say(home, "AssistUndo") == "There is nothing to put back after Doorbell."


# --- what other backends do ----------------------------------------------------------------------------


class Stubborn(SimulatedBackend):
    """Devices of the given ids take commands and do nothing; others of them fail."""

    def __init__(self, deaf=(), broken=()):
        super().__init__()
        self.deaf, self.broken = deaf, broken

    def apply(self, device, call):
        if device.id in self.broken:
            raise DeviceError(f"{device.name} did not answer")
        return DeviceState(device.state, device.attributes) if device.id in self.deaf else super().apply(device, call)


def test_the_reply_is_what_was_read_back_not_what_was_asked():
    home = House(Registry(full_home()), Stubborn(deaf={"light.kitchen"}))
    assert say(home, "HassTurnOn", name="Kitchen Light") == "The Kitchen Light did not react: it is still off."
    reply = say(home, "HassTurnOn", area="Kitchen", domain="light")
    assert reply == (
        "The Kitchen Light did not react: it is still off. Turned on one light in the Kitchen; one was already on."
    )


def test_what_fails_is_said_and_the_rest_is_done():
    home = House(Registry(full_home()), Stubborn(broken={"light.counter"}))
    outcome = do(home, "HassTurnOff", domain="light")
    assert outcome.reply.endswith("Counter Light did not answer.")
    assert "light.counter" not in outcome.action.targets
    assert device(home, "light.bed_lamp").state == "off"
    assert device(home, "light.counter").state == "on"


# --- custom intents, talk, conditions --------------------------------------------------------------------


def test_an_intent_without_a_device_is_an_act_of_its_own():
    home = house()
    outcome = do(home, "OrderDrink", coffeeDrink="latte", size="small")
    assert (outcome.action.intent, outcome.action.targets, outcome.reply) == ("OrderDrink", (), "Done.")
    assert outcome.action.slots == {"coffeeDrink": "latte", "size": "small"}
    custom = House(
        Registry(full_home()),
        SimulatedBackend(),
        custom=lambda intent, _context, _confirmed: Handled(
            Action(intent.name, intent.slots), f"One {intent.slots['drink']}."
        ),
    )
    assert say(custom, "OrderDrink", drink="tea") == "One tea."


def test_never_mind_and_greetings():
    assert say(house(), "HassNevermind") == "Okay."
    assert say(house(), "HassRespond", "hello") == "Hello."


def if_(condition, then, **more):
    return {"if": condition, "then": then, **more}


IS_WINDOW_OPEN = {
    "intent": "HassGetState",
    "slots": {"name": "Kitchen Window", "state": "open"},
    "response": "one_yesno",
}
ABOVE_23 = {"intent": "HassClimateGetTemperature", "slots": {"area": "Living Room", "above": 23}}
ON = {"intent": "HassTurnOn", "slots": {"name": "Ceiling Fan"}}
LOCK = {"intent": "HassTurnOff", "slots": {"name": "Front Door"}}


@pytest.mark.parametrize(
    ("slots", "runs", "reply"),
    [
        (if_(IS_WINDOW_OPEN, ON), True, "The Ceiling Fan is on."),
        (if_(IS_WINDOW_OPEN, [ON], unless=True), False, "Yes, the Kitchen Window is open. So I did nothing."),
        (if_(ABOVE_23, [ON]), False, "It is 19.5 °C in the Living Room. So I did nothing."),
        (if_(ABOVE_23, [ON], unless=True), True, "The Ceiling Fan is on."),
        (
            if_({"intent": "HassGetState", "slots": {"name": "Nothing", "state": "on"}}, ON),
            False,
            "I don't know any Nothing.",
        ),
        (if_(IS_WINDOW_OPEN, [ON, LOCK]), True, "The Ceiling Fan is on. Do you really want to unlock the Front Door?"),
        (if_(IS_WINDOW_OPEN, []), False, "I can't do that."),
        (if_("x", ON), False, "I can't do that."),
        (if_(ON, ON), False, "I can't tell whether that is so, so I did nothing."),
    ],
)
def test_a_condition_is_looked_at_before_the_act(slots, runs, reply):
    home = house()
    outcome = home.carry_out(Intent("AssistIf", slots), context())
    assert (outcome.question if isinstance(outcome, Ask) else outcome.reply) == reply
    assert device(home, "fan.ceiling").state == ("on" if runs else "off")
    assert device(home, "lock.front").state == "locked"


def test_taking_back_what_would_open_the_house_is_asked_about():
    home = house()
    door = next(d for d in home.snapshot().devices if d.domain == "lock")
    do(home, "HassTurnOff", device_id=door.id, confirmed=True)
    assert device(home, door.id).state == "unlocked"
    do(home, "HassTurnOn", device_id=door.id)
    asked = do(home, "AssistUndo")
    assert isinstance(asked, Ask) and "unlock" in asked.question and device(home, door.id).state == "locked"
    (again,) = asked.candidates
    done = home.carry_out(again, context(), confirmed=True)
    assert isinstance(done, Handled) and device(home, door.id).state == "unlocked"
    do(home, "AssistUndo")  # locking it once more is no risk
    assert device(home, door.id).state == "locked"
