"""Named to-do lists of the assistant's own, and notes; the lists that the house has are the house's."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from assistant.skills.base import Handler, Said
from assistant.skills.clock import Clock
from assistant.skills.knowledge.words import words_of
from assistant.skills.language import Language
from assistant.skills.store import Store
from assistant.skills.templates import Reading
from assistant.types import Action, Ask, Handled, Intent, NotHandled, Outcome, TurnContext

SHOPPING_INTENTS = {
    "HassShoppingListAddItem": "add",
    "HassShoppingListRemoveItem": "remove",
    "HassShoppingListCompleteItem": "complete",
    "AssistListQuery": "query",
    "HassListClear": "clear",
}
MOST_READ = 30
MOST_NAME_WORDS = 4
MOST_NOTES_READ = 5


class OwnLists:
    """Lists by name, on the disk."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def names(self) -> list[str]:
        """All lists, the oldest first."""
        return [str(name) for (name,) in self._store.rows("SELECT name FROM lists ORDER BY id")]

    def find(self, name: str) -> str | None:
        """The list that is called so, in whatever case and number."""
        wanted = _folded(name)
        return next((known for known in self.names() if _folded(known) == wanted), None)

    def create(self, name: str) -> None:
        """A new list; nothing where there is one of that name."""
        with self._store.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO lists (name, folded) VALUES (?, ?)", (name, _folded(name)))

    def delete(self, name: str) -> None:
        """Take a list away with its items."""
        with self._store.transaction() as connection:
            connection.execute("DELETE FROM lists WHERE folded = ?", (_folded(name),))

    def open_items(self, name: str) -> list[str]:
        """What is still to be done."""
        query = "SELECT text FROM items JOIN lists ON lists.id = list WHERE folded = ? AND NOT done ORDER BY items.id"
        return [str(text) for (text,) in self._store.rows(query, _folded(name))]

    def add(self, name: str, items: Sequence[str]) -> list[str]:
        """Put items on a list, which is made where it is missing; what is open there already is not doubled.

        Returns what was added.
        """
        present = {_folded(item) for item in self.open_items(name)}
        new = [item for item in items if _folded(item) not in present]
        with self._store.transaction() as connection:
            connection.execute("INSERT OR IGNORE INTO lists (name, folded) VALUES (?, ?)", (name, _folded(name)))
            (number,) = connection.execute("SELECT id FROM lists WHERE folded = ?", (_folded(name),)).fetchone()
            connection.executemany("INSERT INTO items (list, text) VALUES (?, ?)", [(number, item) for item in new])
        return new

    def take(self, name: str, items: Sequence[str], *, done: bool) -> list[str]:
        """Remove items, or tick them off with ``done``; returns those that were there."""
        wanted = {_folded(item) for item in items}
        found = [text for text in self.open_items(name) if _folded(text) in wanted]
        change = "UPDATE items SET done = 1" if done else "DELETE FROM items"
        with self._store.transaction() as connection:
            connection.executemany(
                f"{change} WHERE NOT done AND text = ? AND list = (SELECT id FROM lists WHERE folded = ?)",
                [(text, _folded(name)) for text in found],
            )
        return found

    def clear(self, name: str) -> None:
        """Take all items off a list."""
        with self._store.transaction() as connection:
            connection.execute(
                "DELETE FROM items WHERE list = (SELECT id FROM lists WHERE folded = ?)", (_folded(name),)
            )


@dataclass(frozen=True, slots=True)
class Note:
    """One note; ``at`` is ISO 8601."""

    id: int
    at: str
    text: str


class Notes:
    """Notes in the order in which they were taken."""

    def __init__(self, store: Store, clock: Clock) -> None:
        self._store = store
        self._clock = clock

    def add(self, text: str) -> None:
        """Keep a note."""
        with self._store.transaction() as connection:
            connection.execute(
                "INSERT INTO notes (at, text) VALUES (?, ?)", (self._clock.now().isoformat(timespec="seconds"), text)
            )

    def all(self) -> list[Note]:
        """All notes, the newest first."""
        rows = self._store.rows("SELECT id, at, text FROM notes ORDER BY id DESC")
        return [Note(int(str(number)), str(at), str(text)) for number, at, text in rows]

    def delete(self, notes: Sequence[Note]) -> None:
        """Take notes away."""
        with self._store.transaction() as connection:
            connection.executemany("DELETE FROM notes WHERE id = ?", [(note.id,) for note in notes])


