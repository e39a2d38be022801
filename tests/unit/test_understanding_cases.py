"""The project's own cases are sound: every device exists, every expectation is a change, the split is the fixed one."""

import hashlib
import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from assistant.evaluation.cases import read_cases

CASES = Path(__file__).resolve().parents[1] / "understanding"
SPLITS = {
    "dev": "dev",
    "heldout": "heldout",
    "negatives-dev": "dev",
    "negatives-heldout": "heldout",
    "fresh-dev": "dev",
    "fresh-heldout": "heldout",
    "fresh2-dev": "dev",
    "fresh2-heldout": "heldout",
    "fresh3-dev": "dev",
    "fresh3-heldout": "heldout",
}
TALK = {"talk", "chat"}
KEYS = {"id", "home", "before", "text", "category", "state", "context", "now", "confirm", "expect"}
EXPECT_KEYS = {"states", "ignore", "intent", "slots", "reply_any", "no_action"}
# Nothing of theirs may change anything.
STILL = TALK | {"question", "negative", "unfinished", "delayed"}

Row = dict[str, Any]


def rows(name: str) -> list[Row]:
    return [json.loads(line) for line in (CASES / f"{name}.jsonl").read_text(encoding="utf-8").splitlines()]


def all_rows() -> Iterator[tuple[str, Row]]:
    for name in SPLITS:
        for row in rows(name):
            yield name, row


def homes() -> dict[str, Row]:
    return {
        f"homes/{path.name}": json.loads(path.read_text(encoding="utf-8")) for path in (CASES / "homes").glob("*.json")
    }


def split_of(case_id: str) -> str:
    """Cases are numbered in pairs; the hash of a pair says which of the two is held out."""
    category, number = case_id.rsplit("-", 1)
    pair, second = divmod(int(number) - 1, 2)
    bit = hashlib.sha256(f"{category}/{pair}".encode()).digest()[0] & 1
    return ("dev", "heldout")[bit ^ second]


def differs(want: Row, state: str, attributes: Row) -> bool:
    if "state" in want and want["state"] != state:
        return True
    return any(
        abs(value - attributes[key]) > 3 if key == "brightness" and key in attributes else attributes.get(key) != value
        for key, value in want.get("attributes", {}).items()
    )


@pytest.mark.parametrize("path", sorted((CASES / "homes").glob("*.json")), ids=lambda path: path.stem)
def test_a_home_is_whole(path):
    home = json.loads(path.read_text(encoding="utf-8"))
    floors, areas = {floor["name"] for floor in home["floors"]}, {area["name"] for area in home["areas"]}
    ids = [device["id"] for device in home["devices"]]
    assert len(set(ids)) == len(ids)
    assert all(area["floor"] is None or area["floor"] in floors for area in home["areas"])
    for device in home["devices"]:
        assert set(device) == {"id", "name", "aliases", "area", "state", "attributes"}
        assert device["area"] is None or device["area"] in areas, device["id"]
        # one name, two devices: only in different rooms
        twins = [d for d in home["devices"] if d["name"] == device["name"] and d["area"] == device["area"]]
        assert len(twins) == 1, device["name"]


def test_one_home_is_large():
    sizes = sorted(len(home["devices"]) for home in homes().values())
    assert len(sizes) >= 4
    assert sizes[-1] >= 200


@pytest.mark.parametrize("name", SPLITS)
def test_the_files_are_read_by_the_product(name):
    assert [case.id for case in read_cases(CASES / f"{name}.jsonl")] == [row["id"] for row in rows(name)]


def test_ids_and_sentences_are_unique():
    ids = [row["id"] for _, row in all_rows()]
    assert len(set(ids)) == len(ids)
    said = Counter(
        json.dumps([row["home"], row["text"].lower(), row.get("before"), row.get("context"), row.get("state")])
        for _, row in all_rows()
    )
    assert not [key for key, count in said.items() if count > 1]


def test_the_split_is_the_fixed_one():
    for name, row in all_rows():
        assert split_of(row["id"]) == SPLITS[name], row["id"]
        assert (row["category"] in TALK) == name.startswith("negatives"), row["id"]


