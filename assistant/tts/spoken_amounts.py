"""Rules for amounts: money, ranges, quantities with units, fractions, ordinals, telephone numbers, plain numbers."""

from __future__ import annotations

import re
from collections.abc import Callable

from assistant.tts import numbers
from assistant.tts.units import CURRENCIES, CURRENCY_CODES, FRACTIONS, JOINED_ONLY, UNITS

Rule = tuple[re.Pattern[str], Callable[[re.Match[str]], str]]

_NUMBER = r"(?:\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+)"
_SIGN = r"(?:(?<![\w.)\]])[-−])?"
_UNIT = "|".join(re.escape(unit) for unit in sorted(UNITS, key=len, reverse=True))
_MONEY = "[" + "".join(map(re.escape, CURRENCIES)) + "]"
_CODES = "|".join(CURRENCY_CODES)
_SCALE = r"(?:\s?(?P<scale>thousand|million|billion|trillion|[kKMB](?:n|ln)?)\b)?"
_SCALES = {"k": "thousand", "m": "million", "b": "billion", "mn": "million", "bn": "billion", "mln": "million"}
_PARTS = {2: "half", 3: "third", 4: "quarter", 5: "fifth", 8: "eighth", 10: "tenth"}
_COUNTED = (
    "War",
    "Chapter",
    "Part",
    "Act",
    "Volume",
    "Type",
    "Phase",
    "Level",
    "Class",
    "Stage",
    "Grade",
    "Title",
    "Article",
)
_ROMAN = {"I": 1, "V": 5, "X": 10, "L": 50}


def _ratio(match: re.Match[str]) -> str:
    return f"{numbers.cardinal(int(match[1]))} to {numbers.cardinal(int(match[2]))}"


def _money(match: re.Match[str]) -> str:
    groups = match.groupdict()
    one, many, cent, cents = CURRENCIES[CURRENCY_CODES.get(match["symbol"], match["symbol"])]
    amount, minus = match["amount"].replace(",", ""), "minus " if groups.get("minus") else ""
    if match["scale"]:
        scale = _SCALES.get(match["scale"].lower(), match["scale"])
        return f"{minus}{numbers.decimal(amount)} {scale} {many}"
    whole, _, hundredths = amount.partition(".")
    if not cents or len(hundredths) not in (0, 2):
        return f"{minus}{numbers.decimal(amount)} {many}"
    units, small = int(whole or 0), int(hundredths or 0)
    said = []
    if units or not small:
        said.append(f"{numbers.cardinal(units)} {one if units == 1 else many}")
    if small:
        said.append(f"{numbers.cardinal(small)} {cent if small == 1 else cents}")
    return minus + " and ".join(said)


def _money_range(match: re.Match[str]) -> str:
    return f"{match['low']} to {match['high']} {CURRENCIES[match['symbol']][1]}"


def _phone(match: re.Match[str]) -> str:
    groups = re.findall(r"\d+", match[0])
    return ("plus " if match[0].startswith("+") else "") + ", ".join(numbers.digits(group) for group in groups)


def _range(match: re.Match[str]) -> str:
    between = re.search(r"\bbetween\s+$", match.string[: match.start()], re.I)
    return f"{match['low']} {'and' if between else 'to'} {match['high']}"


def _quantity(match: re.Match[str]) -> str:
    amount, unit, gap = re.sub(r"\.0+$", "", match["amount"]), match["unit"], match["gap"]
    if (unit in JOINED_ONLY and gap) or (unit == "K" and not re.fullmatch(r"[1-9]\d{3}", amount)):
        return match[0]  # 2700 K is a colour temperature, 4K a television
    if unit == "s" and not gap and re.fullmatch(r"10+", amount):
        return re.sub(r"^one ", "", numbers.cardinal(int(amount))) + "s"  # 100s of people
    one, many = UNITS[unit]
    counted = re.search(rf"(?:^|\s){_NUMBER}\s(?:to|and|or)\s$", match.string[: match.start()])
    single = amount.lstrip("-−") == "1" and not counted
    return f"{numbers.decimal(amount)} {one if single else many}"


def _fraction(match: re.Match[str]) -> str:
    top, bottom = int(match[1]), int(match[2])
    if bottom not in _PARTS or not 0 < top < bottom:
        return f"{numbers.cardinal(top)} out of {numbers.cardinal(bottom)}" if top <= bottom else match[0]
    unit = f" {UNITS[match['unit']][0]}" if match["unit"] else ""
    return f"{numbers.cardinal(top)} {_PARTS[bottom]}{'' if top == 1 else 's'}{unit}"


