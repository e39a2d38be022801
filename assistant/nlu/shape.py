"""The shape of a sentence beside its subject: remarks that are near to a wish in meaning and are none in form.

"Saunas are healthy" is near to "heat up the sauna", "Ben slept" to "Ben wants to sleep", "the smell is gone" to "it smells". An
embedding sees what a sentence is about and hardly how it is meant; so a phrasing counts only where both have the same shape.
"""

from __future__ import annotations

import re
from collections.abc import Collection

GENERIC, FEELING, PAST, DOING, BUSY, TO_YOU, ELSEWHERE = (
    "generic", "feeling", "past", "doing", "busy", "to you", "elsewhere",
)  # fmt: skip

_NOT_BARE = frozenset(
    """
    the a an this that these those my our your his her its their some any no all every each both such i we you he she
    it they there here who what which when where why how whose everybody everyone everything somebody someone
    something nobody anybody anyone none one people please let lets can could would will shall should may might must
    do does did don't dont is are was were am have has had not never too so very more less enough and or but if
    nothing make show pause itd thats for in on at to of from with
    """.split()
)
_VERB = (
    r"(?:is|are|was|were|needs?|comes?|takes?|makes?|gives?|keeps?|costs?|means?|has|have|goes|sells?|uses?|tastes?|smells|looks|"
    r"sounds?|feels?|helps?|works?|lasts?|stinks?|spreads?|sings?|lives?|adds?|grows?|eats?|drinks?|can|must|should|will)"
)
_BARE_SUBJECT = re.compile(
    r"^(?P<first>[a-z]+)"
    r"(?P<more>(?: (?!(?:the|a|an|my|our|it|me|us|this|that|some|i|we|you|no|nobody|someone|somebody)\b)[a-z]+){0,3}?) "
    rf"{_VERB} (?!me\b|us\b)"
)
_HERE_AND_NOW = re.compile(r"\b(?:the|my|our|this|here|tonight|now|today|me|us|i|we|over|everywhere)\b")
_ANY_ONE = re.compile(
    r"^an? (?:\w+ )?\w+ (?:adds?|uses|costs?|makes|takes|gives|keeps|helps|lasts|works|comes|means|saves|brings|looks|sounds|can|should|"
    r"is an?|is (?:good|bad|nice|expensive|cheap|useful|dangerous|handy|healthy|better|worse))\b"
)
_MINE = re.compile(r"\b(?:is|are) (?:my|our|his|her|their)\b")
_FEELING = re.compile(
    r"^(?:i|we) (?:really |just |do |quite |always )?(?:love|like|enjoy|adore|prefer|hate|dislike|miss|remember|believe|doubt|fancied|"
    r"think|guess|suppose|hope|admire|collect|own)\b"
)
_PAST_FORMS = (
    "slept|ate|drank|came|ran|fell|found|got|lost|met|sang|saw|spent|swam|taught|wore|won|began|knew|grew|flew|drove|broke|bought|"
    "built|felt|froze|left|forgot|heard|burnt|made|sat|stood|took|gave|went|told|thought|sold|kept|rode|woke|spoke|wrote|paid|said|"
    "stole|blew|chose|threw|fed|led|held|hid|laid|lit|sent|shook|shot|shone|stuck|struck|swept|understood|learnt|dreamt|cut"
)
_PAST = re.compile(
    rf"^(?:(?:the|a|an|my|our|his|her|their|some|this|that) (?:(?!(?:is|are|am|be|has|have|had|been|bit|\w+s)\b)\w+ ){{1,2}}?|"
    rf"(?:(?:i|we|you|he|she|it|they|somebody|someone|nobody) |(?!(?:is|are|am|be|have)\b)\w*[^s\W] ))"
    rf"(?<=\W)(?:{_PAST_FORMS}|(?!need|breed|feed|speed|bleed|shed|embed)\w{{2,}}ed)\b(?! up$)"
)
_DOING = re.compile(
    r"^(?:i|we|he|she|they|[a-z]+) (?:am|are|is) (?!going|about|leaving|having|getting|freezing|coming|heading|feeling)\w+ing "
    r"(?!in\b|on\b|here\b|to death|like\b|up\b|outside\b|off\b|out\b|with\b|for\b|at\b|and\b|over\b)\w+"
)
_BUSY = re.compile(
    r"^(?:i|we) (?:am|are) (?!going|about|leaving|having|getting|heading|coming|feeling|trying|dying|gasping|turning|popping|"
    r"freezing|boiling|baking|roasting|melting|shivering|sweating|dripping|suffocating|overheating)\w+ing\b"
)
_TO_YOU = re.compile(
    r"\b(?:hear|see|love|like|hate|miss|know|tell|thank|meet|call|ask|believe|understand|bet|for|than|with|about) you\b|\byour\b|"
    r"^you (?:are|look|sound|seem|were|have|do|know|always|never)\b"
)
_ELSEWHERE = re.compile(
    r"\bat (?:my |his |her |their |our )?(?:\w+s|work|school|church|the (?:pub|cinema|theatre|hotel|office party|airport|station|bus stop|"
    r"restaurant|doctors?|dentists?|hospital|seaside|beach|shop|supermarket|park|gym class))(?: |$)(?=.)|"
    r"\bin (?:the )?(?:pub|cinema|hotel|hospital|film|book|song|story|spain|france|italy|norway|germany|america|england|london|paris)\b"
)
_ENDED = re.compile(
    r"\b(?:gone|is over|are over|enough|finished|done|complete|completed|ready|full|longer|any ?more|no more|"
    r"stop|stopped|stops|off|asleep|cleared|"
    r"short enough|been|stand|shut|kill|quit|rest|need not|no need|nobody|no one|end|ended|left|cut|unplug|empty|boiled|made)\b"
)
_NOT_ENOUGH = re.compile(r"\b(?:not|isnt|arent|never|hardly) (?:\w+ )?enough\b")
_STOPPING = frozenset({"off", "dock"})
_STARTING = frozenset({"on", "clean", "mow", "cool"})