def test_the_halves_are_balanced():
    counts = {name: Counter(row["category"] for row in rows(name)) for name in SPLITS}
    for one in (name for name in SPLITS if name.endswith("dev")):
        other = one.removesuffix("dev") + "heldout"
        assert set(counts[one]) == set(counts[other])
        for category, count in counts[one].items():
            assert abs(count - counts[other][category]) <= 2, category  # sentences that two authors had were taken out
    assert sum(counts["dev"].values()) + sum(counts["heldout"].values()) >= 360
    negatives = counts["negatives-dev"] + counts["negatives-heldout"]
    assert negatives["talk"] >= 150
    assert negatives["chat"] >= 50


def test_what_a_case_names_exists():
    all_homes = homes()
    for _, row in all_rows():
        home = all_homes[row["home"]]
        devices = {device["id"] for device in home["devices"]}
        assert set(row) <= KEYS, row["id"]
        assert set(row["expect"]) <= EXPECT_KEYS, row["id"]
        assert row["category"] == row["id"].rsplit("-", 1)[0].removeprefix("fresh-").removeprefix(
            "fresh2-"
        ).removeprefix("fresh3-")
        named = {*row.get("state", {}), *row["expect"]["states"], *row["expect"].get("ignore", {})}
        assert named <= devices, (row["id"], named - devices)
        area = row.get("context", {}).get("area")
        assert area is None or area in {place["name"] for place in home["areas"]}, row["id"]


def test_an_expected_state_is_a_change():
    all_homes = homes()
    for _, row in all_rows():
        devices = {device["id"]: device for device in all_homes[row["home"]]["devices"]}
        for device_id, want in row["expect"]["states"].items():
            device, laid_over = devices[device_id], row.get("state", {}).get(device_id, {})
            if not want:
                # a scene keeps no state: the intent shows that it was called
                assert "intent" in row["expect"], row["id"]
            elif "before" in row:
                # the earlier sentences may have changed it; doing nothing must not look right to the scorer
                assert differs(want, laid_over.get("state", ""), laid_over.get("attributes", {})), row["id"]
            else:
                state = laid_over.get("state", device["state"])
                attributes = {**device["attributes"], **laid_over.get("attributes", {})}
                assert differs(want, state, attributes), (row["id"], device_id)


def test_talk_and_questions_change_nothing():
    for _, row in all_rows():
        if row["category"] in STILL:
            assert row["expect"]["states"] == {}, row["id"]
        if row["category"] == "question":
            assert row["expect"]["reply_any"], row["id"]
        if row["category"] in {"direct", "several", "except", "relative", "noisy", "paraphrase"}:
            assert row["expect"]["states"], row["id"]
        if row["category"] == "followup":
            assert row["before"], row["id"]
        if row["category"] == "ambiguous" and not row["expect"]["states"]:
            assert row["expect"]["reply_any"], row["id"]


def test_the_expected_shapes_are_home_assistants():
    for _, row in all_rows():
        for device_id, want in (row["expect"]["states"] | row.get("state", {})).items():
            attributes = want.get("attributes", {})
            assert 0 < attributes.get("brightness", 1) <= 255, row["id"]
            assert 0 <= attributes.get("volume_level", 0) <= 1, row["id"]
            assert 0 <= attributes.get("percentage", 0) <= 100, row["id"]
            assert 0 <= attributes.get("current_position", 0) <= 100, row["id"]
            if device_id.split(".")[0] in {"cover", "valve"} and "state" in want:
                assert (want["state"] == "open") == (attributes["current_position"] > 0), row["id"]


@pytest.mark.parametrize(("name", "least"), [("everyday", 150), ("everyday-talk", 200)])
def test_everyday_sentences_are_sound(name, least):
    all_homes = homes()
    found = rows(name)
    assert len(found) >= least
    assert len({row["id"] for row in found}) == len({row["text"].lower() for row in found}) == len(found)
    assert {row["home"] for row in found} >= {
        f"homes/{home}.json" for home in ("flat", "family", "villa", "farm", "office")
    }
    for row in found:
        home = all_homes[row["home"]]
        devices = {device["id"] for device in home["devices"]}
        assert {*row.get("state", {}), *row["expect"]["states"]} <= devices, row["id"]
        assert row.get("context", {}).get("area") in {None, *(area["name"] for area in home["areas"])}, row["id"]
        assert bool(row["expect"]["states"]) == (row["category"] == "wish"), row["id"]
