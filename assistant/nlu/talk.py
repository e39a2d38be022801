"""Talk that sounds like a wish: reported, past, imagined, forbidden. It never acts, however near it is to a phrasing."""

from __future__ import annotations

import re


def _any(words: str) -> str:
    """A pattern of alternatives from lines of them, set off by ``|`` and line ends."""
    return "(?:" + "|".join(part.strip() for line in words.strip().splitlines() for part in line.split("|")) + ")"


_PEOPLE = _any(
    """
    brother|sister|mother|father|mum|mom|dad|grandma|grandpa|grandmother|grandfather|uncle|aunt|cousin|friend|neighbou?rs?
    boss|teacher|doctor|electrician|plumber|colleague|son|daughter|wife|husband|kids?|children|parents|landlord|man|woman
    guy|lady|dog|cat
    """
)
_DID = _any(
    r"""
    said|says|told|tells|asked|asks|always|never|often|usually|sometimes|once|also|has|had|was|were|did|used|keeps?|leaves?
    wants|likes?|loves?|hates?|made|makes|put|left|broke|wrote|sold|bought|went|goes|gave|gives|took|takes|thinks?|thought
    got(?! (?:home|up|in|back|here|cold|hot)\b)|lost|found|built|forgot|forgets|kept|knew|knows|spent|paid|drove|wore|wears|saw|won|met
    works?|lives?|\w+ed|(?!is\b|has\b|needs\b|was\b)\w{3,}s
    """
)
_FORBIDDING = _any("don't|do not|dont|never|must not|should not")
_ACTING = _any(
    """
    turn|switch|open|close|shut|lock|unlock|start|stop|touch|move|change|play|put|set|use|dim|let|run|bother|worry|forget
    """
)
_TOLD = _any(
    """
    said|says|told|tells|asked|asks|complained|complains|claims?|claimed|heard that|read that|dreamt|dreamed|quote
    so called|as they say|they say
    """
)
_WORKS = _any(
    "song|film|movie|book|story|novel|poem|recipe|sign|sticker|manual|article|label|lyrics|game|proverb|dream|hotel|museum|shop|old days"
)
_UNITS_OF_TIME = _any("years?|months?|weeks?|days?|ages|long")
_LATELY = _any(
    "night|week|weekend|month|year|summer|winter|autumn|fall|spring|time|mon|tues|wednes|thurs|fri|satur|sun"
)

_FORBIDDEN = re.compile(
    rf"^(?:please )?{_FORBIDDING}\b|^(?:there (?:is|'s) )?no need\b(?! for\b)|"
    rf"^under no circumstances\b|^forget about\b|^no leave\b|^wait don't\b|"
    rf"^you (?:shouldn't|should not|must not|mustn't)\b|\b{_FORBIDDING} (?:you )?{_ACTING}\b|"
    r"\bas (?:they|it) (?:are|is)$|\bleave (?:it|them|that) alone$"
)
_REPORTED = re.compile(
    rf"^(?:he|she|they|you|one)\b|^(?:my|our|his|her|their|your|the|a|an|this|that|every|some) (?:\w+ )?"
    rf"{_PEOPLE}\b(?: \w+| next door)? {_DID}\b|"
    rf"\b{_TOLD}\b|\b(?:is|are|was|were|am) (?:called|named|labell?ed|titled)\b|"
    rf"\b{_WORKS} (?:is|was|says|said|called|about|needs|goes)\b|\bin (?:the|this|that|a|my) {_WORKS}\b|\bmy favou?rite\b"
)
_PAST = re.compile(
    rf"\b(?:yesterday|last {_LATELY}(?:day)?|{_UNITS_OF_TIME} ago|once upon|used to|back then|in those days|when i was|was|were|"
    r"had been|hadn't|remember (?:when|how|the)|all (?:summer|winter|my life)|ever since|since (?:they|he|she|we))\b|"
    r"(?<!have )(?<!has )(?<!'ve )(?<!'s )\bhad\b"
)
_IMAGINED = re.compile(
    r"\b(?:one (?:of these days|day)|some ?day|perhaps|maybe|might|(?:would|should|could) have|imagine|pretend|suppose|if only|"
    r"if (?:i|we|you|he|she)|wonder(?:ing)?|thinking (?:about|of)|think about|dream(?:ing)?|next (?:week|month|year|summer|time)|"
    r"(?:on|at|over) the weekend|at weekends|tomorrow|on (?:mon|tues|wednes|thurs|fri|satur|sun)days?|in general|"
    r"every (?:day|night|evening|morning|time|year)|how come|did you know|do you know)\b"
)
_FOR_OTHERS = re.compile(
    r"\b(?:remind(?:er)?|timer|alarm clock|wake me|calendar|appointment|e-?mail|call (?:a|my|the))\b"
)
"""What skills are for: a reminder to do the laundry starts no machine."""
_COMPLAINT = re.compile(
    r"^(?:it|that|this|they|those)(?:'s|'re| is| are| was)? (?:(?:still|just|really) )?not (?:(?:even|yet|quite|really) )?"
    r"(?:on|off|open|closed|shut|locked|working|right|true|there|it|mine)(?: yet| any ?more)?$"
)
"""What was done has not helped; what is wanted instead is not said."""
_FRAGMENT = re.compile(
    r"^(?:(?:a|an?|the|bit|little|tad|touch|slightly|much|even|still|far|way) )*(?:more|less|further|again)$"
)
"""Says how much, and of nothing."""
_OPEN_END = re.compile(
    r"\b(?:the|a|an|my|our|your|in|on|at|of|to|for|from|with|and|or|but|by|into|are|all|some|turn|switch|set|put|open|close|start|make|get)$"
)
_CLOSED_END = re.compile(r"\b\w+ (?:on|in)$")
"""Ends that need no more: "put some music on", "let the sun in"."""


def is_talk(sentence: str) -> bool:
    """Whether a sentence (lower case, no end punctuation) tells of something, or is for others, instead of asking for it."""
    return any(
        pattern.search(sentence)
        for pattern in (_FORBIDDEN, _REPORTED, _PAST, _IMAGINED, _FOR_OTHERS, _COMPLAINT, _FRAGMENT)
    )


def is_unfinished(sentence: str) -> bool:
    """Whether a sentence breaks off where more must follow."""
    return bool(_OPEN_END.search(sentence)) and not _CLOSED_END.search(sentence)


_OFF_WORDS = re.compile(
    r"\b(?:off|stop|stopped|enough|no more|shut|kill|finished|done|quit|end)\b|\bout$|\blights out\b"
)
_ON_WORDS = re.compile(r"\b(?:turn on|switch on|put on|start|started|starting|going|fire up)\b")
_SHUT_WORDS = re.compile(r"\b(?:lock|bolt|close|shut|secure)\b")
_STARTING = frozenset({"on", "run", "clean", "mow", "cool", "HassTurnOn"})


def contradicts(sentence: str, phrasing: str, key: str) -> bool:
    """Whether a sentence speaks of stopping where the act starts, or the other way round, and the phrasing does not."""
    if key in ("unlock", "open"):
        return bool(_SHUT_WORDS.search(sentence)) and not _SHUT_WORDS.search(phrasing)
    if key in _STARTING:
        return bool(_OFF_WORDS.search(sentence)) and not _OFF_WORDS.search(phrasing)
    if key in ("off", "HassTurnOff"):
        return bool(_ON_WORDS.search(sentence)) and not (_OFF_WORDS.search(sentence) or _ON_WORDS.search(phrasing))
    return False
