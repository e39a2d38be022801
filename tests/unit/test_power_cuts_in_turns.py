"""The power goes during turns: whatever was confirmed is there afterwards, and at most the one act after it."""

import os
import random
import signal
import time

from assistant.home.house import open_house
from assistant.types import Handled, Intent, TurnContext

CUTS = 100
LIGHT = "light.kitchen"


def dim(house, percent):
    intent = Intent("HassLightSet", {"name": "Kitchen Light", "brightness": percent})
    outcome = house.carry_out(intent, TurnContext(now=None))
    assert isinstance(outcome, Handled), outcome


def brightness(state_dir):
    house = open_house(None, state_dir)
    assert house.warning is None, "the kept state is never half a file"
    (light,) = (device for device in house.snapshot().devices if device.id == LIGHT)
    return light.attributes.get("brightness")


def commands_until_cut(state_dir, after_s):
    """Commands in a child process, each confirmed over a pipe once it is carried out; the number of confirmed ones."""
    reading, writing = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            house = open_house(None, state_dir)
            for n in range(100_000):
                dim(house, 1 + n % 100)
                os.write(writing, b".")
        finally:
            os._exit(1)
    os.close(writing)
    while not os.read(reading, 1):  # the first one: from here on the cut may come
        pass
    time.sleep(after_s)  # the moment of the cut: real time is the point here
    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    confirmed = 1
    while block := os.read(reading, 65_536):
        confirmed += len(block)
    os.close(reading)
    return confirmed


def test_what_was_confirmed_is_there(tmp_path):
    moments, lost, made = random.Random(11), [], 0
    for cut in range(CUTS):
        state_dir = tmp_path / str(cut)
        confirmed = commands_until_cut(state_dir, moments.uniform(0, 0.03))
        made += confirmed
        allowed = {round((1 + (n % 100)) * 255 / 100) for n in (confirmed - 1, confirmed)}
        if brightness(state_dir) not in allowed:
            lost.append((cut, confirmed, brightness(state_dir), allowed))
    assert not lost
    assert made > CUTS
