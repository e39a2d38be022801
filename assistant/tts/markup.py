"""Takes away everything that is written for the eye: markdown, HTML, emoji, control characters."""

from __future__ import annotations

import html
import re
import unicodedata

_RULE = re.compile(r"^\s*([-*_=~])(\s*\1){2,}\s*$", re.M)
_TABLE_RULE = re.compile(r"^\s*\|?\s*:?-{2,}:?\s*(\|\s*:?-{2,}:?\s*)*\|?\s*$", re.M)
_FENCED = re.compile(r"^\s*(```|~~~).*?(?:^\s*\1\s*$|\Z)", re.M | re.S)
_HEADING = re.compile(r"^\s{0,3}#{1,6}\s+(.*?)\s*#*\s*$", re.M)
_QUOTE = re.compile(r"^\s*(?:>\s?)+", re.M)
_TASK = re.compile(r"^(\s*[-*+]\s+)\[[ xX]\]\s+", re.M)
_BULLET = re.compile(r"^\s*[-*+•‣◦–—]\s+(.*)$", re.M)
_NUMBERED = re.compile(r"^\s*(\d{1,3})[.)]\s+(.*)$", re.M)
_IMAGE = re.compile(r"!\[([^\]]*)\]\([^)]*\)")
_LINK = re.compile(r"\[([^\]]+)\]\([^)]*\)|\[([^\]]+)\]\[[^\]]*\]")
_FOOTNOTE = re.compile(r"\[\^[^\]]+\]:?|\[\d{1,3}\](?!\()")
_AUTOLINK = re.compile(r"<((?:https?://|mailto:)[^>\s]+|[^>\s@]+@[^>\s]+)>")
_TAG = re.compile(r"</?[A-Za-z][^<>]{0,200}>|<!--.*?-->", re.S)
_CODE = re.compile(r"`+([^`]*)`+")
_EMPHASIS = re.compile(r"(\*{1,3}|~~|==)(?=\S)(.+?)(?<=\S)\1", re.S)
_UNDERLINED = re.compile(r"(?<![\w_])(_{1,3})(?=\S)(.+?)(?<=\S)\1(?![\w_])", re.S)
_LATEX = re.compile(r"\\[()\[\]]|\${1,2}(?=\S[^$]*[\\^_{][^$]*\$)|(?<=[}\w])\${1,2}(?!\d)")
_STRAY = re.compile(r"[*`|~]+|^#+\s*|(?<!\w)_+|_+(?!\w)", re.M)
_SHORTCODE = re.compile(r":[a-z][a-z0-9_+-]*_?[a-z0-9]*:(?=\s|$|[.,!?])")
_STOPS = ".!?:;,…"

_EMOJI_RANGES = ((0x1F000, 0x1FAFF), (0x2600, 0x27BF), (0x2B00, 0x2BFF), (0xFE00, 0xFE0F), (0xE0000, 0xE007F))
_KEPT_SYMBOLS = frozenset("°%‰+−=<>≥≤≈±×÷$€£¥₹&@#/^~|©®™№½¼¾⅓⅔⅛²³µμΩ′″→")
_ARROW = "→"


def strip_markup(text: str) -> str:
    """``text`` as plain lines: the words of links, headings, list items and table cells stay, their marks go."""
    text = html.unescape(_FENCED.sub("", text))
    text = _TABLE_RULE.sub("", _RULE.sub("", text))
    text = _HEADING.sub(lambda m: _closed(m[1]), text)
    text = _TASK.sub(r"\1", _QUOTE.sub("", text))
    text = _NUMBERED.sub(lambda m: f"{m[1]}: {_closed(m[2])}" if m[2] else m[1], text)
    text = _BULLET.sub(lambda m: _closed(m[1]), text)
    text = _IMAGE.sub(r"\1", text)
    text = _LINK.sub(lambda m: m[1] or m[2], text)
    text = _AUTOLINK.sub(r"\1", _FOOTNOTE.sub("", text))
    text = _TAG.sub(" ", text)
    text = "\n".join(_table_row(line) for line in text.split("\n"))
    text = _CODE.sub(r"\1", text)
    for _nesting in range(3):
        text = _UNDERLINED.sub(r"\2", _EMPHASIS.sub(r"\2", text))
    text = _LATEX.sub("", _SHORTCODE.sub("", text))
    return _without_emoji(_multiplied(text))


def _closed(item: str) -> str:
    """A heading or list item ends like a sentence, so that the voice falls and pauses."""
    item = item.strip()
    bare = item.rstrip("*_`\"')")
    return item if not bare or bare[-1] in _STOPS else item + "."


def _table_row(line: str) -> str:
    if line.count("|") < 2:
        return line
    return _closed(", ".join(cell.strip() for cell in line.strip().strip("|").split("|") if cell.strip()))


def _multiplied(text: str) -> str:
    """An asterisk between numbers multiplies; every other mark that is left over means nothing."""
    text = re.sub(r"(?<=\d)\s*\*\s*(?=\d)", " × ", text)
    text = re.sub(r"~(?=\s?\d)", "≈", text)
    return _STRAY.sub(" ", text)


def _without_emoji(text: str) -> str:
    kept = []
    for character in text:
        if character in _KEPT_SYMBOLS or character == "\n":
            kept.append(character)
        elif any(low <= ord(character) <= high for low, high in _EMOJI_RANGES):
            kept.append(" ")
        elif unicodedata.category(character)[0] == "C":
            kept.append("" if ord(character) in (0x200B, 0x200C, 0x200D, 0xFEFF, 0xAD) else " ")
        elif unicodedata.category(character) == "So":
            kept.append(" ")
        else:
            kept.append(character)
    return "".join(kept)
