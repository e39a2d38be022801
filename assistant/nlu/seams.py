"""Where one command ends and the next begins, where neither a comma nor an "and" says so: as a recogniser writes it."""

from __future__ import annotations

import re
from collections.abc import Iterator

MOST_SEAMS = 6
_VERB = re.compile(
    r"(?:then )?(?:turn|switch|open|close|shut|lock|unlock|set|dim|start|stop|pause|mute|lower|raise|arm|activate|put|play|make|add)\b",
    re.IGNORECASE,
)
_PARTICLES = ("on", "off", "up", "down", "open", "closed", "shut", "locked", "unlocked")
_NO_BREAK = frozenset("to and then the a an not don't please or of can could you would will i we if when".split())
_GOES_ON = frozenset("in at to for the and please again too by until it them or than from as over here there".split())
_AFTER_ARTICLE = frozenset(
    "in at on off to of for from and the up down with by over under near turn switch open close shut lock set".split()
)
_SHARED = re.compile(r"^(?P<first>.*?)\b(?P<way>(?:on|off|up|down)(?: (?:at|to) [\w ]+? percent)?)\b", re.IGNORECASE)


def seams(text: str) -> Iterator[tuple[str, str]]:
    """(head, tail) at every place where a command may begin or may have ended, at most ``MOST_SEAMS``."""
    found = 0
    words = [(match.start(), match[0].lower()) for match in re.finditer(r"\S+", text)]
    for place in range(1, len(words)):
        before, after = words[place - 1][1], words[place][1]
        begins = _VERB.match(text, words[place][0]) is not None and before not in _NO_BREAK
        ended = before in _PARTICLES and after not in _GOES_ON and place > 1
        listed = after in ("the", "my", "our") and before not in _AFTER_ARTICLE and place > 2
        if begins or ended or listed:
            yield text[: words[place][0]].strip(), text[words[place][0] :].strip()
            found += 1
            if found == MOST_SEAMS:
                return


def shared_way(tail: str) -> str | None:
    """The "off" that ends the next clause, and may be the one before's too: "the TV | the lamp off and …"."""
    match = _SHARED.match(tail)
    return match["way"].lower() if match is not None and match["first"].strip() else None
