"""A house for tests of the home: one of every kind of device, and short ways to speak to it."""

import dataclasses
import datetime as dt

from assistant.home.house import House
from assistant.types import Area, Ask, Device, Floor, Home, Intent, TurnContext

NOW = dt.datetime(2026, 3, 9, 14, 5, tzinfo=dt.UTC)


def context(area=None, turn_id=""):
    return TurnContext(now=NOW, area=area, turn_id=turn_id)


def _device(device_id, name, area, state, aliases=(), confirm=None, **attributes):
    return Device(device_id, name, tuple(aliases), area, state, attributes, confirm)


def full_home():
    """Four areas on two floors, thirty-odd devices; two share the name "Lamp", two are in no area."""
    floors = (Floor("Ground Floor", ("downstairs",)), Floor("Upper Floor", ("upstairs",)))
    areas = (
        Area("Kitchen", "Ground Floor"),
        Area("Living Room", "Ground Floor", ("lounge",)),
        Area("Bedroom", "Upper Floor"),
        Area("Garage", "Ground Floor"),
    )
    d = _device
    devices = (
        d("light.kitchen", "Kitchen Light", "Kitchen", "off", supported_color_modes=["brightness"]),
        d("light.counter", "Counter Light", "Kitchen", "on", brightness=200),
        d("light.plain", "Pantry Light", "Kitchen", "off", supported_color_modes=["onoff"]),
        d("light.living_lamp", "Lamp", "Living Room", "off", supported_color_modes=["rgb", "color_temp"]),
        d("light.bed_lamp", "Lamp", "Bedroom", "on", supported_color_modes=["rgb", "color_temp"], brightness=51),
        d("switch.coffee", "Coffee Machine", "Kitchen", "off", aliases=["Café Maker"]),
        d("fan.ceiling", "Ceiling Fan", "Living Room", "off", percentage=0),
        d("cover.blind", "Living Room Blind", "Living Room", "open", device_class="blind", current_position=100),
        d(
            "cover.curtain",
            "Curtain",
            "Bedroom",
            "closed",
            device_class="curtain",
            supported_features=["open", "close"],
        ),
        d("cover.garage", "Garage Door", "Garage", "closed", device_class="garage", current_position=0),
        d("cover.gate", "Drive", None, "closed", device_class="gate"),
        d("valve.water", "Water Main", "Kitchen", "open", current_position=100),
        d("lock.front", "Front Door", "Living Room", "locked"),
        d("lock.shed", "Shed", None, "locked", confirm=False),
        d(
            "climate.living",
            "Thermostat",
            "Living Room",
            "heat",
            temperature=20,
            current_temperature=19.5,
            min_temp=7,
            max_temp=30,
            hvac_modes=["off", "heat", "cool", "auto"],
            fan_modes=["low", "high"],
            temperature_unit="°C",
        ),
        d("humidifier.bed", "Mist", "Bedroom", "off", humidity=40, available_modes=["eco", "sleep"]),
        d("media_player.tv", "TV", "Living Room", "playing", device_class="tv", volume_level=0.4),
        d("media_player.radio", "Radio", "Bedroom", "off", device_class="speaker", volume_level=0.3),
        d("vacuum.rover", "Rover", "Living Room", "docked"),
        d("lawn_mower.mo", "Mo", None, "docked"),
        d("alarm_control_panel.house", "House Alarm", None, "disarmed"),
        d(
            "scene.movie",
            "Movie Night",
            None,
            "unknown",
            entities={
                "light.living_lamp": {"state": "on", "brightness": 40},
                "cover.blind": "closed",
                "light.gone": "on",
            },
        ),
        d(
            "script.night",
            "Good Night",
            None,
            "off",
            sequence=[
                {"action": "light.turn_off", "target": {"entity_id": ["light.counter", "light.bed_lamp"]}},
                {"service": "lock.lock", "target": {"entity_id": "lock.front"}},
                {"action": "light.turn_on", "target": "light.bed_lamp", "data": {"brightness": 10}},
            ],
        ),
        d("button.bell", "Doorbell", None, "unknown"),
        d("input_number.goal", "Step Goal", None, "10", min=0, max=50),
        d("select.mode", "House Mode", None, "Home", options=["Home", "Away"]),
        d(
            "todo.shopping",
            "Shopping List",
            None,
            "2",
            aliases=["groceries"],
            items=[
                {"summary": "Milk", "status": "needs_action"},
                "tomatoes",
                {"summary": "bread", "status": "completed"},
            ],
        ),
        d("todo.chores", "Chores", None, "0", items=[]),
        d("sensor.humidity", "Kitchen Humidity", "Kitchen", "48", device_class="humidity", unit_of_measurement="%"),
        d(
            "sensor.bed_temperature",
            "Bedroom Temperature",
            "Bedroom",
            "18.5",
            device_class="temperature",
            unit_of_measurement="°C",
        ),
        d("binary_sensor.window", "Kitchen Window", "Kitchen", "on", device_class="window"),
        d("binary_sensor.door", "Back Door", "Kitchen", "off", device_class="door"),
        d("binary_sensor.motion", "Hall Sensor", "Garage", "on", device_class="motion"),
        d("person.ann", "Ann", None, "home"),
        d("person.bob", "Bob", None, "not_home"),
        d("weather.home", "Home", None, "partlycloudy", temperature=21, temperature_unit="°C"),
        d("switch.dead", "Old Plug", "Garage", "unavailable"),
    )
    return Home(floors, areas, devices)


def house(**states):
    """The full home; ``states``: device ids with ``__`` for the dot, and their states."""
    home = full_home()
    wanted = {key.replace("__", ".", 1): value for key, value in states.items()}
    unknown = wanted.keys() - {device.id for device in home.devices}
    assert not unknown, unknown
    devices = tuple(dataclasses.replace(d, state=wanted.get(d.id, d.state)) for d in home.devices)
    return House.from_home(dataclasses.replace(home, devices=devices))


def do(home, name, /, response=None, *, here_is=None, turn_id="", confirmed=False, **slots):
    """The outcome. ``here_is``: the microphone's room."""
    return home.carry_out(Intent(name, slots, response), context(here_is, turn_id), confirmed=confirmed)


def say(home, name, /, response=None, **slots):
    """The reply or question alone."""
    outcome = do(home, name, response, **slots)
    return outcome.question if isinstance(outcome, Ask) else outcome.reply


def device(home, device_id):
    found = home.registry.device(device_id)
    assert found is not None
    return found
