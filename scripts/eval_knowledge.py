"""Index a manual of a hundred pages that is made for it, and answer the questions of tests/knowledge.

The manual is a PDF of about 350 words a page; no sentence of it stands there twice. Figures of docs/skills.md come from here.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

from assistant.config.environment import default_models_dir  # noqa: E402
from assistant.models.installed import resolve  # noqa: E402
from assistant.nlu.embedding import Embedder  # noqa: E402
from assistant.skills.knowledge.index import KnowledgeIndex  # noqa: E402
from assistant.skills.knowledge.library import Library  # noqa: E402
from assistant.skills.knowledge.skill import KnowledgeSkill  # noqa: E402
from assistant.skills.language import language  # noqa: E402

DOCUMENTS = ROOT / "tests" / "knowledge"
EMBEDDING = "minilm-l6-v2-int8"
WORDS_A_PAGE = 350
WORDS_A_LINE = 12
PARTS = (
    "pump filter valve gasket drum heater thermostat display housing hinge hopper grinder nozzle hose tank lid tray sensor fan "
    "belt bearing relay fuse switch cable connector bracket screw panel seal boiler burner igniter chimney rotor blade"
).split()
ACTS = "clean replace tighten loosen inspect lubricate rinse dry remove align test reset calibrate drain fill descale".split()
WHENS = (
    "before the first use", "after every tenth cycle", "once a month", "when the warning lamp blinks", "before winter",
    "if the noise gets louder", "after a power cut", "twice a year", "when water remains in the tray", "before moving the machine",
)  # fmt: skip
HOWS = (
    "with a soft cloth and lukewarm water", "with the key that came in the box", "by hand and without force", "with the power off",
    "with two drops of machine oil", "as shown in the drawing on the next page", "while the machine is cold", "with a dry brush",
)  # fmt: skip


def sentence(chance: random.Random, number: int) -> str:
    """A sentence of a manual; ``number`` makes it the only one of its kind."""
    act, part, other = chance.choice(ACTS), chance.choice(PARTS), chance.choice(PARTS)
    return chance.choice(
        (
            f"To {act} the {part}, open the cover behind the {other} and turn it by {number % 360 + 1} degrees to the left.",
            f"{act.capitalize()} the {part} {chance.choice(WHENS)}, {chance.choice(HOWS)}, for at least {number % 90 + 2} minutes.",
            f"Code {chance.choice('ABCEF')}{number} means that the {part} does not reach the {other} in time.",
            f"The {part} may wear out after {number + 40} hours of work, and is then heard as a rattle near the {other}.",
            f"Never {act} the {part} while the {other} is still warm, because the seal of size {number} would be damaged.",
        )
    )


def manual(path: Path, pages: int) -> int:
    """Write a PDF of so many pages; returns its words."""
    chance, words, number = random.Random(1), 0, 0
    contents: list[list[str]] = []
    for _page in range(pages):
        text: list[str] = []
        while len(text) < WORDS_A_PAGE:
            number += 1
            text += sentence(chance, number).split()
        words += len(text)
        contents.append([" ".join(text[i : i + WORDS_A_LINE]) for i in range(0, len(text), WORDS_A_LINE)])
    path.write_bytes(pdf(contents))
    return words


def pdf(pages: list[list[str]]) -> bytes:
    """A plain PDF of lines of text."""
    font = "<< /Type /Font /Subtype /Type1 /BaseFont /Helvetica >>"
    objects = ["<< /Type /Catalog /Pages 2 0 R >>", "", font]
    kids = []
    for lines in pages:
        stream = "BT /F1 9 Tf 12 TL 40 800 Td " + " ".join(f"({line}) Tj T*" for line in lines) + " ET"
        objects.append(f"<< /Length {len(stream)} >>\nstream\n{stream}\nendstream")
        objects.append(
            f"<< /Type /Page /Parent 2 0 R /MediaBox [0 0 595 842] /Contents {len(objects)} 0 R "
            "/Resources << /Font << /F1 3 0 R >> >> >>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<< /Type /Pages /Count {len(kids)} /Kids [{' '.join(kids)}] >>"
    body, places = b"%PDF-1.4\n", []
    for index, content in enumerate(objects, 1):
        places.append(len(body))
        body += f"{index} 0 obj\n{content}\nendobj\n".encode()
    table = "".join(f"{place:010d} 00000 n \n" for place in places)
    end = (
        f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}trailer << /Size {len(objects) + 1} /Root 1 0 R >>\n"
    )
    return body + f"{end}startxref\n{len(body)}\n%%EOF\n".encode()


def measure_indexing(folder: Path, pages: int, embedder: Embedder) -> None:
    """Time of a manual's way into the index."""
    words = manual(folder / "manual.pdf", pages)
    shelf = Library(folder / "documents", KnowledgeIndex(folder / "manual.db", lambda: embedder))
    wall, work = time.perf_counter(), time.process_time()
    shelf.add(
        folder / "manual.pdf", lambda _name, done, total: print(f"\r{done}/{total} passages", end="", file=sys.stderr)
    )
    wall, work = time.perf_counter() - wall, time.process_time() - work
    print(file=sys.stderr)
    (listed,) = shelf.index.listed()
    print(f"{pages} pages, {words} words, {listed.passages} passages: {wall:.1f} s, {work:.1f} s of processor time")
    shelf.index.close()


def measure_answers(folder: Path, embedder: Embedder) -> bool:
    """Forty questions that the three documents answer, ten that they do not."""
    shelf = Library(folder / "three", KnowledgeIndex(folder / "three.db", lambda: embedder))
    for path in sorted(DOCUMENTS.iterdir()):
        if path.suffix != ".toml":
            shelf.add(path)
    skill = KnowledgeSkill(lambda: shelf, lambda: embedder, language("en"))
    rows = tomllib.loads((DOCUMENTS / "questions.toml").read_text(encoding="utf-8"))["questions"]
    found = [(row, skill.find(row["ask"])) for row in rows]
    asked = [(row, hit) for row, hit in found if row.get("has")]
    right = sum(hit is not None and row["has"] in hit.passage.text for row, hit in asked)
    others = [hit for row, hit in found if not row.get("has")]
    refused = sum(hit is None for hit in others)
    for row, hit in found:
        if (hit is None) == bool(row.get("has")) or (hit is not None and row.get("has", "") not in hit.passage.text):
            print(f"  {row['ask']!r}: {hit and hit.passage.text[:90]!r}")
    print(f"answered from the right passage: {right} of {len(asked)}; refused: {refused} of {len(others)}")
    shelf.index.close()
    return right >= 0.9 * len(asked) and refused == len(others)


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--pages", type=int, default=100, help="pages of the manual (100); 0: only the questions")
    args = parser.parse_args()
    embedder = Embedder(resolve(EMBEDDING, default_models_dir()).directory)
    with tempfile.TemporaryDirectory() as folder:
        if args.pages:
            measure_indexing(Path(folder), args.pages, embedder)
        return 0 if measure_answers(Path(folder), embedder) else 1


if __name__ == "__main__":
    sys.exit(main())
