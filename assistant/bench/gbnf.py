"""A trie as a grammar of llama.cpp, one rule for each place with several ways on: the least that its sampler has to look at."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence

from assistant.llm.choice import TrieNode, build_trie

Spell = Callable[[list[int]], str]


def token_grammar(trie: TrieNode) -> str:
    """The grammar of exactly the token sequences of ``trie``."""
    return _grammar(trie, lambda tokens: " ".join(f"<[{token}]>" for token in tokens))


def text_grammar(choices: Sequence[str]) -> str:
    """The grammar of some texts, in whatever tokens they are spelt."""
    return _grammar(
        build_trie([[ord(letter) for letter in text] for text in choices]),
        lambda letters: json.dumps("".join(map(chr, letters))),
    )


def _grammar(trie: TrieNode, spelt: Spell) -> str:
    rules = {"root": ""}
    open_nodes = [("root", trie)]
    while open_nodes:
        name, node = open_nodes.pop()
        ways = [] if node.choice is None else ['""']
        for first, following in node.next.items():
            forced, end = [first], following
            while len(end.next) == 1 and end.choice is None:
                ((step, end),) = end.next.items()
                forced.append(step)
            way = spelt(forced)
            if end.next:
                inner = f"n{len(rules)}"
                rules[inner] = ""
                open_nodes.append((inner, end))
                way += f" {inner}"
            ways.append(way)
        rules[name] = " | ".join(ways)
    return "\n".join(f"{name} ::= {rule}" for name, rule in rules.items())