def shapes(sentence: str, names: Collection[str] = ()) -> frozenset[str]:
    """The shapes of talk that a plain sentence has. ``names``: words that are a device's or a room's name here."""
    found = {
        shape
        for shape, pattern in (
            (FEELING, _FEELING), (PAST, _PAST), (DOING, _DOING), (BUSY, _BUSY), (TO_YOU, _TO_YOU), (ELSEWHERE, _ELSEWHERE),
        )
        if pattern.search(sentence)
    }  # fmt: skip
    if _is_generic(sentence, names):
        found.add(GENERIC)
    return frozenset(found)


def _is_generic(sentence: str, names: Collection[str]) -> bool:
    """Whether it is said of a sort of things, and of none here: "saunas are healthy"."""
    if _ANY_ONE.match(sentence):
        return True
    bare = _BARE_SUBJECT.match(sentence)
    if bare is None or bare["first"] in _NOT_BARE or (bare["first"] in names and not bare["more"]):
        return False
    return _HERE_AND_NOW.search(sentence) is None or _MINE.search(sentence) is not None


def is_other_shape(sentence: str, phrasing: str, names: Collection[str] = ()) -> bool:
    """Whether a sentence is a remark in a way in which the phrasing that it is near to is none."""
    return bool(shapes(sentence, names) - shapes(phrasing, names))


def is_opposite(sentence: str, phrasing: str, key: str) -> bool:
    """Whether one of the two tells of an end and the other does not, for an act ``key`` that starts or stops something."""
    ended, usual = (bool(_ENDED.search(_NOT_ENOUGH.sub("", text))) for text in (sentence, phrasing))
    if key in _STOPPING:
        return usual and not ended
    return key in _STARTING and ended and not usual
