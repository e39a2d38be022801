"""Carrying out: an intent's calls on its devices, what is read back of them, and taking the last act back."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace

from assistant.errors import DeviceError
from assistant.home.ask import confirmation, offered, which_device
from assistant.home.backend import Backend, NoAnswer, NotAvailable, ServiceCall
from assistant.home.finding import targets_of
from assistant.home.intents import PLANS, Refusal
from assistant.home.kinds import PRESSED
from assistant.home.lanes import Call, lanes_of, run_lanes
from assistant.home.lists import LIST_INTENTS, find_list, open_items, plan_list_change, said_of
from assistant.home.policy import is_risky, is_so
from assistant.home.registry import Act, Registry, state_of
from assistant.home.replies import Done, read_back, refusals, single
from assistant.home.routines import calls_to, steps_of
from assistant.home.targets import Ambiguous, NoTarget, Targets
from assistant.home.wording import Wording
from assistant.types import (
    Action,
    Ask,
    Device,
    DeviceState,
    Handled,
    Intent,
    JsonValue,
    NotHandled,
    Outcome,
    TurnContext,
)

# Slots that are for the way to the act, not of it.
_INNER_SLOTS = frozenset({"confirmed", "spoken", "here", "keep"})

Refused = tuple[Device, Refusal]
Failure = tuple[Device, DeviceError]
Keep = Callable[[Mapping[str, DeviceState]], list[str]]
"""Makes lasting what has changed; returns sentences about what went wrong with that."""


class Actor:
    """Acts on the devices of a registry through its backend."""

    def __init__(self, registry: Registry, backend: Backend, wording: Wording, keep: Keep) -> None:
        self._registry = registry
        self._backend = backend
        self._wording = wording
        self._keep = keep

    def act(self, intent: Intent, context: TurnContext, confirmed: bool) -> Outcome:
        """Carry out an intent that has a plan, or ask which devices, or whether really."""
        home, plan = self._registry.snapshot(), PLANS[intent.name]
        found = targets_of(home, intent, context, plan)
        if isinstance(found, NoTarget):
            return NotHandled(self._wording.missing(found.key, found.values))
        if isinstance(found, Ambiguous):
            return which_device(intent, found, self._wording, keep_place=plan.place_is_data)
        lanes: list[list[Call]] = []
        refused: list[Refused] = []
        for device in found.devices:
            step = plan.planner(device, intent)
            if isinstance(step, Refusal):
                refused.append((device, step))
            else:
                lanes += lanes_of([(device, step)], steps_of(home, device) if step.service == "turn_on" else ())
        if not lanes:
            return NotHandled(" ".join(refusals(refused, self._wording)))
        calls = [call for lane in lanes for call in lane]
        if intent.slots.get("keep") is True and any(is_so(device, call) for device, call in calls):
            kept = [Done(device, device, call) for device, call in calls if is_so(device, call)]
            return NotHandled(" ".join(read_back(kept, intent, self._wording)))
        question = None if confirmed and found.named else self._question(intent, found, calls, confirmed)
        return question or self._carry(intent, context, lanes, refused)

    def offer(self, intent: Intent, context: TurnContext) -> Outcome:
        """Ask whether to do what is only likely to be wanted; nothing to offer is a sentence that was not understood."""
        plan = PLANS.get(intent.name)
        found = targets_of(self._registry.snapshot(), intent, context, plan) if plan is not None else None
        if plan is not None and isinstance(found, Ambiguous):
            return which_device(intent, found, self._wording, keep_place=plan.place_is_data)
        steps = [(d, plan.planner(d, intent)) for d in found.devices] if plan and isinstance(found, Targets) else []
        calls = [(device, step) for device, step in steps if not isinstance(step, Refusal)]
        if not calls or all(is_so(device, call) for device, call in calls):
            return NotHandled(self._wording.respond("not_understood"))
        risky = [(device, call.service) for device, call in calls if is_risky(device, call)]
        if risky:
            return confirmation(intent, risky, [device for device, _call in calls], self._wording)
        return offered(intent, calls, self._wording)

    def _question(self, intent: Intent, found: Targets, calls: Sequence[Call], confirmed: bool) -> Ask | None:
        risky = [(device, call.service) for device, call in calls if is_risky(device, call)]
        if len(risky) > 1 and not found.named and intent.slots.get("all") is not True:
            # "Open the garage door" where there are two: never both on a guess, though it be confirmed.
            return which_device(intent, Ambiguous(tuple(device for device, _service in risky)), self._wording)
        return confirmation(intent, risky, found.devices, self._wording) if risky and not confirmed else None

    def _carry(
        self, intent: Intent, context: TurnContext, lanes: Sequence[Sequence[Call]], refused: Sequence[Refused]
    ) -> Outcome:
        results = run_lanes(lanes, self._try)
        done = [one for one in results if isinstance(one, Done)]
        failed = self._failed([one for one in results if not isinstance(one, Done)])
        if not done:
            return NotHandled(" ".join([*failed, *refusals(refused, self._wording)]))
        before: dict[str, DeviceState] = {}
        for one in done:
            if one.changed:
                before.setdefault(one.before.id, state_of(one.before))
        self._registry.note_act(before, context.turn_id)
        lines = [*self._said(intent, done), *failed, *refusals(refused, self._wording)]
        targets = tuple(dict.fromkeys(one.after.id for one in done))
        reply = " ".join([*lines, *self._keep(before)])
        return Handled(Action(intent.name, outer_slots(intent), targets), reply)

    def _try(self, device: Device, call: ServiceCall) -> Done | Failure:
        """Carry one call out and read the device back."""
        # A routine may come to a device twice: what it is now counts, and what it was at first is restored.
        now = self._registry.device(device.id) or device
        try:
            state = self._backend.apply(now, call)
            return Done(now, self._registry.set_state(device.id, state), call)
        except KeyError:
            return device, NotAvailable(device)  # it went away meanwhile
        except DeviceError as error:
            return device, error

    def _failed(self, failures: Sequence[Failure]) -> list[str]:
        """Sentences about what failed; those that did not answer, or are not there, together."""
        lines: list[str] = []
        for kind, one, many in (
            (NoAnswer, "no_answer", "no_answer"),
            (NotAvailable, "not_available", "not_available_many"),
        ):
            devices = [device for device, error in failures if isinstance(error, kind)]
            if devices:
                names = self._wording.names([self._wording.the(device) for device in devices])
                lines.append(self._wording.say(one if len(devices) == 1 else many, name=names))
        others = [error for _device, error in failures if not isinstance(error, NoAnswer | NotAvailable)]
        return [*lines, *dict.fromkeys(self._wording.say("failed", reason=error) for error in others)]

    def _said(self, intent: Intent, done: Sequence[Done]) -> list[str]:
        """What is said of the act; of a scene or script that it ran, and what of it did not come about."""
        if len(done) == 1 or done[0].after.domain not in ("scene", "script"):
            return read_back(done, intent, self._wording)
        unfulfilled = [one for one in done[1:] if not one.fulfilled]
        return [single(done[0], self._wording), *read_back(unfulfilled, intent, self._wording)]

    def bring_about(
        self, intent: Intent, states: Mapping[str, Mapping[str, JsonValue]], context: TurnContext, confirmed: bool
    ) -> Outcome:
        """Bring devices to states, by the calls that lead there."""
        lanes: list[list[Call]] = []
        missing: list[str] = []
        for device_id, wanted in states.items():
            device = self._registry.device(device_id)
            if device is None:
                missing.append(self._wording.say("no_device", name=device_id))
                continue
            calls = [(device, ServiceCall(device.id, service, data)) for service, data in calls_to(device, wanted)]
            lanes += lanes_of(calls, ()) if calls else []
        if not lanes:
            return NotHandled(" ".join(missing) or self._wording.say("cannot_do"))
        risky = [(device, call.service) for lane in lanes for device, call in lane if is_risky(device, call)]
        if risky and not confirmed:
            names = self._wording.names([self._wording.the(device) for device, _service in risky])
            return Ask(self._wording.say("confirm", act=self._wording.act(risky[0][1]), name=names), (intent,))
        outcome = self._carry(intent, context, lanes, ())
        if missing and isinstance(outcome, Handled):
            return replace(outcome, reply=" ".join([outcome.reply, *missing]))
        return outcome

    def change_list(self, intent: Intent, context: TurnContext, confirmed: bool) -> Outcome:
        """Carry out an intent of a to-do or shopping list; clearing one is asked about first."""
        device = find_list(self._registry.snapshot(), intent)
        if isinstance(device, NoTarget):
            return NotHandled(self._wording.say(device.key))
        if isinstance(device, Ambiguous):
            return which_device(intent, device, self._wording)
        change = plan_list_change(device, intent)
        if change.key == "list_what" and LIST_INTENTS[intent.name] == "add":
            about: Intent = replace(intent, slots={**intent.slots, "device_id": device.id})
            return Ask(said_of(change, device, self._wording), (about,), missing="item")
        if change.call is None:
            return NotHandled(said_of(change, device, self._wording))
        if change.key == "list_cleared" and open_items(device) and not confirmed:
            count = self._wording.count(len(open_items(device)))
            question = self._wording.say("list_clear", name=self._wording.the(device), count=count)
            return Ask(question, (replace(intent, slots={**intent.slots, "device_id": device.id}),))
        try:
            state = self._backend.apply(device, change.call)
        except DeviceError as error:
            return NotHandled(" ".join(self._failed([(device, error)])))
        after = self._registry.set_state(device.id, state)
        before = {device.id: state_of(device)} if state_of(after) != state_of(device) else {}
        self._registry.note_act(before, context.turn_id)
        reply = " ".join([said_of(change, after, self._wording), *self._keep(before)])
        return Handled(Action(intent.name, outer_slots(intent), (device.id,)), reply)

    def undo(self, intent: Intent, confirmed: bool) -> Outcome:
        """Bring the devices of the last act back to what they were before it; asked about where that opens the house."""
        acts = self._registry.acts()
        risky = self._risky_way_back(acts[-1]) if acts and not confirmed else []
        if risky:
            names = self._wording.names([self._wording.the(device) for device, _service in risky])
            return Ask(self._wording.say("confirm", act=self._wording.act(risky[0][1]), name=names), (intent,))
        act = self._registry.take_last_act()
        if act is None:
            return NotHandled(self._wording.say("nothing_to_undo"))
        restored: list[Device] = []
        failed: list[Failure] = []
        for device_id, state in act.before.items():
            device = self._registry.device(device_id)
            if device is None:
                continue
            try:
                restored.append(self._registry.set_state(device_id, self._backend.restore(device, state)))
            except DeviceError as error:
                failed.append((device, error))
        lines = [*self._restored(restored), *self._failed(failed), *self._keep(act.before)]
        if not restored:
            return NotHandled(" ".join(lines) or self._wording.say("nothing_to_undo"))
        return Handled(Action("AssistUndo", {}, tuple(device.id for device in restored)), " ".join(lines))

    def _risky_way_back(self, act: Act) -> list[tuple[Device, str]]:
        found: list[tuple[Device, str]] = []
        for device_id, before in act.before.items():
            device = self._registry.device(device_id)
            for service, data in calls_to(device, {**before.attributes, "state": before.state}) if device else ():
                if device is not None and is_risky(device, ServiceCall(device_id, service, data)):
                    found.append((device, service))
        return found

    def _restored(self, restored: Sequence[Device]) -> list[str]:
        used = [device for device in restored if device.domain in PRESSED]
        others = [device for device in restored if device not in used]
        if not others:
            return [self._wording.say("undone_press", name=self._wording.the(device)) for device in used]
        said = [
            self._wording.say_in("is", name=self._wording.the(device), state=self._wording.value(device)).rstrip(".。")
            for device in others
        ]
        return [self._wording.say("undone", what=self._wording.names(said))]


def outer_slots(intent: Intent) -> Mapping[str, JsonValue]:
    """The slots that say what was done."""
    return {key: value for key, value in intent.slots.items() if key not in _INNER_SLOTS}
