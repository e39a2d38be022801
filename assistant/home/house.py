"""The house as a turn sees it: carries intents out on the devices that exist, and says what was read back."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from assistant.errors import DeviceError, StorageError
from assistant.home.ask import confirmation, which_device
from assistant.home.backend import Backend, ServiceCall
from assistant.home.finding import targets_of
from assistant.home.intents import PLANS, Refusal
from assistant.home.inventory import load_inventory
from assistant.home.kinds import PRESSED
from assistant.home.lists import LIST_INTENTS, find_list, plan_list_change, said_of
from assistant.home.policy import is_risky
from assistant.home.questions import answer
from assistant.home.questions.truth import truth
from assistant.home.registry import Registry, state_of
from assistant.home.replies import Done, read_back, refusals, single
from assistant.home.routines import steps_of
from assistant.home.simulated import SimulatedBackend
from assistant.home.store import StateStore
from assistant.home.targets import Ambiguous, NoTarget
from assistant.home.wording import Wording
from assistant.types import (
    Action,
    Device,
    DeviceState,
    Handled,
    Home,
    Intent,
    JsonValue,
    NotHandled,
    Outcome,
    TurnContext,
)

# Slots that are for the way to the act, not of it.
_INNER_SLOTS = frozenset({"confirmed", "spoken", "here"})
_TALK = frozenset({"HassNevermind", "HassRespond"})

Call = tuple[Device, ServiceCall]
CustomReply = Callable[[Intent], str | None]


class House:
    """One registry over its backend. Calls from several threads are carried out one after the other.

    ``custom_reply`` gives what to say to a custom intent without a device, where its sentences define that.
    """

    def __init__(
        self,
        registry: Registry,
        backend: Backend,
        *,
        store: StateStore | None = None,
        language: str = "en",
        custom_reply: CustomReply = lambda _intent: None,
    ) -> None:
        self.registry = registry
        self._backend = backend
        self._store = store
        self._wording = Wording(language)
        self._custom_reply = custom_reply
        self._lock = threading.RLock()
        self.warning: str | None = store.warning if store is not None else None
        """What is wrong with the kept state: an unusable file at the start, a full disk since."""

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

        A risky act is asked about unless ``confirmed``, or the slot of that name, says that this was done. What cannot
        be done is a ``NotHandled`` with the reason; nothing is changed then.
        """
        confirmed = confirmed or intent.slots.get("confirmed") is True
        intent = replace(intent, slots={k: v for k, v in intent.slots.items() if k != "confirmed"})
        with self._lock:
            question = answer(self.snapshot(), intent, context, self._wording)
            if question is not None:
                return question
            if intent.name in PLANS:
                return self._act(intent, context, confirmed)
            if intent.name in LIST_INTENTS:
                return self._change_list(intent, context)
            if intent.name == "AssistUndo":
                return self._undone()
            return self._without_device(intent)

    def check(self, intent: Intent, context: TurnContext) -> bool | None:
        """Whether what a question asks is so (``is the lamp on``, slots ``above`` and ``below`` of a reading).

        ``None`` where it cannot be told. Changes nothing.
        """
        return truth(self.snapshot(), intent, context, self._wording)

    def undo(self) -> str:
        """Take the last act back; returns what was restored, as a sentence."""
        with self._lock:
            return self._undone().reply

    def replace_home(self, home: Home) -> bool:
        """Take an edited inventory; whether names have changed by it.

        With a store, devices that stay keep what differs from the inventory before; without one they begin anew.
        """
        with self._lock:
            if self._store is not None:
                home = self._store.rebase(self.snapshot(), home)
            return self.registry.replace_home(home)

    # --- acting --------------------------------------------------------------------------------------

    def _act(self, intent: Intent, context: TurnContext, confirmed: bool) -> Outcome:
        home, plan = self.snapshot(), PLANS[intent.name]
        found = targets_of(home, intent, context, plan)
        if isinstance(found, NoTarget):
            return NotHandled(self._wording.missing(found.key, found.values))
        if isinstance(found, Ambiguous):
            return which_device(intent, found, self._wording, keep_place=plan.place_is_data)
        calls: list[Call] = []
        refused: list[tuple[Device, Refusal]] = []
        for device in found.devices:
            step = plan.planner(device, intent)
            if isinstance(step, Refusal):
                refused.append((device, step))
            else:
                calls += [(device, step), *steps_of(home, device)] if step.service == "turn_on" else [(device, step)]
        if not calls:
            return NotHandled(" ".join(refusals(refused, self._wording)))
        risky = [(device, call.service) for device, call in calls if is_risky(device, call)]
        if risky and not confirmed:
            return confirmation(intent, risky, found.devices, self._wording)
        return self._carry(intent, context, calls, refused)

    def _carry(
        self, intent: Intent, context: TurnContext, calls: Sequence[Call], refused: Sequence[tuple[Device, Refusal]]
    ) -> Outcome:
        before: dict[str, DeviceState] = {}
        done: list[Done] = []
        failed: list[str] = []
        for device, call in calls:
            # A routine may come to a device twice: what it is now counts, and what it was at first is restored.
            now = self.registry.device(device.id) or device
            try:
                state = self._backend.apply(now, call)
            except DeviceError as error:
                failed.append(self._wording.say("failed", reason=error))
                continue
            after = self.registry.set_state(device.id, state)
            done.append(Done(now, after, call))
            if done[-1].changed:
                before.setdefault(device.id, state_of(now))
        if not done:
            return NotHandled(" ".join(dict.fromkeys(failed)))
        self.registry.note_act(before, context.turn_id)
        said = self._said(intent, done)
        lines = [*said, *dict.fromkeys(failed), *refusals(refused, self._wording), *self._keep(before)]
        targets = tuple(dict.fromkeys(one.after.id for one in done))
        return Handled(Action(intent.name, _outer(intent), targets), " ".join(lines))

    def _said(self, intent: Intent, done: Sequence[Done]) -> list[str]:
        """What is said of the act; of a scene or script that it ran, and what of it did not come about."""
        routine = done[0] if done[0].after.domain in ("scene", "script") else None
        if routine is None or len(done) == 1:
            return read_back(done, intent, self._wording)
        unfulfilled = [one for one in done[1:] if not one.fulfilled]
        return [single(routine, self._wording), *read_back(unfulfilled, intent, self._wording)]

    # --- lists, undo, the rest -----------------------------------------------------------------------

    def _change_list(self, intent: Intent, context: TurnContext) -> Outcome:
        device = find_list(self.snapshot(), intent)
        if isinstance(device, NoTarget):
            return NotHandled(self._wording.say(device.key))
        if isinstance(device, Ambiguous):
            return which_device(intent, device, self._wording)
        change = plan_list_change(device, intent)
        if change.call is None:
            return NotHandled(said_of(change, device, self._wording))
        try:
            state = self._backend.apply(device, change.call)
        except DeviceError as error:
            return NotHandled(self._wording.say("failed", reason=error))
        before = {device.id: state_of(device)}
        after = self.registry.set_state(device.id, state)
        self.registry.note_act(before if state_of(after) != state_of(device) else {}, context.turn_id)
        reply = " ".join([said_of(change, after, self._wording), *self._keep(before)])
        return Handled(Action(intent.name, _outer(intent), (device.id,)), reply)

    def _undone(self) -> Handled | NotHandled:
        act = self.registry.take_last_act()
        if act is None:
            return NotHandled(self._wording.say("nothing_to_undo"))
        restored: list[Device] = []
        failed: list[str] = []
        for device_id, state in act.before.items():
            device = self.registry.device(device_id)
            if device is None:
                continue
            try:
                restored.append(self.registry.set_state(device_id, self._backend.restore(device, state)))
            except DeviceError as error:
                failed.append(self._wording.say("failed", reason=error))
        lines = [*self._restored(restored), *failed, *self._keep(act.before)]
        if not restored:
            return NotHandled(" ".join(lines) or self._wording.say("nothing_to_undo"))
        return Handled(Action("AssistUndo", {}, tuple(device.id for device in restored)), " ".join(lines))

    def _restored(self, restored: Sequence[Device]) -> list[str]:
        used = [device for device in restored if device.domain in PRESSED - {"script"}]
        restored = [device for device in restored if device not in used]
        if not restored:
            return [self._wording.say("undone_press", name=self._wording.the(device)) for device in used]
        said = [
            self._wording.say_in("is", name=self._wording.the(device), state=self._wording.value(device)).rstrip(".")
            for device in restored
        ]
        return [self._wording.say("undone", what=f"{self._wording.names(said)}.")]

    def _without_device(self, intent: Intent) -> Outcome:
        action = Action(intent.name, _outer(intent))
        if intent.name == "HassNevermind":
            return Handled(action, self._wording.say("okay"))
        if intent.name == "HassRespond":
            return Handled(action, self._wording.respond(intent.response))
        if intent.name.startswith(("Hass", "Assist")):
            return NotHandled(self._wording.say("cannot_do"))
        # A custom intent without a device: that it was understood is the act.
        said = self._custom_reply(intent) or intent.slots.get("reply")
        return Handled(action, str(said) if said else self._wording.say("done"))

    def _keep(self, changed: Mapping[str, DeviceState]) -> list[str]:
        """Save; what went wrong is told once, for the devices are as they were set all the same."""
        if self._store is None or not changed:
            return []
        memory = self._backend.memory if isinstance(self._backend, SimulatedBackend) else {}
        try:
            self._store.save(self.snapshot(), memory, self.registry.acts())
        except StorageError as error:
            told, self.warning = self.warning == str(error), str(error)
            return [] if told else [self._wording.say("not_kept", reason=str(error).rpartition(": ")[2])]
        self.warning = self._store.warning
        return []


def _outer(intent: Intent) -> Mapping[str, JsonValue]:
    return {key: value for key, value in intent.slots.items() if key not in _INNER_SLOTS}


def open_house(inventory: Path | None, state_dir: Path | None, language: str = "en") -> House:
    """The house of an inventory (``None``: the built-in one), with its kept state (``None``: in memory only).

    Raises ConfigError for an unusable inventory.
    """
    home = load_inventory(inventory)
    if state_dir is None:
        return House.from_home(home, language)
    store = StateStore(state_dir / "home.json")
    kept = store.restore(home)
    return House(Registry(kept.home, kept.acts), SimulatedBackend(kept.memory), store=store, language=language)
