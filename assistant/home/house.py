"""The house as a turn sees it: carries intents out on the devices that exist, and says what was read back."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

from assistant.errors import DeviceError
from assistant.home.backend import Backend, ServiceCall
from assistant.home.inventory import load_inventory
from assistant.home.lists import LIST_INTENTS, find_list, plan_list_change
from assistant.home.plan import GROUP_SWITCHED, PLANS, SINGLE_KIND, Refusal, is_risky
from assistant.home.queries import answer
from assistant.home.registry import Registry
from assistant.home.simulated import SimulatedBackend
from assistant.home.store import StateStore
from assistant.home.targets import NoTarget, Targets, ask_for_room, resolve
from assistant.home.wording import Wording
from assistant.types import Action, Ask, Device, DeviceState, Handled, Home, Intent, NotHandled, Outcome, TurnContext

_TARGET_SLOTS = {"name", "area", "floor", "device_id"}


class House:
    """One registry over its backends. Not reentrant: one intent at a time."""

    def __init__(
        self, registry: Registry, backend: Backend, *, store: StateStore | None = None, language: str = "en"
    ) -> None:
        self.registry = registry
        self._backend = backend
        self._store = store
        self._wording = Wording(language)

    @classmethod
    def from_home(cls, home: Home, language: str = "en") -> House:
        """A simulated house in memory."""
        return cls(Registry(home), SimulatedBackend(), language=language)

    def snapshot(self) -> Home:
        """The home as it is now."""
        return self.registry.snapshot()

    def changed_since(self, before: Home) -> dict[str, DeviceState]:
        """Devices that differ from ``before``, with their present state."""
        return self.registry.changed_since(before)

    def carry_out(self, intent: Intent, context: TurnContext, *, confirmed: bool = False) -> Outcome:
        """Do what ``intent`` says, or answer it, or ask back.

        What cannot be done is a ``NotHandled`` with the reason; nothing is changed then. Raises StorageError where the
        new state could not be kept; the devices are switched all the same.
        """
        question = answer(self.snapshot(), intent, context, self._wording)
        if question is not None:
            return question
        if intent.name == "AssistUndo":
            return self._undo(intent)
        if intent.name in ("HassNevermind", "HassRespond"):
            reply = self._wording.say("never_mind") if intent.name == "HassNevermind" else ""
            return Handled(Action(intent.name, dict(intent.slots)), reply)
        if intent.name in LIST_INTENTS:
            return self._change_list(intent)
        if intent.name in PLANS:
            return self._act(intent, context, confirmed or intent.slots.get("confirmed") is True)
        if intent.name.startswith(("Hass", "Assist")):
            return NotHandled(self._wording.say("cannot"))
        # A custom intent without a device: that it was understood is the act.
        return Handled(Action(intent.name, dict(intent.slots)), str(intent.slots.get("reply", self._wording.say("done"))))

    # --- acting --------------------------------------------------------------------------------------

    def _act(self, intent: Intent, context: TurnContext, confirmed: bool) -> Outcome:
        found = self._targets(intent, context)
        if isinstance(found, Ask):
            return found
        if isinstance(found, NoTarget):
            return NotHandled(found.reason)
        plan = PLANS[intent.name]
        calls: list[tuple[Device, ServiceCall]] = []
        refused: list[str] = []
        for device in found.devices:
            step = plan.planner(device, intent)
            if isinstance(step, Refusal):
                refused.append(step.reason)
            else:
                calls.append((device, step))
        if not calls:
            return NotHandled(" ".join(dict.fromkeys(refused)))
        risky = [(device, call) for device, call in calls if is_risky(device, call)]
        if risky and not confirmed:
            return self._confirm(intent, risky)
        return self._carry(intent, calls, refused)

    def _targets(self, intent: Intent, context: TurnContext) -> Targets | NoTarget | Ask:
        home, domains = self.snapshot(), PLANS[intent.name].domains
        targeted = bool(intent.slots.keys() & _TARGET_SLOTS)
        if not targeted and context.area:
            here = resolve(home, replace(intent, slots={**intent.slots, "area": context.area}), context, domains)
            if not isinstance(here, NoTarget):
                return here
        if not targeted and intent.slots.get("here"):
            found = resolve(home, intent, context, domains)
            ask = ask_for_room(home, intent, found.devices) if isinstance(found, Targets) else None
            if ask is not None and intent.name not in SINGLE_KIND:
                return ask
        if targeted or intent.slots.keys() & {"domain", "device_class"}:
            group = not intent.slots.keys() & {"name", "device_id", "domain", "device_class"}
            if group and intent.name in ("HassTurnOn", "HassTurnOff", "HassToggle"):
                domains = GROUP_SWITCHED
            return resolve(home, intent, context, domains)
        if intent.name in SINGLE_KIND:
            return self._the_one(home, intent, context, domains)
        return NoTarget("Which device do you mean?")

    @staticmethod
    def _the_one(home: Home, intent: Intent, context: TurnContext, domains: frozenset[str]) -> Targets | NoTarget | Ask:
        """The home's only device of a kind; of several the one that is in use; else asked about."""
        devices = [device for device in home.devices if device.domain in domains]
        in_use = [d for d in devices if d.state in ("playing", "paused", "cleaning", "mowing")]
        if len(in_use) == 1:
            devices = in_use
        if len(devices) == 1:
            return Targets(tuple(devices), True)
        ids = [device.id for device in devices]
        return resolve(home, replace(intent, slots={**intent.slots, "device_id": ids}), context, domains)

    def _confirm(self, intent: Intent, risky: list[tuple[Device, ServiceCall]]) -> Ask:
        names = self._wording.names([device.name for device, _ in risky])
        act = self._wording.act(risky[0][1].service)
        return Ask(self._wording.say("confirm", act=act, name=names), (intent,))

    def _carry(self, intent: Intent, calls: list[tuple[Device, ServiceCall]], refused: list[str]) -> Outcome:
        before: dict[str, DeviceState] = {}
        done: list[tuple[Device, ServiceCall]] = []
        failed: list[str] = []
        for device, call in calls:
            try:
                state = self._backend.apply(device, call)
            except DeviceError as error:
                failed.append(f"{error}.")
                continue
            before[device.id] = DeviceState(device.state, device.attributes)
            done.append((self.registry.set_state(device.id, state), call))
        if not done:
            return NotHandled(" ".join(failed))
        self.registry.note_act(before)
        self._keep(before)
        reply = " ".join([*self._read_back(done), *dict.fromkeys(failed + refused)])
        return Handled(Action(intent.name, dict(intent.slots), tuple(device.id for device, _ in done)), reply)

    def _read_back(self, done: list[tuple[Device, ServiceCall]]) -> list[str]:
        """One sentence for each state that devices are in now."""
        groups: dict[tuple[str, str], list[Device]] = defaultdict(list)
        for device, call in done:
            groups[self._wording.setting(device, call.service), device.domain].append(device)
        lines = []
        for (state, domain), devices in groups.items():
            if len(devices) == 1:
                lines.append(self._wording.say("is", name=devices[0].name, state=state))
            elif len(devices) <= 3:
                lines.append(self._wording.say("each", names=self._wording.names([d.name for d in devices]), state=state))
            else:
                kind = self._wording.kind(domain)
                lines.append(self._wording.say("several", count=len(devices), kind=kind, state=state))
        return lines

    def _change_list(self, intent: Intent) -> Outcome:
        device = find_list(self.snapshot(), intent)
        if device is None:
            return NotHandled(self._wording.say("list_which"))
        change = plan_list_change(device, intent, self._wording)
        if change.call is None:
            return NotHandled(change.reply)
        before = {device.id: DeviceState(device.state, device.attributes)}
        self.registry.set_state(device.id, self._backend.apply(device, change.call))
        self.registry.note_act(before)
        self._keep(before)
        return Handled(Action(intent.name, dict(intent.slots), (device.id,)), change.reply)

    def _undo(self, intent: Intent) -> Outcome:
        before = self.registry.take_last_act()
        if not before:
            return NotHandled(self._wording.say("nothing_to_undo"))
        restored = []
        for device_id, state in before.items():
            data = {"state": state.state, "attributes": dict(state.attributes)}
            device = self.registry.device(device_id)
            new = self._backend.apply(device, ServiceCall(device_id, "restore", data))
            restored.append(self.registry.set_state(device_id, new))
        self._keep(before)
        what = self._wording.names([f"{device.name} is {self._wording.state(device)}" for device in restored])
        return Handled(
            Action(intent.name, {}, tuple(device.id for device in restored)), self._wording.say("undone", what=f"{what}.")
        )

    def _keep(self, changed: Mapping[str, DeviceState]) -> None:
        if self._store is not None and changed:
            self._store.save(self.snapshot())


def open_house(inventory: Path | None, state_dir: Path | None, language: str = "en") -> House:
    """The house of an inventory (``None``: the built-in one), with its kept state (``None``: in memory only).

    Raises ConfigError for an unusable inventory.
    """
    home = load_inventory(inventory)
    store = StateStore(state_dir / "home.json") if state_dir is not None else None
    if store is not None:
        home = store.restore(home)
    return House(Registry(home), SimulatedBackend(), store=store, language=language)
