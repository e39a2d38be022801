"""What people say instead of a plain command, rewritten as one: "pop the telly on", "make sure the back door's locked"."""

from __future__ import annotations

import re

from assistant.nlu.ordered import in_order

_THING = r"(?:the|my|our|that|those|all|both) "
_COLLOQUIAL = re.compile(
    r"^(?:pop|popp|stick|bung|chuck|whack|flick|slap|snap|have|get)(?:ing)? "
    rf"(?P<what>{_THING}.+?) (?P<way>on|off)$",
    re.IGNORECASE,
)
_ENSURE = re.compile(
    r"^(?:(?:make|be|making) (?:absolutely )?(?:sure|certain)|ensure|see to it)(?: that)? "
    rf"(?P<what>(?:{_THING}|every )?[\w' ]+?)(?: is| are|'s|'re) (?:all )?"
    r"(?P<state>on|off|lit|running|locked|closed|shut|open|unlocked)$",
    re.IGNORECASE,
)
_ENSURED = {
    "on": "turn on", "lit": "turn on", "running": "turn on",
    "off": "turn off", "locked": "lock", "closed": "close", "shut": "close", "open": "open", "unlocked": "unlock",
}  # fmt: skip
_AMOUNT = r"(?P<amount>(?:\d+|[a-z]+(?:[ -](?:one|two|three|four|five|six|seven|eight|nine))?)(?: percent| per cent|%| degrees)?)"
_CHANGED_TO = re.compile(
    rf"^(?:put|bump|take|bring|get|nudge|crank|knock|stick|whack) (?P<what>it|them|that) (?:back |up |down )*to {_AMOUNT}$",
    re.IGNORECASE,
)
_UNLOCKED = re.compile(
    r"^(?:undo|release|draw back|take off) the (?:lock|bolt|latch|deadbolt) (?:on|of|from) (?P<what>.+)$", re.IGNORECASE
)
_OUT = re.compile(
    r"^(?:(?:i|we) (?:want|need|would like)|(?:i'd|we'd) like) (?P<what>(?:the|all|every|my|our)\b[\w' ]*?"
    r"\b(?:light|lamp)s?(?: in [\w' ]+)?) out$",
    re.IGNORECASE,
)
_UNWANTED = re.compile(
    rf"^(?:i|we) (?:don't|do not|no longer) (?:want|need) (?P<what>{_THING}[\w' ]+?) (?:on|running|going|playing|\w+ing(?: on)?)"
    r"(?: any ?more| any longer| now| right now)?$",
    re.IGNORECASE,
)
_DID_SOMEONE = re.compile(
    r"^(?P<did>did|has|have) (?P<who>(?:my |our )?(?!i |we |you |he |she |they |it |the |any|some|every|no one|nobody)[a-z'-]+) "
    r"(?P<done>(?:turn|switch|leave|close|lock|shut|open|forget|remember)\b|"
    r"(?:turned|switched|left|closed|locked|shut|opened|forgotten|remembered)\b)(?P<rest> .+)$",
    re.IGNORECASE,
)
_WHOSE = re.compile(r"\b(?:his|her|their)\b", re.IGNORECASE)
_ADVICE = re.compile(
    r"^(?:shall|should|ought) (?:i|we) (?:to )?(?:also |just |better )?"
    r"(?P<verb>lock|close|shut|open|unlock|turn on|turn off|switch on|switch off) "
    r"(?P<what>(?:the|my|our|all the|both the) [\w' ]+?)(?: up| now| then| tonight| yet)*$",
    re.IGNORECASE,
)
_ADVISED = {"lock": "locked", "close": "closed", "shut": "closed", "open": "open", "unlock": "unlocked"}


def usual(text: str) -> str:
    """A tidied sentence as the command that it stands for, or as it is."""
    text = in_order(text)
    colloquial = _COLLOQUIAL.match(text)
    if colloquial is not None:
        return f"turn {colloquial['what']} {colloquial['way'].lower()}"
    changed = _CHANGED_TO.match(text)
    if changed is not None:
        return f"set {changed['what']} to {changed['amount']}"
    unlocked = _UNLOCKED.match(text)
    if unlocked is not None:
        return f"unlock {unlocked['what']}"
    unwanted = _UNWANTED.match(text) or _OUT.match(text)
    if unwanted is not None:
        return f"turn off {unwanted['what']}"
    did = _DID_SOMEONE.match(text)
    if did is not None:
        whose = _WHOSE.sub(f"{did['who']}'s", did["rest"])
        return f"{did['did']} someone {did['done']}{whose}"
    ensured = _ENSURE.match(text)
    return f"{_ENSURED[ensured['state'].lower()]} {ensured['what']}" if ensured is not None else text


def advice(text: str) -> str | None:
    """The question that "shall I lock the doors" is answered by: "are the doors locked". ``None``: no such sentence.

    The speaker asks what to do, so nothing is done; the state of things is the honest answer.
    """
    asked = _ADVICE.match(text)
    if asked is None:
        return None
    verb = asked["verb"].lower()
    state = _ADVISED.get(verb, verb.rpartition(" ")[2])
    return f"{'are' if asked['what'].lower().endswith('s') else 'is'} {asked['what']} {state}"
