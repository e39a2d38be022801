"""One conversation: what was done last, what was asked, and sentences read in the light of that."""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from assistant.nlu.answers import answer, filled, is_thing, with_rest
from assistant.nlu.clauses import Clause, domains_of, taken_up
from assistant.nlu.colloquial import advice
from assistant.nlu.followups import follow, opener_off
from assistant.nlu.intents import QUESTIONS, chosen
from assistant.nlu.joints import starts_command
from assistant.nlu.normalise import tidy
from assistant.nlu.past import Past, after_turn
from assistant.nlu.reading import ClauseReader, SentenceReader
from assistant.nlu.recalled import recalled, referents_of, together
from assistant.types import Action, Ask, Intent, NoIntent, TurnContext, Understanding, Understood

MEMORY_S = 180.0
_NEGATED = re.compile(
    r"^(?:please )?(?:(?:don't|do not|dont)(?! (?:let me )?forget\b)|never(?! ?mind)|"
    r"you (?:shouldn't|should not|must not)|no need to)\b",
    re.I,
)
_ONE_OF = re.compile(
    r"^(?:(?:and|also|now|then|not)\s+)*(?:the\s+)?(?:[\w']+\s+){1,3}ones?(?:\s+(?:too|as well|please))?$", re.I
)

_KEEPS = re.compile(r"^(?:just )?(?:leave|keep) ", re.IGNORECASE)


class Dialogue:
    """Remembers one conversation. ``resolve`` reads a sentence in the light of it."""

    def __init__(self) -> None:
        self._past: Past | None = None
        self._now: dt.datetime | None = None
        self._read_as: tuple[Clause, ...] = ()

    def resolve(
        self, text: str, context: TurnContext, matcher: ClauseReader, *, repair: bool = True, plain: bool = True
    ) -> Understanding:
        """The reading of ``text``, or NoIntent; without ``repair`` its words are taken as they are.

        Without ``plain`` it is known that they say nothing as they are: only the repairs are tried.
        """
        self._now, self._read_as = context.now, ()
        past = self._recent(context.now)
        sentence = together(tidy(text)) if past is not None else tidy(text)
        asked_for = past.ask if past is not None and past.ask is not None and past.ask.missing else None
        if asked_for is not None and repair and is_thing(sentence):
            return with_rest(filled(sentence, asked_for), asked_for)
        if asked_for is not None:
            past = None  # what else is said is a sentence of its own
        if plain and past is not None and past.ask is not None:
            answered = answer(sentence.lower(), past.ask, matcher.describe)
            answered = answered or answer(text.lower().strip(" .!"), past.ask, matcher.describe)
            if answered is not None:
                return with_rest(answered, past.ask)
            if len(past.ask.candidates) == 1 and self._past is not None:
                self._past = replace(self._past, ask=None)  # who speaks of something else did not say yes
        if _NEGATED.match(sentence):
            return NoIntent("told not to")
        reading = SentenceReader(context, matcher, referents_of(sentence, past) if past is not None else (), past)
        clauses = self._plain(text, sentence, past, reading) if plain else ()
        clauses = clauses or (reading.repaired(sentence) if repair else ())
        if not clauses:
            return NoIntent("no template matches")
        self._read_as = clauses
        return Understood(tuple(_kept(clause, _about_past(clause, past, reading)) for clause in clauses), "match")

    @staticmethod
    def _plain(text: str, sentence: str, past: Past | None, reading: SentenceReader) -> tuple[Clause, ...]:
        """The words as they are, by themselves or after what was said before."""
        clauses = reading.verbatim(text, custom=True)
        if not clauses and past is not None:
            clauses = recalled(sentence, text, past, reading, reading.matcher, reading.about)
            if not clauses and _ONE_OF.match(sentence):
                clauses = follow(sentence, past, reading)  # "the bedroom one" is no number
        clauses = clauses or reading.sentence(sentence) or reading.verbatim(text)
        bare = opener_off(sentence) if not clauses and past is not None else sentence
        if bare != sentence and (starts_command(bare) or _KEEPS.match(bare)):
            clauses = reading.sentence(bare)  # "no, leave them on"
        question = advice(sentence) if not clauses else None
        clauses = clauses or (reading.sentence(question) if question is not None else ())
        return clauses or (follow(sentence, past, reading) if past is not None else ())

    def remember(self, text: str, intents: tuple[Intent, ...], actions: tuple[Action, ...], ask: Ask | None) -> None:
        """Keep what was done, and what was asked. A sentence that did nothing leaves the memory as it was."""
        if not intents and ask is None:
            return
        past = self._past
        said = self._read_as[-1].text if self._read_as else tidy(text)
        if past is not None and past.ask is not None and not self._read_as:
            said = past.said  # an answer: what was asked about is still the sentence
        at = self._now or dt.datetime.now().astimezone()
        self._past = after_turn(past, at, said, intents, actions, ask)

    def _recent(self, now: dt.datetime) -> Past | None:
        if self._past is None or abs((now - self._past.at).total_seconds()) > MEMORY_S:
            return None
        return self._past


def _kept(clause: Clause, intent: Intent) -> Intent:
    """ "Leave the lamp on" is no wish to change what is so already."""
    if intent.name not in ("HassTurnOn", "HassTurnOff") or not _KEEPS.match(clause.text):
        return intent
    return replace(intent, slots={**intent.slots, "keep": True})


def _about_past(clause: Clause, past: Past | None, reading: SentenceReader) -> Intent:
    """A command that names nothing is about what was spoken of last, if that can do it: "a bit brighter"."""
    intent = clause.intent
    if past is None or not past.targets or intent.name in QUESTIONS:
        return intent
    earlier = _of_domains(past.targets, domains_of(intent))
    if earlier is None:
        return intent
    if intent.slots.get("area") == reading.context.area and "device_id" not in intent.slots:
        # Its room is the microphone's only because nothing else was said.
        if not reading.matcher.assumes_room(clause.text, reading.context):
            return intent
        intent = replace(intent, slots={key: value for key, value in intent.slots.items() if key != "area"})
    return taken_up(intent, earlier)


def _of_domains(targets: Iterable[str], domains: Sequence[str]) -> Intent | None:
    ids = [target for target in targets if target.partition(".")[0] in domains]
    return Intent("", chosen(ids)) if ids else None
