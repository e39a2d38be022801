"""A compiled bias as bytes, and what it was compiled from as a key: the same house is compiled once."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, Any

import msgspec

from assistant.asr.automaton import Automaton
from assistant.asr.bias import Bias, bias_of
from assistant.asr.fillers import FILLERS
from assistant.asr.network import Sentences

if TYPE_CHECKING:
    from hassil.intents import Intents, SlotList

MAGIC = b"assistant ear 1\n"
COMPILED_BY = "automaton bias fillers graph lexicon network numbers packing sampling sounds".split()


class _Packed(msgspec.Struct, frozen=True):
    decoder_grammar: str
    automaton: Automaton
    sentences: int
    unsayable: tuple[str, ...]


def pack(bias: Bias) -> bytes:
    """The bias with a checksum before it."""
    packed = _Packed(bias.decoder_grammar, bias.grammar.automaton, bias.sentences, bias.unsayable)
    data = msgspec.msgpack.encode(packed)
    return MAGIC + hashlib.sha256(data).digest() + data


def unpack(data: bytes) -> Bias | None:
    """The bias of ``pack``; ``None`` where the bytes are not as they were written."""
    checksum, packed = data[len(MAGIC) : len(MAGIC) + 32], data[len(MAGIC) + 32 :]
    if not data.startswith(MAGIC) or hashlib.sha256(packed).digest() != checksum:
        return None
    try:
        known = msgspec.msgpack.decode(packed, type=_Packed)
    except msgspec.MsgspecError:
        return None
    return bias_of(known.automaton, known.decoder_grammar, sentences=known.sentences, unsayable=known.unsayable)


def key_of(
    intents: Intents, slot_lists: Mapping[str, SlotList], dictionary: str, also: Sequence[Sentences] = ()
) -> str:
    """A hash of all that a bias is compiled from, the compiler too; ``dictionary`` tells the recogniser's models apart."""
    digest = hashlib.sha256(f"{_compiler()}\n{dictionary}\n{FILLERS!r}\n".encode())
    for line in _lines(intents, {**intents.slot_lists, **slot_lists}):
        digest.update(line.encode() + b"\n")
    for more in also:
        digest.update(f"also {sorted(more.open)}\n".encode())
        for line in _lines(more.intents, more.intents.slot_lists):
            digest.update(line.encode() + b"\n")
    return digest.hexdigest()


@cache
def _compiler() -> str:
    """A hash of the code that compiles: what another version made is not taken."""
    digest = hashlib.sha256()
    for name in COMPILED_BY:
        digest.update((resources.files("assistant.asr") / f"{name}.py").read_bytes())
    return digest.hexdigest()


def _lines(intents: Intents, lists: Mapping[str, SlotList]) -> Iterator[str]:
    """Everything that decides what can be said, as text."""
    yield from (f"rule {name} {rule.text}" for name, rule in intents.expansion_rules.items())
    for name, values in lists.items():
        yield from _list_lines(name, values)
    for name, intent in intents.intents.items():
        for data in intent.data:
            yield f"intent {name} {data.requires_context} {data.excludes_context}"
            yield from data.sentence_texts
            yield from (f"own rule {rule} {body.text}" for rule, body in data.expansion_rules.items())
            for key, values in data.slot_lists.items():
                yield from _list_lines(f"own {key}", values)


def _list_lines(name: str, values: SlotList) -> Iterator[str]:
    from hassil.intents import RangeSlotList, TextSlotList

    yield f"list {name} {type(values).__name__}"
    if isinstance(values, RangeSlotList):
        yield f"{values.start} {values.stop} {values.step} {values.fraction_type}"
    elif isinstance(values, TextSlotList):
        for value in values.values:
            context = {key: said for key, said in (value.context or {}).items() if key != "device_id"}
            yield f"{_template(value.text_in)} {context}"


def _template(expression: Any) -> str:
    """An expression as text, equal for equal ones only."""
    text = getattr(expression, "original_text", None)
    if text is not None:
        return str(text)
    items = getattr(expression, "items", None)
    if items is not None:
        optional = getattr(expression, "is_optional", False)
        return f"{type(expression).__name__}{optional}[{'|'.join(map(_template, items))}]"
    return f"{type(expression).__name__}<{getattr(expression, 'list_name', '')}{getattr(expression, 'rule_name', '')}>"
