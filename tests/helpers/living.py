"""A house over real connections, for tests: connected within its block, with waits that have a limit."""

import datetime as dt
import threading

from assistant.home.house import open_house
from assistant.types import Intent, TurnContext

WAIT_S = 20.0
NOW = dt.datetime(2026, 3, 9, 14, 5, tzinfo=dt.UTC)


class Living:
    """A house over sources, connected. ``ready`` False does not wait for them."""

    def __init__(self, *sources, inventory=None, ready=True):
        self.house = open_house(inventory, None, sources=sources)
        self._wait_ready = ready
        self._changed = threading.Condition()
        self.house.registry.listen(self._notice)

    def __enter__(self):
        self.house.connections.start()
        if self._wait_ready:
            assert self.house.connections.wait_ready(WAIT_S), self.house.connections.status()
        return self

    def __exit__(self, *_error):
        self.house.connections.stop()

    def _notice(self, _device):
        with self._changed:
            self._changed.notify_all()

    def device(self, device_id):
        return self.house.registry.device(device_id)

    def names(self, source):
        return {device.name for device in self.house.snapshot().devices if device.source == source}

    def until(self, true):
        """Wait until something is true of the house."""
        with self._changed:
            for _trial in range(int(WAIT_S / 0.05)):
                if true():
                    return
                self._changed.wait(0.05)
        raise AssertionError("it did not come about")

    def do(self, name, /, **slots):
        return self.house.carry_out(Intent(name, slots), TurnContext(now=NOW))

    def say(self, name, /, **slots):
        return self.do(name, **slots).reply
