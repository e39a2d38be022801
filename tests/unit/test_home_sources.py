"""One home out of the inventory and several sources: names, routing, acting at once, relays spared."""

import threading

import pytest
from home_cases import context

from assistant.errors import DeviceError
from assistant.home.backend import NoAnswer, NotAvailable, ServiceCall
from assistant.home.house import House, open_house
from assistant.home.registry import Registry
from assistant.home.routing import SPARED_CALLS, SPARED_WITHIN_S, Router
from assistant.home.simulated import SimulatedBackend
from assistant.testing import FakeSource
from assistant.types import Area, Device, DeviceState, Floor, Handled, Home, Intent, NotHandled

INVENTORY = """
[[areas]]
name = "Kitchen"
aliases = ["cooking corner"]

[[devices]]
id = "light.plug_7"
name = "Worktop Light"
aliases = ["counter light"]
area = "Kitchen"
confirm = true
source = "mqtt"

[[devices]]
id = "switch.gone"
source = "mqtt"

[[devices]]
id = "light.lamp"
name = "Play Lamp"
state = "off"
"""


def found(device_id, name, area=None, state="off", source="mqtt", **attributes):
    return Device(device_id, name, area=area, state=state, attributes=attributes, source=source)


@pytest.fixture
def inventory(tmp_path):
    path = tmp_path / "home.toml"
    path.write_text(INVENTORY, encoding="utf-8")
    return path


def switched(device, call):
    return DeviceState("on" if call.service == "turn_on" else "off")


def opened(inventory, *sources):
    house = open_house(inventory, None, sources=sources)
    house.connections.start()
    return house


def say(house, name, /, **slots):
    return house.carry_out(Intent(name, slots), context(), confirmed=True).reply


def test_the_inventory_names_what_a_source_finds(inventory):
    mqtt = FakeSource("mqtt", Home(devices=(found("light.plug_7", "0x00158d0001", "cooking corner"),)))
    light = opened(inventory, mqtt).registry.device("light.plug_7")
    assert (light.name, light.area, light.confirm, light.source) == ("Worktop Light", "Kitchen", True, "mqtt")
    assert light.aliases == ("counter light", "0x00158d0001")


def test_a_row_of_a_source_that_has_not_found_it_is_unavailable(inventory):
    house = opened(inventory, FakeSource("mqtt"))
    assert house.registry.device("switch.gone").state == "unavailable"


def test_each_command_goes_to_its_own_source(inventory):
    mqtt = FakeSource("mqtt", Home(devices=(found("switch.pump", "Pump"),)), switched)
    http = FakeSource("http", Home(devices=(found("switch.sign", "Sign", source="http"),)), switched)
    house = opened(inventory, mqtt, http)
    assert say(house, "HassTurnOn", name="Pump") == "The Pump is on."
    assert say(house, "HassTurnOn", name="Sign") == "Sign is on."
    assert say(house, "HassTurnOn", name="Play Lamp") == "The Play Lamp is on."
    assert [call.device_id for call in mqtt.calls] == ["switch.pump"]
    assert [call.device_id for call in http.calls] == ["switch.sign"]


def test_the_first_source_keeps_an_id_that_two_have(inventory):
    mqtt = FakeSource("mqtt", Home(devices=(found("light.hall", "Hall"),)))
    ha = FakeSource("homeassistant", Home(devices=(found("light.hall", "Hall Light", source="homeassistant"),)))
    house = opened(inventory, mqtt, ha)
    assert [d.source for d in house.snapshot().devices if d.id == "light.hall"] == ["mqtt"]
    ha.sink.state("light.hall", DeviceState("on"))  # it is not its device
    assert house.registry.device("light.hall").state == "off"


def test_names_that_change_grow_the_revision_and_states_do_not(inventory):
    mqtt = FakeSource("mqtt")
    house = opened(inventory, mqtt)
    first = house.snapshot().revision
    mqtt.sink.devices(Home(devices=(found("light.new", "New Light", "Attic"),)))
    assert house.snapshot().revision == first + 1
    assert Area("Attic") in house.snapshot().areas
    mqtt.sink.state("light.new", DeviceState("on"))
    mqtt.sink.devices(Home(devices=(found("light.new", "New Light", "Attic", "on"),)))
    assert house.snapshot().revision == first + 1
    mqtt.sink.devices(Home())
    assert house.snapshot().revision == first + 2
    assert house.registry.device("light.new") is None


def test_simulated_states_stay_when_a_source_changes(inventory):
    mqtt = FakeSource("mqtt")
    house = opened(inventory, mqtt)
    say(house, "HassTurnOn", name="Play Lamp")
    mqtt.sink.devices(Home(devices=(found("light.new", "New Light"),)))
    assert house.registry.device("light.lamp").state == "on"