class ListsSkill:
    """Lists and notes by voice."""

    def __init__(self, lists: OwnLists, notes: Notes, language: Language) -> None:
        self._lists = lists
        self._notes = notes
        self._language = language
        self._say = language.wording.say
        self._table = language.table["lists"]
        self.handlers: Mapping[str, Handler] = {
            "ListCreate": self._create,
            "ListAdd": self._add,
            "ListRemove": lambda r, c: self._take(r, done=False),
            "ListComplete": lambda r, c: self._take(r, done=True),
            "ListQuery": self._query,
            "ListNames": lambda _r, _c: self._names(),
            "ListClear": lambda r, c: self._ask_first(r, "list_clear_really", "list_cleared", self._lists.clear),
            "ListDelete": lambda r, c: self._ask_first(r, "list_delete_really", "list_deleted", self._lists.delete),
            "NoteAdd": self._note,
            "NoteQuery": self._read_notes,
            "NoteSearch": self._search_notes,
            "NoteDelete": self._delete_notes,
        }

    # --- lists --------------------------------------------------------------------------------------

    def shopping(self, intent: Intent, *, confirmed: bool = False) -> Outcome:
        """A shopping intent in a house that has no list of its own."""
        if SHOPPING_INTENTS[intent.name] in ("query", "clear"):
            return self._shopping_list(intent, confirmed)
        said = intent.slots.get("item")
        items = [str(item) for item in said] if isinstance(said, list) else [str(said)] if said else []
        name = str(self._table["shopping"])
        what = SHOPPING_INTENTS[intent.name]
        if not items:
            question = self._say("list_what_to_add", name=name)
            return Ask(question, (intent,), missing="item") if what == "add" else NotHandled(self._say("list_what"))
        reply = self._added(name, items) if what == "add" else self._taken(name, items, done=what == "complete")
        return Handled(Action(intent.name, dict(intent.slots)), reply)

    def _shopping_list(self, intent: Intent, confirmed: bool) -> Outcome:
        name = str(self._table["shopping"])
        items = self._lists.open_items(name)
        action = Action(intent.name, dict(intent.slots))
        if SHOPPING_INTENTS[intent.name] == "query" or not items:
            key = "list_items" if items else "list_empty"
            names = self._language.wording.names(items[:MOST_READ])
            return Handled(action, self._say(key, name=name, items=names), is_question=True)
        if not confirmed and intent.slots.get("confirmed") is not True:
            count = self._language.wording.counted("item", len(items))
            return Ask(self._say("list_clear_really", name=name, count=count), (intent,))
        self._lists.clear(name)
        return Handled(action, self._say("list_cleared", name=name))

    def _create(self, reading: Reading, context: TurnContext) -> Said:
        name = self._name(reading)
        if not name:

            def called(text: str, _context: TurnContext) -> Said | None:
                if len(self._language.words(text).tokens) > MOST_NAME_WORDS:
                    return None  # a sentence of its own
                return self._create(Reading("ListCreate", {"list_name": text.strip(" .!")}), context)

            return Said(self._say("list_call"), question=called)
        if self._lists.find(name) is not None:
            return Said(self._say("list_exists", name=name))
        self._lists.create(name)
        return Said(self._say("list_created", name=name), acted=True)

    def _add(self, reading: Reading, _context: TurnContext) -> Said | None:
        if not self._name(reading):
            return None
        name, items = self._name(reading), self._items(reading)
        known = self._lists.find(name)
        if known is None:
            return self._confirm(self._say("list_make", name=name), lambda: Said(self._added(name, items), acted=True))
        return Said(self._added(known, items), acted=True)

    def _added(self, name: str, items: Sequence[str]) -> str:
        added = self._lists.add(name, items)
        names = self._language.wording.names
        key = "list_added" if added else "list_already"
        return self._say(key, items=names(added or list(items)), name=name)

    def _take(self, reading: Reading, *, done: bool) -> Said | None:
        if not self._name(reading):
            return None
        name = self._lists.find(self._name(reading))
        if name is None:
            return Said(self._say("list_none", name=self._name(reading)))
        return Said(self._taken(name, self._items(reading), done=done), acted=True)

    def _taken(self, name: str, items: Sequence[str], *, done: bool) -> str:
        found = self._lists.take(name, items, done=done)
        names = self._language.wording.names
        if not found:
            return self._say("list_missing", items=names(list(items)), name=name)
        return self._say("list_done" if done else "list_removed", items=names(found), name=name)

    def _query(self, reading: Reading, _context: TurnContext) -> Said | None:
        if not self._name(reading):
            return self._names()
        name = self._lists.find(self._name(reading))
        if name is None:
            return Said(self._say("list_none", name=self._name(reading)))
        items = self._lists.open_items(name)
        if not items:
            return Said(self._say("list_empty", name=name))
        return Said(self._say("list_items", name=name, items=self._language.wording.names(items[:MOST_READ])))

    def _names(self) -> Said:
        names = self._lists.names()
        return Said(
            self._say("list_names", names=self._language.wording.names(names)) if names else self._say("lists_none")
        )

    def _ask_first(self, reading: Reading, question: str, done: str, act: Callable[[str], None]) -> Said | None:
        if not self._name(reading):
            return self._names()
        name = self._lists.find(self._name(reading))
        if name is None:
            return Said(self._say("list_none", name=self._name(reading)))
        count = self._language.wording.counted("item", len(self._lists.open_items(name)))

        def agreed() -> Said:
            act(name)
            return Said(self._say(done, name=name), acted=True)

        return self._confirm(self._say(question, name=name, count=count), agreed)

    def _confirm(self, question: str, agreed: Callable[[], Said]) -> Said:
        def answer(text: str, _context: TurnContext) -> Said | None:
            said = self._language.yes_or_no(text)
            return None if said is None else agreed() if said else Said(self._say("left_as_is"))

        return Said(question, question=answer)

    def _name(self, reading: Reading) -> str:
        """The list's name; where none was said and there is but one list, that."""
        said = (reading.text("list_name") or "").strip()
        if said.casefold() not in self._table["unnamed"]:
            return said
        names = self._lists.names()
        return names[0] if len(names) == 1 and reading.intent != "ListCreate" else ""

    def _items(self, reading: Reading) -> list[str]:
        """``milk, eggs and bread`` as its items."""
        parts = [reading.text("items") or ""]
        for joiner in self._table["joiners"]:
            parts = [piece for part in parts for piece in part.split(joiner)]
        return [part.strip() for part in parts if part.strip()]

    # --- notes --------------------------------------------------------------------------------------

    def _note(self, reading: Reading, _context: TurnContext) -> Said:
        text = reading.text("note")
        if text:
            self._notes.add(text.strip())
            return Said(self._say("note_taken"), acted=True)

        def answer(said: str, _context: TurnContext) -> Said:
            self._notes.add(said.strip())
            return Said(self._say("note_taken"), acted=True)

        return Said(self._say("note_what"), question=answer)

    def recall(self, text: str, _context: TurnContext) -> Said | None:
        """ "What is the wifi password", where a note has every word of it that tells something."""
        tokens = self._language.words(text).tokens
        if not tokens or tokens[0] not in self._table["recalling"]:
            return None
        asked = set(words_of(" ".join(tokens))) - set(self._table["recalling"])
        found = [note for note in self._notes.all() if asked and asked <= set(words_of(note.text))]
        return self._told(found[:1], "note_none") if found else None

    def _read_notes(self, reading: Reading, _context: TurnContext) -> Said:
        notes = self._notes.all()
        return self._told(notes[:1] if reading.slots.get("last") else notes, "note_none")

    def _search_notes(self, reading: Reading, _context: TurnContext) -> Said:
        wanted = [_folded(word) for word in self._language.words(reading.text("about") or "").tokens]
        notes = [note for note in self._notes.all() if all(word in _folded(note.text) for word in wanted)]
        return self._told(notes, "note_none_about")

    def _told(self, notes: Sequence[Note], none: str) -> Said:
        if not notes:
            return Said(self._say(none))
        texts = " ".join(
            self._language.wording.part("note", text=n.text.rstrip(".。")) for n in notes[:MOST_NOTES_READ]
        )
        key = "notes_newest" if len(notes) > MOST_NOTES_READ else "notes"
        return Said(self._say(key, notes=texts, count=len(notes)))

    def _delete_notes(self, reading: Reading, _context: TurnContext) -> Said:
        notes = self._notes.all()
        if not notes:
            return Said(self._say("note_none"))
        if not reading.slots.get("all"):
            self._notes.delete(notes[:1])
            return Said(self._say("note_deleted", text=notes[0].text), acted=True)

        def agreed() -> Said:
            self._notes.delete(notes)
            return Said(self._say("notes_deleted"), acted=True)

        return self._confirm(self._say("notes_delete_really", count=len(notes)), agreed)


def _folded(text: str) -> str:
    words = text.casefold().split()
    while words and words[0] in ("the", "my", "our", "a", "an"):
        words = words[1:]
    return " ".join(word.removesuffix("s") if len(word) > 3 else word for word in words)
