"""Reads the sentences of one turn: their clauses, what is done on a condition or later, exceptions, and slips of the tongue."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from assistant.nlu.amounts import amount_wished
from assistant.nlu.clauses import Clause, Reader, read_sentence
from assistant.nlu.conditions import conditionals
from assistant.nlu.intents import OPPOSITE, QUESTIONS, ids_of
from assistant.nlu.joints import JOINT, preambles, reasons, without_asides
from assistant.nlu.left_out import excepting, left_out, split_except
from assistant.nlu.normalise import corrections, tidy, unslip
from assistant.nlu.past import Past
from assistant.nlu.recalled import Matching as Recallable
from assistant.nlu.recalled import with_owner
from assistant.nlu.run_ons import asked_parts
from assistant.nlu.talk import is_talk
from assistant.nlu.when import split_delay, split_lasting
from assistant.nlu.words import stretches
from assistant.types import Intent, JsonValue, TurnContext

_AT_THE_HOUR = re.compile(
    r"^(?:turn|switch|open|close|shut|lock|start|stop|put|lower|raise)\b.* at "
    r"(?:1[0-2]|[1-9]|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)$",
    re.I,
)
"""No amount: nobody wants a lamp at nine per cent."""
MOST_LATER = 4
MOST_NAME_WORDS = 5
_PLACING = re.compile(r"\b(?:in|at|inside|of|from)\b|'s\b", re.I)
_PLACED_LAST = re.compile(r" (?:in|at) (?:the |my |our )?[\w' ]+$", re.I)
_SO = re.compile(r",\s*(?:so )?|\s+so\s+", re.I)
_THEN = re.compile(r"\s*,?\s+(?:and then|then|and)\s+", re.I)


class ClauseReader(Recallable, Protocol):
    """Reads one clause; ``SentenceMatcher`` is one."""

    def match_clause(self, text: str, context: TurnContext, referents: Sequence[str] = ()) -> Intent | None: ...

    def match_verbatim(self, text: str, context: TurnContext, *, custom: bool = False) -> Intent | None: ...

    def match_slip(self, text: str, context: TurnContext, referents: Sequence[str] = ()) -> Intent | None: ...

    def find_devices(self, text: str, context: TurnContext | None = None) -> tuple[str, ...]: ...

    def kinds_in(self, place: Mapping[str, JsonValue]) -> frozenset[str]: ...

    def find_area(self, text: str) -> str | None: ...

    def find_floor(self, text: str) -> str | None: ...


class SentenceReader:
    """Reads the sentences of one turn."""

    def __init__(
        self, context: TurnContext, matcher: ClauseReader, referents: Sequence[str], past: Past | None = None
    ) -> None:
        self.context = context
        self.matcher = matcher
        self._referents = referents
        self._past = past
        self._slips = False
        self._repairing = False

    def about(self, text: str, referents: Sequence[str] | None) -> tuple[Clause, ...]:
        """A sentence in which "it" and "them" mean ``referents``."""
        meant = self._referents if referents is None else referents
        return SentenceReader(self.context, self.matcher, meant).sentence(text)

    def clause(self, text: str, about: Sequence[str] | None = None) -> Intent | None:
        """One clause, with what it makes an exception of."""
        meant = self._referents if about is None else about
        found = self._placed_right(text, self.matcher.match_clause(text, self.context, meant))
        if found is None and self._repairing:
            found = self._wished(text)
        if found is None and self._slips:
            found = self.matcher.match_slip(text, self.context, meant)
        return found if found is not None else self._with_exception(text, meant)

    def _wished(self, text: str) -> Intent | None:
        return amount_wished(text, self.matcher, lambda said: self.matcher.match_clause(said, self.context))

    def _placed_right(self, text: str, found: Intent | None) -> Intent | None:
        """ "The kitchen light the hall light" is two things, and not one in a room that it is not in."""
        if found is None or not isinstance(found.slots.get("device_id"), str) or "area" not in found.slots:
            return found
        device = self.matcher.device(str(found.slots["device_id"]))
        elsewhere = device is not None and device.area != found.slots["area"]
        return None if elsewhere and (not _PLACING.search(text) or text.count("'s") > 1) else found

    def verbatim(self, text: str, *, custom: bool = False) -> tuple[Clause, ...]:
        """The sentence with its politeness, which may be part of one of the user's own."""
        found = self.matcher.match_verbatim(text, self.context, custom=custom)
        return (Clause(text, found),) if found is not None else ()

    def sentence(self, text: str) -> tuple[Clause, ...]:
        """All clauses, or one conditional or delayed intent; empty where it is not understood."""
        if _AT_THE_HOUR.match(text):
            later = self._delayed(text)
            if later:
                return tuple(Clause(text, intent) for intent in later)
        owned = with_owner(text, self._past.said if self._past is not None else "")
        clauses = (read_sentence(owned, self.clause) if owned != text else ()) or read_sentence(text, self.clause)
        clauses = clauses or self._each_kind(text) or self._but_left(text)
        if clauses:
            return self._placed_by_last(clauses)
        wrapped = self._conditional(text) or self._delayed(text) or self._lasting(text)
        wrapped = wrapped or self._and_later(text) or self._each_later(text)
        return tuple(Clause(text, intent) for intent in wrapped)

    def _placed_by_last(self, clauses: tuple[Clause, ...]) -> tuple[Clause, ...]:
        """ "Lights off and curtains closed in the living room": the place at the end is that of all that have none."""
        last = clauses[-1]
        if len(clauses) < 2 or not _PLACED_LAST.search(last.text):
            return clauses
        ids = last.intent.slots.get("device_id")
        device = self.matcher.device(ids) if isinstance(ids, str) else None
        area = last.intent.slots.get("area") or (device.area if device is not None else None)
        return tuple(_in_area(clause, area) for clause in clauses) if isinstance(area, str) else clauses

    def _but_left(self, text: str) -> tuple[Clause, ...]:
        """ "Kill the TV and the big light but keep the fairy lights": several commands with one exception."""
        parts = split_except(text)
        clauses = read_sentence(parts[0], self.clause) if parts is not None and parts[1] else ()
        if parts is None or not clauses or any(clause.intent.name in QUESTIONS for clause in clauses):
            return ()
        left = left_out(parts[1], parts[0], self.matcher, self.context)
        if left is None or any(set(ids_of([clause.intent])) & set(left[0]) for clause in clauses):
            return ()  # "turn on the lamp but not the lamp"
        return tuple(
            clause if ids_of([clause.intent]) else replace(clause, intent=excepting(clause.intent, *left))
            for clause in clauses
        )

    def _each_kind(self, text: str) -> tuple[Clause, ...]:
        """ "Turn them off", of things of several kinds: each kind by itself."""
        by_domain: dict[str, list[str]] = {}
        for device_id in self._referents:
            by_domain.setdefault(device_id.partition(".")[0], []).append(device_id)
        if len(by_domain) < 2:
            return ()
        found = [self.matcher.match_clause(text, self.context, ids) for ids in by_domain.values()]
        understood = [intent for intent in found if intent is not None and "device_id" in intent.slots]
        return tuple(Clause(text, intent) for intent in understood) if len(understood) == len(found) else ()

    def repaired(self, text: str) -> tuple[Clause, ...]:
        """The sentence without slips of the tongue."""
        self._repairing = True
        candidates = (text, *unslip(text), *without_asides(text), *corrections(text))
        for candidate in candidates:
            clauses = self.sentence(tidy(candidate))
            if clauses:
                return clauses
        return self._after_preamble(text) or self._before_reason(text) or self._misheard(candidates)

    def _misheard(self, texts: Iterable[str]) -> tuple[Clause, ...]:
        """With names that only sound like what was said."""
        self._slips = True
        for text in texts:
            clauses = read_sentence(text, self.clause)
            if clauses:
                return clauses
        self._slips = False
        return ()

    def _after_preamble(self, text: str) -> tuple[Clause, ...]:
        """``no one is playing any more, shut it down``: a command after the reason for it."""
        for preamble, command in preambles(text):
            meant = self._mentioned(preamble)
            clauses = read_sentence(command, self._with(meant or None))
            if clauses and not any(clause.intent.name in QUESTIONS for clause in clauses):
                return clauses
        for told in _SO.finditer(text):
            wished = self._wished(text[told.end() :])
            if wished is not None and _says_of_what(wished):
                return (Clause(text[told.end() :], wished),)
        for command in asked_parts(text) if not is_talk(text) else ():
            clauses = read_sentence(command, self.clause)
            if clauses and all(_says_of_what(clause.intent) for clause in clauses):
                return clauses
        return ()

    def _before_reason(self, text: str) -> tuple[Clause, ...]:
        """``put the kettle on, I'm gasping``: a command before the reason for it."""
        for command, _reason in reasons(text):
            clauses = read_sentence(command, self.clause)
            if clauses and not any(clause.intent.name in QUESTIONS for clause in clauses):
                return clauses
        return ()

    def _mentioned(self, text: str) -> tuple[str, ...]:
        """The devices of the longest name in a text."""
        words = text.split()
        for start, end in stretches(len(words), MOST_NAME_WORDS):
            ids = self.matcher.find_devices(" ".join(words[start:end]), self.context)
            if len(ids) == 1:
                return ids
        return ()

    # --- what stands around a command -------------------------------------------------------------------

    def _conditional(self, text: str) -> tuple[Intent, ...]:
        for parts in conditionals(text):
            condition = self.clause(parts.condition)
            if condition is None or condition.name not in QUESTIONS:
                continue
            referents = ids_of([condition]) or None
            command = [clause.intent for clause in read_sentence(parts.command, self._with(referents))]
            command = command or [c.intent for c in self.repaired(parts.command)]
            if not command or any(intent.name in QUESTIONS for intent in command):
                continue
            slots: dict[str, JsonValue] = {
                "if": plain_intent(condition),
                "then": [plain_intent(intent) for intent in command],
            }
            if parts.unless:
                slots["unless"] = True
            return (Intent("AssistIf", slots),)
        return ()

    def _with(self, referents: Sequence[str] | None) -> Reader:
        """A reader to which "it" means ``referents``, where a clause before says nothing else."""

        def read(text: str, about: Sequence[str] | None = None) -> Intent | None:
            return self.clause(text, about if about is not None else referents)

        return read

    def _and_later(self, text: str) -> tuple[Intent, ...]:
        """``turn on the lamp, then in five minutes turn it off``; ``… and if it is cold, turn on the heater``."""
        for joint in _THEN.finditer(text):
            now = self._acts(text[: joint.start()])
            about = ids_of(now[-1:]) or None
            rest = text[joint.end() :].strip()
            later = (self._delayed(rest, about) or self._conditional(rest)) if now else ()
            if later:
                return (*now, *later)
        return ()

    def _each_later(self, text: str) -> tuple[Intent, ...]:
        """``start the washer at nine and the dryer at ten``: each part has a time of its own, or is for now."""
        parts = [part.strip(" ,") for part in JOINT.split(text)]
        verb = parts[0].split()
        found: list[tuple[Intent, ...]] = []
        for part in parts if 1 < len(parts) <= MOST_LATER else ():
            said = (part, *(f"{' '.join(verb[:length])} {part}" for length in (2, 1) if found))
            readings = (*(self._delayed(one) for one in said), *(self._acts(one) for one in said))
            found.append(next(filter(None, readings), ()))
        later = any(intent.name == "AssistDelayed" for acts in found for intent in acts)
        return tuple(intent for acts in found for intent in acts) if later and all(found) else ()

    def _delayed(self, text: str, about: Sequence[str] | None = None) -> tuple[Intent, ...]:
        delayed = split_delay(text, self.context.now)
        command = self._acts(delayed.command, about) if delayed is not None else ()
        if delayed is None or not command:
            return ()
        slots: dict[str, JsonValue] = {
            "at": delayed.at.isoformat(),
            "command": delayed.command,
            "then": [plain_intent(intent) for intent in command],
        }
        if delayed.delay_s is not None:
            slots["delay_s"] = delayed.delay_s
        return (Intent("AssistDelayed", slots),)

    def _lasting(self, text: str) -> tuple[Intent, ...]:
        """``turn on the heater for ten minutes``: now, and the opposite later."""
        lasting = split_lasting(text)
        command = self._acts(lasting.command) if lasting is not None else ()
        if lasting is None or len(command) != 1 or command[0].name not in OPPOSITE:
            return ()
        at = self.context.now + dt.timedelta(seconds=lasting.seconds)
        back = replace(command[0], name=OPPOSITE[command[0].name])
        slots: dict[str, JsonValue] = {"at": at.isoformat(), "delay_s": lasting.seconds, "then": [plain_intent(back)]}
        return (command[0], Intent("AssistDelayed", slots))

    def _acts(self, text: str, about: Sequence[str] | None = None) -> tuple[Intent, ...]:
        intents = tuple(clause.intent for clause in read_sentence(tidy(text), self._with(about)))
        return () if any(intent.name in QUESTIONS for intent in intents) else intents

    # --- exceptions -------------------------------------------------------------------------------------

    def _with_exception(self, text: str, referents: Sequence[str]) -> Intent | None:
        parts = split_except(text)
        if parts is None or not parts[1]:
            return None
        base, names = parts
        intent = self.matcher.match_clause(base, self.context, referents)
        if intent is None or intent.name in QUESTIONS or isinstance(intent.slots.get("device_id"), str):
            return None
        left = left_out(names, base, self.matcher, self.context)
        return excepting(intent, *left) if left is not None else None


def _says_of_what(intent: Intent) -> bool:
    """Whether an act names what it is about, and so is meant though it stands beside what is told."""
    return intent.name not in QUESTIONS and not {"device_id", "area", "floor"}.isdisjoint(intent.slots)


def _in_area(clause: Clause, area: str) -> Clause:
    """The clause in that room, where it has no place of its own."""
    slots = {key: value for key, value in clause.intent.slots.items() if key != "here"}
    if len(slots) == len(clause.intent.slots) or any(key in slots for key in ("name", "device_id", "area", "floor")):
        return clause
    return replace(clause, intent=replace(clause.intent, slots={**slots, "area": area}))


def plain_intent(intent: Intent) -> dict[str, JsonValue]:
    """An intent as plain values, for the slots of another one."""
    row: dict[str, JsonValue] = {"intent": intent.name, "slots": dict(intent.slots)}
    return {**row, "response": intent.response} if intent.response is not None else row
