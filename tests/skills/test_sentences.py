"""The sentences of docs/skills.md are said, in their order, and answered as they stand there; nobody steals any."""

import json
import re
from pathlib import Path

import pytest
from skill_talk import Conversation

from assistant.home.inventory import load_inventory
from assistant.types import NoIntent, TurnContext

ROOT = Path(__file__).resolve().parents[2]
HOMES = sorted((ROOT / "tests" / "understanding" / "homes").glob("*.json"))


def sections(path):
    """Heading -> rows of (said, answer) of the tables in a Markdown file."""
    found, heading = {}, ""
    for line in path.read_text(encoding="utf-8").splitlines():
        if line.startswith("#"):
            heading = line.lstrip("# ")
        row = re.fullmatch(r"\| (.+?) \| (.+?) \|", line)
        if row and not row[1].startswith(("You say", "你说", "---")):
            found.setdefault(heading, []).append((row[1], row[2]))
    return found


TABLES = sections(ROOT / "docs" / "skills.md")


def test_the_table_is_long_enough():
    assert sum(map(len, TABLES.values())) >= 150


@pytest.mark.parametrize("heading", TABLES)
def test_every_sentence_of_the_table(heading):
    talk = Conversation()
    for said, answer in TABLES[heading]:
        result = talk.say(said)
        assert (result.error, result.route, result.reply) == (None, "skill", answer), said


def names_of(home, device_id):
    device = next(device for device in home.devices if device.id == device_id)
    return set(" ".join((device.name, *device.aliases)).lower().split())


@pytest.mark.parametrize("path", HOMES, ids=lambda path: path.stem)
def test_another_home_takes_a_skill_sentence_only_where_it_has_a_thing_of_that_name(path):
    home = load_inventory(path)
    wrong = []
    for rows in TABLES.values():
        talk = Conversation(home)
        for said, _answer in rows:
            result = talk.say(said)
            if result.route == "skill" or not result.states:
                continue
            words = set(said.lower().split())
            if not words & {"yes", "no"} and not all(words & names_of(home, target) for target in result.states):
                wrong.append((said, dict(result.states)))
    assert not wrong


def test_no_skill_takes_a_command_to_the_house():
    folder = ROOT / "tests" / "understanding"
    homes, stolen = {}, []
    for name in ("dev", "negatives-dev"):
        for line in (folder / f"{name}.jsonl").read_text(encoding="utf-8").splitlines():
            row = json.loads(line)
            if (row.get("expect") or {}).get("states") and row.get("home"):
                if row["home"] not in homes:
                    homes[row["home"]] = Conversation(load_inventory(folder / row["home"]))
                talk = homes[row["home"]]
                context = TurnContext(now=talk.time.now(), area=(row.get("context") or {}).get("area"))
                if talk.skills.reads(row["text"]) and isinstance(talk.mind.read(row["text"], context), NoIntent):
                    stolen.append(row["text"])
    assert not stolen