def test_settings_and_diagnoses_are_not_spoken_to(inventory):
    devices = (
        found("sensor.link_quality", "Link", entity_category="diagnostic"),
        found("switch.gone", "Child Lock", entity_category="config"),
    )
    house = opened(inventory, FakeSource("mqtt", Home(devices=devices)))
    assert house.registry.device("sensor.link_quality") is None
    assert house.registry.device("switch.gone").state == "off"  # the inventory names it


def test_with_sources_and_no_inventory_only_lists_are_simulated():
    floors, areas = (Floor("Attic Floor"),), (Area("Loft", "Attic Floor"),)
    house = opened(None, FakeSource("homeassistant", Home(floors, areas, (found("light.loft", "Loft Light", "Loft"),))))
    home = house.snapshot()
    assert {device.domain for device in home.devices} == {"todo", "light"}
    assert (home.floors, home.areas) == (floors, areas)


def test_a_group_acts_at_once():
    together = threading.Barrier(3, timeout=10)

    def waits(_device, _call):
        together.wait()  # passes only when all three are being switched
        return DeviceState("on")

    devices = tuple(found(f"light.l{n}", f"Lamp {n}", "Hall") for n in range(3))
    house = opened(None, FakeSource("mqtt", Home(devices=devices), waits))
    assert say(house, "HassTurnOn", domain="light", area="Hall") == "Turned on three lights in the Hall."


def test_what_does_not_answer_is_told_and_the_rest_is_done():
    def some(device, call):
        if device.id == "light.l0":
            raise NoAnswer(device)
        if device.id == "light.l1":
            raise NotAvailable(device)
        return DeviceState("on")

    devices = tuple(found(f"light.l{n}", f"{name} Lamp", "Hall") for n, name in enumerate(["Big", "Red", "Old"]))
    house = opened(None, FakeSource("mqtt", Home(devices=devices), some))
    outcome = house.carry_out(Intent("HassTurnOn", {"domain": "light"}), context())
    assert outcome.reply == "The Old Lamp is on. The Big Lamp did not answer. The Red Lamp is not available."
    assert isinstance(outcome, Handled)
    assert outcome.action.targets == ("light.l2",)
    alone = house.carry_out(Intent("HassTurnOn", {"name": "Big Lamp"}), context())
    assert alone == NotHandled("The Big Lamp did not answer.")


def test_a_device_that_does_not_report_back_is_said_to_be_assumed():
    fan = found("switch.heater", "Heater", assumed_state=True)
    house = opened(
        None, FakeSource("mqtt", Home(devices=(fan,)), lambda _d, _c: DeviceState("on", {"assumed_state": True}))
    )
    assert say(house, "HassTurnOn", name="Heater") == "The Heater should be on; it does not report back."


def test_a_relay_is_spared_and_a_lamp_is_not():
    now_s = [0.0]
    source = FakeSource("mqtt", applies=switched)
    router = Router({"mqtt": source, "simulated": SimulatedBackend()}, clock_s=lambda: now_s[0])
    relay, lamp = found("switch.relay", "Relay"), found("light.lamp", "Lamp")
    for _ in range(SPARED_CALLS):
        router.apply(relay, ServiceCall(relay.id, "turn_on"))
        router.apply(lamp, ServiceCall(lamp.id, "turn_on"))
    with pytest.raises(DeviceError, match="too often"):
        router.apply(relay, ServiceCall(relay.id, "turn_on"))
    router.apply(lamp, ServiceCall(lamp.id, "turn_on"))
    now_s[0] = SPARED_WITHIN_S
    router.apply(relay, ServiceCall(relay.id, "turn_on"))


def test_a_device_whose_source_is_not_set_up_says_so():
    house = House(Registry(Home(devices=(found("light.a", "Porch Light", source="gpio"),))), SimulatedBackend())
    assert say(house, "HassTurnOn", name="Porch Light") == "Porch Light belongs to gpio, which is not set up."


def test_only_simulated_states_are_kept_and_acts_of_all(inventory, tmp_path):
    def open_again():
        house = open_house(
            inventory,
            tmp_path / "state",
            sources=[FakeSource("mqtt", Home(devices=(found("light.x", "X"),)), switched)],
        )
        house.connections.start()
        return house

    say(open_again(), "HassTurnOn", name="X")
    again = open_again()
    assert again.registry.device("light.x").state == "off"  # as the source says
    assert again.carry_out(Intent("AssistUndo"), context()).reply == "I have put it back: X is off."


def test_connections_end_with_their_block(inventory):
    source = FakeSource("mqtt")
    house = open_house(inventory, None, sources=[source])
    with house.connections as connections:
        assert connections.wait_ready(0.0)
        assert [status.connected for status in connections.status()] == [True]
    assert not source.running
