"""What the house's sentences and names do for the ear: a grammar for the decoder, and what counts as a sentence."""

from __future__ import annotations

import gc
import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import TYPE_CHECKING

from assistant.asr.automaton import Automaton, build_automaton
from assistant.asr.fillers import FILLERS
from assistant.asr.graph import Network
from assistant.asr.lexicon import Dictionary, Lexicon
from assistant.asr.matching import Grammar
from assistant.asr.network import Sentences, compile_network
from assistant.asr.repair import Repairer
from assistant.asr.sampling import SamplingPlan, sample_sentences

if TYPE_CHECKING:
    from hassil.intents import Intents, SlotList

UNKNOWN_WORD = "[unk]"
POLITE_BEFORE = (
    "please",
    "can you",
    "could you",
    "would you",
    "can you please",
    "could you please",
    "hey",
    "okay",
    "now",
)
POLITE_AFTER = ("please", "thanks", "thank you", "for me", "now")
CONNECTORS = ("and", "and then", "then")


@dataclass(frozen=True, slots=True)
class Bias:
    """A compiled bias. Immutable, so that a recogniser can be given another one at any time.

    ``decoder_grammar``: Vosk's JSON list of sentences. ``sentences``: how many of them. ``unsayable``: written words
    of names and sentences that have no sound in the dictionary (sentences with them are not expected by ear).
    """

    decoder_grammar: str
    grammar: Grammar
    repairer: Repairer
    sentences: int = 0
    unsayable: tuple[str, ...] = ()


def compile_template_bias(
    intents: Intents,
    slot_lists: Mapping[str, SlotList],
    lexicon: Lexicon,
    *,
    plan: SamplingPlan | None = None,
    fillers: Mapping[str, Sequence[str]] = FILLERS,
    also: Sequence[Sentences] = (),
) -> Bias:
    """The bias of hassil's sentence templates with the house's names, areas and floors as ``slot_lists``.

    ``also``: other sentences, that need no device.
    """
    with _uncollected():
        return _compiled(compile_network(intents, slot_lists, fillers, also), lexicon, plan or SamplingPlan())


@contextmanager
def _uncollected() -> Iterator[None]:
    """Without the collector of cycles: it goes over each hundred thousand new objects again and again, for nothing."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _compiled(network: Network, lexicon: Lexicon, plan: SamplingPlan) -> Bias:
    polite = [tuple(phrase.split()) for phrase in (*POLITE_BEFORE, *POLITE_AFTER)]
    connectors = [tuple(phrase.split()) for phrase in CONNECTORS]
    sampled, unsaid = sample_sentences(network, lexicon, plan, polite=polite, connectors=connectors)
    phrases = dict.fromkeys(" ".join(words) for words in sampled)
    return bias_of(
        build_automaton(network, lexicon),
        json.dumps([*phrases, UNKNOWN_WORD]),
        sentences=len(phrases),
        unsayable=tuple(sorted(unsaid)),
    )


def bias_of(automaton: Automaton, decoder_grammar: str, *, sentences: int, unsayable: tuple[str, ...]) -> Bias:
    """The bias of what was compiled."""
    grammar = Grammar(automaton, before=POLITE_BEFORE, after=POLITE_AFTER, connectors=CONNECTORS)
    return Bias(decoder_grammar, grammar, Repairer(grammar), sentences, unsayable)


@dataclass(frozen=True, slots=True)
class Pronunciation:
    """How a name is expected to be said; ``spoken`` is empty where the dictionary has no sound for it at all.

    ``guessed``: the dictionary lacks a word of it, and words that sound like it stand in.
    """

    name: str
    spoken: str
    guessed: bool


def pronunciations(names: Iterable[str], dictionary: Dictionary) -> list[Pronunciation]:
    """How each name is expected to be said, for whoever wants to know which need an alias."""
    found = []
    for name in dict.fromkeys(names):
        lexicon = Lexicon(dictionary)
        spoken = lexicon.spoken_phrase(name)
        found.append(Pronunciation(name, " ".join(spoken or ()), bool(lexicon.approximated)))
    return found
