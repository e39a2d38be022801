"""Files to sections of text: plain text, Markdown, HTML and PDF, with the heading that each section stands under."""

from __future__ import annotations

import html.parser
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from assistant.errors import AssistantError

SUFFIXES = frozenset({".txt", ".text", ".md", ".markdown", ".html", ".htm", ".pdf"})
MOST_BYTES = 64 * 1024 * 1024
_HEADING = re.compile(r"^(#{1,6})\s+(.+?)\s*#*$")
_UNDERLINE = re.compile(r"^(=|-){3,}\s*$")
_MARKUP = re.compile(r"!?\[([^\]]*)\]\([^)]*\)|[*_`]{1,3}(?=\S)|(?<=\S)[*_`]{1,3}")
_SKIPPED = frozenset({"script", "style", "nav", "template", "noscript", "svg"})
_BLOCKS = frozenset("p div li tr br section article table ul ol dd dt pre blockquote td th header footer main".split())
_VOID = frozenset("br hr img input link meta area base col embed source track wbr".split())


class DocumentError(AssistantError):
    """A file cannot be read as a document."""

    permanent = True


@dataclass(frozen=True, slots=True)
class Section:
    """Paragraphs under one heading. ``page``: of a PDF, from 1."""

    heading: str
    paragraphs: tuple[str, ...]
    page: int | None = None


@dataclass(frozen=True, slots=True)
class Document:
    """One file's text."""

    title: str
    sections: tuple[Section, ...]

    @property
    def text(self) -> str:
        """All of it."""
        parts: list[str] = []
        for section in self.sections:
            parts += [section.heading, *section.paragraphs] if section.heading else section.paragraphs
        return "\n".join(parts)


def read_document(path: Path) -> Document:
    """The text of a file. Raises DocumentError where it is of another kind, too large, damaged, or has no text."""
    if path.suffix.lower() not in SUFFIXES:
        raise DocumentError(f"{path}: can't be read", mend=f"known are {', '.join(sorted(SUFFIXES))}")
    try:
        if path.stat().st_size > MOST_BYTES:
            raise DocumentError(f"{path}: is larger than {MOST_BYTES // 2**20} MB")
        document = _pdf(path) if path.suffix.lower() == ".pdf" else _text_file(path)
    except OSError as error:
        raise DocumentError(f"{path}: {error.strerror or error}") from error
    if not any(section.paragraphs for section in document.sections):
        raise DocumentError(f"{path}: there is no text in it", mend="a scanned PDF must be made readable first (OCR)")
    return document


def _text_file(path: Path) -> Document:
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252", errors="replace")
    text = text.replace("\0", "")
    if path.suffix.lower() in (".html", ".htm"):
        return _html(text, path)
    return _markdown(text, path)


def _title(path: Path) -> str:
    return re.sub(r"[_-]+", " ", path.stem).strip()


def _markdown(text: str, path: Path) -> Document:
    """Markdown, and plain text, whose underlined or lone short lines are headings as well."""
    sections: list[Section] = []
    headings: list[tuple[int, str]] = []
    paragraphs: list[str] = []
    title = ""
    lines = text.splitlines()
    first = next((number for number, line in enumerate(lines) if line.strip()), 0)
    if _is_title(lines, first):
        title = lines[first].strip()
        lines[first] = ""

    def close() -> None:
        if paragraphs:
            sections.append(Section(": ".join(words for _level, words in headings), tuple(paragraphs)))
            paragraphs.clear()

    block: list[str] = []

    def end_block() -> None:
        if block:
            paragraphs.append(_MARKUP.sub(lambda m: m[1] or "", " ".join(block)).strip())
            block.clear()

    for number, line in enumerate(lines):
        heading = _HEADING.match(line)
        following = lines[number + 1] if number + 1 < len(lines) else ""
        if heading is None and line.strip() and not block and _UNDERLINE.match(following):
            level, words = (1 if following.startswith("=") else 2), line.strip()
        elif heading is not None:
            level, words = len(heading[1]), heading[2]
        elif _UNDERLINE.match(line) or not line.strip():
            end_block()
            continue
        else:
            if re.match(r"^\s*([-*+•]|\d+[.)])\s+", line):
                end_block()
            block.append(re.sub(r"^\s*(?:[-*+•>|])\s*", "", line).strip(" |"))
            continue
        end_block()
        close()
        title = title or words
        headings[:] = [*(h for h in headings if h[0] < level), (level, words)]
    end_block()
    close()
    return Document(title or _title(path), tuple(sections))


