"""Documents to passages, the index, and forty questions on three documents, ten more that they do not answer."""

import tomllib
from pathlib import Path

import pytest
from eval_knowledge import pdf as pdf_of

from assistant.config.environment import default_models_dir
from assistant.skills.knowledge.documents import DocumentError, read_document
from assistant.skills.knowledge.index import KnowledgeIndex
from assistant.skills.knowledge.library import Library
from assistant.skills.knowledge.passages import MOST_WORDS, passages
from assistant.skills.knowledge.skill import SURE, KnowledgeSkill
from assistant.skills.language import language

DOCUMENTS = Path(__file__).resolve().parents[1] / "knowledge"
FILES = ("coffee-machine.md", "washing-machine.html", "lake-house.txt")


class WordVectors:
    """Vectors of which words a text has: enough for what does not depend on meaning."""

    def encode(self, texts):
        import re
        import zlib

        import numpy as np

        rows = np.zeros((len(texts), 64), np.float32)
        for row, text in zip(rows, texts, strict=True):
            for word in re.findall(r"\w+", text.lower()):
                row[zlib.crc32(word.encode()) % 64] += 1
        return rows / np.maximum(np.linalg.norm(rows, axis=1, keepdims=True), 1e-9)


def library(tmp_path, embedder=None):
    return Library(tmp_path / "documents", KnowledgeIndex(tmp_path / "documents.db", lambda: embedder or WordVectors()))


def test_headings_and_text_of_every_kind():
    coffee, washing, house = (read_document(DOCUMENTS / name) for name in FILES)
    assert coffee.title == "Brewmaster 300 coffee machine"
    assert "Brewmaster 300 coffee machine: Making coffee: Milk foam" in [s.heading for s in coffee.sections]
    assert washing.title == "Aqualine W7 washing machine"
    assert "tracking" not in washing.text and "Products" not in washing.text
    assert house.title == "THE LAKE HOUSE: NOTES FOR OUR GUESTS"
    assert [s.heading for s in house.sections][:3] == ["Arrival", "Heating", "Hot water"]


def test_passages_are_short_and_lose_nothing():
    for name in FILES:
        document = read_document(DOCUMENTS / name)
        found = list(passages(document))
        assert max(len(p.text.split()) for p in found) <= MOST_WORDS + 10
        text = " ".join(p.text for p in found)
        for section in document.sections:
            for paragraph in section.paragraphs:
                assert all(word in text for word in paragraph.split())


def pdf(path, *pages):
    path.write_bytes(pdf_of([[text] for text in pages]))


def test_a_pdf_is_read_page_by_page(tmp_path):
    pdf(tmp_path / "stove.pdf", "The stove burns wood.", "Sweep the chimney twice a year.")
    found = list(passages(read_document(tmp_path / "stove.pdf")))
    assert [(p.page, p.text) for p in found] == [(1, "The stove burns wood."), (2, "Sweep the chimney twice a year.")]


@pytest.mark.parametrize(
    ("name", "content", "message"),
    [
        ("a.docx", b"x", "can't be read"),
        ("a.txt", b"", "no text"),
        ("a.pdf", b"%PDF-1.4 garbage", "damaged"),
        ("a.html", b"<html><script>only code</script></html>", "no text"),
    ],
)
def test_what_cannot_be_read_says_why(tmp_path, name, content, message):
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(DocumentError, match=message):
        read_document(path)


def test_the_folder_is_followed(tmp_path):
    shelf = library(tmp_path)
    shelf.folder.mkdir()
    (shelf.folder / "a.txt").write_text("The ladder is in the attic.")
    (shelf.folder / "bad.pdf").write_bytes(b"no pdf")
    assert set(shelf.sync()) == {"bad.pdf"}
    assert shelf.index.search("where is the ladder")[0].passage.text == "The ladder is in the attic."
    (shelf.folder / "a.txt").write_text("The ladder is in the cellar, behind the boiler.")
    shelf.sync()
    assert [hit.passage.text for hit in shelf.index.search("ladder")] == [
        "The ladder is in the cellar, behind the boiler."
    ]
    (shelf.folder / "a.txt").unlink()
    shelf.sync()
    assert shelf.index.is_empty and shelf.index.search("ladder") == []
    shelf.index.close()