def _vulgar(match: re.Match[str]) -> str:
    return f"{numbers.cardinal(int(match[1]))} and {FRACTIONS[match[2]]}" if match[1] else FRACTIONS[match[2]]


def _feet(match: re.Match[str]) -> str:
    return f"{numbers.cardinal(int(match[1]))} foot {numbers.cardinal(int(match[2]))}"


def _roman(match: re.Match[str]) -> str:
    numerals = [_ROMAN[character] for character in match["roman"]]
    total = sum(-value if value < max(numerals[i:]) else value for i, value in enumerate(numerals))
    said = numbers.cardinal(total) if match["before"] in _COUNTED else f"the {numbers.ordinal(total)}"
    return f"{match['before']} {said}"


def _dotted_numbers(match: re.Match[str]) -> str:
    parts = match[1].split(".")
    return " dot ".join(numbers.digits(part) if len(part) > 2 else numbers.cardinal(int(part)) for part in parts)


def _plain_number(match: re.Match[str]) -> str:
    bare = match[0].lstrip("-−")
    spelled = bare.isdigit() and ((len(bare) > 1 and bare[0] == "0") or len(bare) > 12)
    said = numbers.digits(bare) if spelled else numbers.decimal(match[0])
    joined = match.string[match.end() : match.end() + 1].isalpha()  # 5G, 3D
    return f"{said} " if joined else said


RULES: tuple[Rule, ...] = (
    (re.compile(r"\bv?(\d{1,3}(?:\.\d{1,3}){2,3})\b(?![.,]\d)"), _dotted_numbers),
    (re.compile(r"\b(\d{1,3}):(\d{1,3})\b"), _ratio),
    (
        re.compile(
            rf"(?P<symbol>{_MONEY})\s?(?P<low>{_NUMBER})\s?[-–]\s?{_MONEY}?(?P<high>{_NUMBER})"
            rf"(?![\d-]|\s?(?:thousand|million|billion|trillion))"
        ),
        _money_range,
    ),
    (re.compile(rf"(?P<minus>(?<!\w)[-−])?(?P<symbol>{_MONEY})\s?(?P<amount>{_NUMBER}){_SCALE}"), _money),
    (re.compile(rf"(?P<amount>{_NUMBER}){_SCALE}\s?(?P<symbol>{_MONEY}|\b(?:{_CODES})\b)"), _money),
    (
        re.compile(
            r"(?<!\w)\+\d[\d\s()-]{6,}\d\b|\(\d{3}\)\s?\d{3}[-\s]\d{4}\b"
            r"|\b\d{3}[-.\s]\d{3}[-.\s]\d{4}\b|\b\d{3}-\d{4}\b(?!-)"
        ),
        _phone,
    ),
    (re.compile(r"\bNos?\.\s?(?=\d)|#\s?(?=\d)", re.I), lambda _m: "number "),
    (re.compile(r"\b(?P<before>[A-Z][a-z]+) (?P<roman>(?=[IVXL]{2})X{0,3}(?:IX|IV|V?I{0,3}))\b(?!\.\w|')"), _roman),
    (re.compile(r"\b(\d{1,2})['′]\s?(\d{1,2})(?:[\"″]|'')"), _feet),
    (
        re.compile(r"(?P<low>(?<![\w.,-])[-−]?\d[\d,]*(?:\.\d+)?)\s?(?:–|—|-)\s?(?P<high>\d[\d,]*(?:\.\d+)?)(?![\d-])"),
        _range,
    ),
    (re.compile(r"\b(\d+)(?:st|nd|rd|th)\b"), lambda m: numbers.ordinal(int(m[1]))),
    (re.compile(rf"(?<![\w./])(\d{{1,2}})/(\d{{1,3}})(?:\s(?P<unit>{_UNIT}))?(?![\w/]|\.\d)"), _fraction),
    (re.compile(r"(?:(\d+)\s?)?([½¼¾⅓⅔⅛])"), _vulgar),
    (re.compile(r"\b(\d+(?:\.\d+)?)x\b"), lambda m: f"{numbers.decimal(m[1])} times"),
    (re.compile(rf"(?P<amount>{_SIGN}{_NUMBER})(?P<gap>\s?)(?P<unit>{_UNIT})(?![\w²³/])"), _quantity),
    (re.compile(rf"{_SIGN}{_NUMBER}"), _plain_number),
)