def _is_title(lines: list[str], at: int) -> bool:
    """Whether a text begins with a line of its own that is a title: short, and no sentence."""
    if at >= len(lines) or (at + 1 < len(lines) and lines[at + 1].strip()):
        return False
    line = lines[at].strip()
    return bool(line) and len(line.split()) <= 12 and line[-1] not in ".,;!?" and not _HEADING.match(line)


class _HtmlReader(html.parser.HTMLParser):
    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.title = ""
        self.sections: list[Section] = []
        self._headings: list[tuple[int, str]] = []
        self._paragraphs: list[str] = []
        self._text: list[str] = []
        self._skipping = 0
        self._heading: int | None = None
        self._in_title = False

    def handle_starttag(self, tag: str, attrs: object) -> None:
        if tag in _SKIPPED:
            self._skipping += 1
        elif tag == "title":
            self._in_title = True
        elif re.fullmatch(r"h[1-6]", tag):
            self.flush()
            self._close()
            self._heading = int(tag[1])
        elif tag in _BLOCKS:
            self.flush()

    def handle_endtag(self, tag: str) -> None:
        if tag in _SKIPPED:
            self._skipping = max(0, self._skipping - 1)
        elif tag == "title":
            self._in_title = False
        elif re.fullmatch(r"h[1-6]", tag) and self._heading is not None:
            words = " ".join("".join(self._text).split())
            self._text.clear()
            self._headings[:] = [*(h for h in self._headings if h[0] < self._heading), (self._heading, words)]
            self._heading = None
        elif tag in _BLOCKS - _VOID:
            self.flush()

    def handle_data(self, data: str) -> None:
        if self._in_title:
            self.title += data.strip()
        elif not self._skipping:
            self._text.append(data)

    def flush(self) -> None:
        words = " ".join("".join(self._text).split())
        self._text.clear()
        if words and self._heading is None:
            self._paragraphs.append(words)

    def _close(self) -> None:
        if self._paragraphs:
            heading = ": ".join(words for _level, words in self._headings if words)
            self.sections.append(Section(heading, tuple(self._paragraphs)))
            self._paragraphs = []

    def finish(self) -> None:
        self.flush()
        self._close()


def _html(text: str, path: Path) -> Document:
    reader = _HtmlReader()
    reader.feed(text)
    reader.close()
    reader.finish()
    first = next((section.heading for section in reader.sections if section.heading), "")
    return Document(reader.title or first.partition(":")[0] or _title(path), tuple(reader.sections))


def _pdf(path: Path) -> Document:
    from pypdf import PdfReader
    from pypdf.errors import PyPdfError

    try:
        reader = PdfReader(path)
        if reader.is_encrypted and not reader.decrypt(""):
            raise DocumentError(f"{path}: is locked with a password")
        sections = tuple(_pages(reader))
        title = str((reader.metadata.title if reader.metadata else None) or "").strip()
    except (PyPdfError, ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise DocumentError(f"{path}: is damaged, or no PDF ({error})") from error
    return Document(title or _title(path), sections)


def _pages(reader: object) -> Iterator[Section]:
    from pypdf import PdfReader

    assert isinstance(reader, PdfReader)
    for number, page in enumerate(reader.pages, 1):
        text = re.sub(r"(\w)-\n(\w)", r"\1\2", page.extract_text() or "")
        paragraphs = [" ".join(block.split()) for block in re.split(r"\n\s*\n", text)]
        yield Section("", tuple(paragraph for paragraph in paragraphs if paragraph), number)