def test_add_list_hold_remove(tmp_path):
    shelf = library(tmp_path)
    shelf.add(DOCUMENTS / FILES[0])
    shelf.hold(FILES[0])
    assert [(d.title, d.passages > 5) for d in shelf.index.listed()] == [("Brewmaster 300 coffee machine", True)]
    assert shelf.held()[1].title == "Brewmaster 300 coffee machine"
    assert shelf.remove(FILES[0]) and not shelf.remove(FILES[0])
    assert shelf.index.is_empty and shelf.held() is None
    shelf.index.close()


def test_an_index_that_is_broken_is_made_anew(tmp_path):
    (tmp_path / "documents.db").write_bytes(b"not a database at all" * 300)
    shelf = library(tmp_path)
    shelf.add(DOCUMENTS / FILES[2])
    assert not shelf.index.is_empty
    shelf.index.close()


def test_a_code_that_a_passage_lacks_is_not_answered_from_it(tmp_path):
    shelf = library(tmp_path)
    shelf.add(DOCUMENTS / FILES[1])
    assert not shelf.index.search("what does code F99 mean")
    assert "F21" in shelf.index.search("what does code F21 mean")[0].passage.text
    shelf.index.close()


def test_the_held_manual_is_answered_by_the_model(tmp_path):
    class Model:
        def answer(self, messages, *, max_tokens):
            assert "bottle of liquid descaler" in messages[0][1]
            yield from ("With one ", "bottle.")

    shelf = library(tmp_path)
    shelf.add(DOCUMENTS / FILES[0])
    shelf.hold(FILES[0])
    skill = KnowledgeSkill(lambda: shelf, WordVectors, language("en"), lambda: Model())
    said = skill.question("how do I descale the coffee machine with liquid descaler in the tank", None)
    assert "".join(said.text) == "Brewmaster 300 coffee machine says: With one bottle."
    assert said.notes == ("source: coffee-machine.md", "answered by: model")
    shelf.index.close()


def test_each_sentence_of_a_document_is_embedded_once(tmp_path):
    seen = []

    class Counting(WordVectors):
        def encode(self, texts):
            seen.extend(texts)
            return super().encode(texts)

    shelf = library(tmp_path, Counting())
    (tmp_path / "long.txt").write_text(
        " ".join(f"Sentence number {n} speaks of valve {n} and of little else." for n in range(200))
    )
    shelf.add(tmp_path / "long.txt")
    assert len(seen) == len(set(seen)) and 200 <= len(seen) <= 202, (
        "passages overlap, their sentences are embedded once"
    )
    assert "valve 150" in shelf.index.search("what speaks of valve 150")[0].passage.text
    shelf.index.close()


# --- with the real embedding ------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def answers(tmp_path_factory):
    from assistant.models.installed import resolve
    from assistant.nlu.embedding import Embedder

    embedder = Embedder(resolve("minilm-l6-v2-int8", default_models_dir()).directory)
    shelf = library(tmp_path_factory.mktemp("knowledge"), embedder)
    for name in FILES:
        shelf.add(DOCUMENTS / name)
    skill = KnowledgeSkill(lambda: shelf, lambda: embedder, language("en"))
    questions = tomllib.loads((DOCUMENTS / "questions.toml").read_text(encoding="utf-8"))["questions"]
    yield skill, [(row, skill.find(row["ask"])) for row in questions]
    shelf.index.close()


@pytest.mark.real
def test_forty_questions_are_answered_from_the_right_passage(answers):
    asked = [(row, hit) for row, hit in answers[1] if row.get("has")]
    right = [row for row, hit in asked if hit is not None and row["has"] in hit.passage.text]
    wrong = [(row["ask"], hit and hit.passage.text) for row, hit in asked if row not in right]
    assert len(asked) == 40
    assert len(right) >= 36, wrong


@pytest.mark.real
def test_the_ten_that_the_documents_do_not_answer_are_refused(answers):
    refused = [row["ask"] for row, hit in answers[1] if not row.get("has") and hit is None]
    assert len(refused) == 10, SURE


@pytest.mark.real
def test_the_source_is_named(answers):
    said = answers[0].question("where is the fuse box", None)
    assert said.text.startswith("THE LAKE HOUSE: NOTES FOR OUR GUESTS says: ") and "behind the mirror" in said.text
    assert said.notes == ("source: lake-house.txt",)
