"""The house as a turn sees it: carries intents out on the devices that exist, and answers questions about them."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from pathlib import Path

from assistant.errors import StorageError
from assistant.home.acts import Actor, outer_slots
from assistant.home.backend import SIMULATED, Backend, Source
from assistant.home.conditions import conditional_of
from assistant.home.connections import Connections
from assistant.home.intents import PLANS
from assistant.home.inventory import load_inventory
from assistant.home.lists import LIST_INTENTS
from assistant.home.own_names import FILE as NAMES_FILE
from assistant.home.own_names import Names, OwnNames
from assistant.home.questions import answer
from assistant.home.questions.truth import truth
from assistant.home.registry import Registry
from assistant.home.routing import Router
from assistant.home.simulated import SimulatedBackend
from assistant.home.store import StateStore
from assistant.home.wording import Wording
from assistant.types import Action, Ask, DeviceState, Handled, Home, Intent, JsonValue, NotHandled, Outcome, TurnContext

Custom = Callable[[Intent, TurnContext, bool], Outcome | None]
"""Carries out an intent of the user's own sentences (the last argument: confirmed); ``None`` for one not of theirs."""


class House:
    """One registry over its backends. Calls from several threads are carried out one after the other.

    ``sources`` find their devices by themselves; ``connections`` starts and ends them, and the house works without
    that too: their devices are then not available.

    ``custom`` carries out intents that the user's own sentences define; it may be set later.
    """

    def __init__(
        self,
        registry: Registry,
        backend: Backend,
        *,
        sources: Sequence[Source] = (),
        store: StateStore | None = None,
        language: str = "en",
        custom: Custom = lambda _intent, _context, _confirmed: None,
        own_names: OwnNames | None = None,
    ) -> None:
        self.registry = registry
        self._own_names = own_names or OwnNames(None)
        self.connections = Connections(registry, sources)
        self._simulated = backend
        router = Router({SIMULATED: backend, **{source.name: source for source in sources}})
        self._store = store
        self._wording = Wording(language)
        self.custom = custom
        self._actor = Actor(registry, router, self._wording, self._keep)
        self._lock = threading.RLock()
        self.warning: str | None = store.warning if store is not None else None
        """What is wrong with the kept state: an unusable file at the start, a full disk since."""

    @classmethod
    def from_home(cls, home: Home, language: str = "en") -> House:
        """A simulated house in memory, whatever its devices are reached by: to try things out, or to evaluate."""
        home = replace(home, devices=tuple(replace(device, source=SIMULATED) for device in home.devices))
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
        be done is a ``NotHandled`` with the reason; nothing is changed then. An intent with the slot ``offered`` is only
        likely: it is asked about in any case, until a yes.
        """
        offered = intent.slots.get("offered") is True and intent.slots.get("confirmed") is not True
        confirmed = confirmed or intent.slots.get("confirmed") is True
        intent = replace(intent, slots={k: v for k, v in intent.slots.items() if k not in ("confirmed", "offered")})
        with self._lock:
            if offered:
                return self._actor.offer(intent, context)
            question = answer(self.snapshot(), intent, context, self._wording)
            if question is not None:
                return question
            if intent.name in PLANS:
                return self._actor.act(intent, context, confirmed)
            if intent.name in LIST_INTENTS:
                return self._actor.change_list(intent, context, confirmed)
            if intent.name == "AssistUndo":
                return self._actor.undo(intent, confirmed)
            if intent.name == "AssistIf":
                return self._if(intent, context, confirmed)
            return self._without_device(intent, context, confirmed)

    def check(self, intent: Intent, context: TurnContext) -> bool | None:
        """Whether what a question asks is so (``is the lamp on``, slots ``above`` and ``below`` of a reading).

        ``None`` where it cannot be told. Changes nothing.
        """
        return truth(self.snapshot(), intent, context, self._wording)

    def bring_about(
        self,
        intent: Intent,
        states: Mapping[str, Mapping[str, JsonValue]],
        context: TurnContext,
        *,
        confirmed: bool = False,
    ) -> Outcome:
        """Bring devices, by id, to states with attributes, as ``intent`` asks; undone and confirmed like any act."""
        with self._lock:
            return self._actor.bring_about(intent, states, context, confirmed)

    def replace_home(self, home: Home) -> bool:
        """Take an edited inventory; whether names have changed by it.

        With a store, devices that stay keep what differs from the inventory before; without one they begin anew.
        """
        with self._lock:
            if self._store is not None:
                home = self._store.rebase(self.snapshot(), home)
            return self.registry.replace_home(home)

    @property
    def own_names(self) -> Names:
        """The names that the owner has given in the panel."""
        return self._own_names.names

    def name_device(self, device_id: str, said: str) -> str:
        """``said`` means that device too; returns the name. Raises DeviceError where it cannot, StorageError."""
        with self._lock:
            name = self._own_names.add(self.snapshot(), device_id, said)
            self.registry.give_names(self._own_names.names)
            return name

    def forget_name(self, device_id: str, name: str) -> bool:
        """Take such a name away again; whether there was one. Raises StorageError."""
        with self._lock:
            known = self._own_names.remove(device_id, name)
            self.registry.give_names(self._own_names.names)
            return known

    def _if(self, intent: Intent, context: TurnContext, confirmed: bool) -> Outcome:
        parts = conditional_of(intent)
        if parts is None:
            return NotHandled(self._wording.say("cannot_do"))
        found = answer(self.snapshot(), parts.condition, context, self._wording)
        is_so = self.check(parts.condition, context)
        if is_so is None:
            return NotHandled(found.reply if isinstance(found, NotHandled) else self._wording.say("cannot_check"))
        if is_so is not parts.wanted:
            reason = found.reply if isinstance(found, Handled) else ""
            return NotHandled(" ".join([reason, self._wording.say("did_nothing")]).strip())
        outcomes: list[Outcome] = []
        for act in parts.then:
            outcomes.append(self.carry_out(act, context, confirmed=confirmed))
            if isinstance(outcomes[-1], Ask):
                break  # what follows may depend on the answer
        return _joined(intent, outcomes)

    def _without_device(self, intent: Intent, context: TurnContext, confirmed: bool) -> Outcome:
        action = Action(intent.name, outer_slots(intent))
        if intent.name == "HassNevermind":
            return Handled(action, self._wording.say("okay"))
        if intent.name == "HassRespond":
            return Handled(action, self._wording.respond(intent.response, part=str(intent.slots.get("part", ""))))
        own = self.custom(intent, context, confirmed)
        if own is not None:
            return own
        if intent.name.startswith(("Hass", "Assist")):
            return NotHandled(self._wording.say("cannot_do"))
        # A custom intent without a device: that it was understood is the act.
        said = intent.slots.get("reply")
        return Handled(action, str(said) if said else self._wording.say("done"))

    def _keep(self, changed: Mapping[str, DeviceState]) -> list[str]:
        """Save; what went wrong is told once, for the devices are as they were set all the same."""
        if self._store is None or not changed:
            return []
        memory = self._simulated.memory if isinstance(self._simulated, SimulatedBackend) else {}
        try:
            self._store.save(self.snapshot(), memory, self.registry.acts())
        except StorageError as error:
            told, self.warning = self.warning == str(error), str(error)
            return [] if told else [self._wording.say("not_kept", reason=str(error).rpartition(": ")[2])]
        self.warning = self._store.warning
        return []


def _joined(intent: Intent, outcomes: Sequence[Outcome]) -> Outcome:
    """Several outcomes as one: that of the only one, a question with what was done before it, or all replies."""
    if len(outcomes) == 1:
        return outcomes[0]
    last = outcomes[-1]
    done = [outcome for outcome in outcomes if isinstance(outcome, Handled)]
    said = " ".join(outcome.reply for outcome in outcomes if not isinstance(outcome, Ask))
    if isinstance(last, Ask):
        return replace(last, question=f"{said} {last.question}")
    if not done:
        return NotHandled(said)
    targets = tuple(dict.fromkeys(target for outcome in done for target in outcome.action.targets))
    return Handled(Action(intent.name, outer_slots(intent), targets), said)


def base_home(inventory: Path | None, with_sources: bool) -> Home:
    """The home of an inventory; without one the built-in home, of which only the lists stay where there are sources.

    Raises ConfigError for an unusable inventory.
    """
    home = load_inventory(inventory)
    if inventory is not None or not with_sources:
        return home
    return Home(devices=tuple(replace(device, area=None) for device in home.devices if device.domain == "todo"))


def open_house(
    inventory: Path | None, state_dir: Path | None, language: str = "en", *, sources: Sequence[Source] = ()
) -> House:
    """The house of an inventory (``None``: the built-in one), with its kept state (``None``: in memory only).

    With ``sources`` and without an inventory, nothing is simulated but the lists. Raises ConfigError for an unusable
    inventory.
    """
    home = base_home(inventory, bool(sources))
    if state_dir is None:
        return House(Registry(home), SimulatedBackend(), sources=sources, language=language)
    store = StateStore(state_dir / "home.json")
    kept = store.restore(home)
    own_names = OwnNames(state_dir / NAMES_FILE)
    return House(
        Registry(kept.home, kept.acts, own_names.names),
        SimulatedBackend(kept.memory),
        sources=sources,
        store=store,
        language=language,
        own_names=own_names,
    )
