"""The panel in a real browser: pairing, a turn, a correction, a setting, a timer; and a look for barriers."""

import os
import shutil
import threading
import time
from pathlib import Path

import numpy as np
import pytest
from panel_scene import panel
from playwright.sync_api import expect, sync_playwright

from assistant.service.turns import TurnRequest
from assistant.skills.knowledge.library import Library
from assistant.types import AudioClip
from assistant.update.backup import read_backup
from assistant.update.orders import carry_out, take

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
SHOTS = os.environ.get("PANEL_SCREENSHOTS")
"""A folder for pictures of all pages, where somebody wants to look at them."""
PAGES = ("/", "/turns", "/devices", "/agenda", "/knowledge", "/settings", "/system", "/system/upkeep", "/access")

expect.set_options(timeout=20_000)  # of a busy machine
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no chromium: scripts/setup --dev installs it")


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        # Its own sandbox needs user name spaces, which root in a container has not; it sees only our own pages.
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", "--disable-dev-shm-usage"])
        yield browser
        browser.close()


class Visitor:
    """A page that notes what must not happen: requests to other hosts, errors of scripts, blocked contents."""

    def __init__(self, page, scene):
        self.page, self.scene, self.wrong = page, scene, []
        page.on("request", lambda r: self.wrong.append(r.url) if not r.url.startswith((scene.url, "data:")) else None)
        page.on("pageerror", lambda error: self.wrong.append(str(error)))
        page.on(
            "console", lambda m: self.wrong.append(m.text) if m.type == "error" and "favicon" not in m.text else None
        )

    def go(self, path):
        self.page.goto(self.scene.url + path)

    def pair(self):
        self.go("/")
        expect(self.page).to_have_url(f"{self.scene.url}/pair")
        self.page.get_by_role("button", name="Tell me a code").click()
        expect(self.page.get_by_role("status").first).to_contain_text("told in the house")
        self.page.get_by_label("Code", exact=True).fill(self.scene.told[-1])
        self.page.get_by_role("button", name="Pair", exact=True).click()
        expect(self.page).to_have_url(f"{self.scene.url}/")

    def shot(self, name):
        if SHOTS:
            Path(SHOTS).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{SHOTS}/{name}.png", full_page=True)


@pytest.fixture
def visitor(browser, tmp_path):
    with panel(tmp_path) as scene:
        context = browser.new_context(locale="en-GB")
        context.set_default_timeout(15_000)
        visitor = Visitor(context.new_page(), scene)
        yield visitor
        context.close()
    assert visitor.wrong == []


def say(visitor, text):
    visitor.go("/")
    visitor.page.get_by_label("Sentence").fill(text)
    visitor.page.get_by_role("button", name="Send").click()
    return visitor.page.locator("#turns li:not(.growing)", has_text=text).first


def test_pairing_a_turn_and_a_correction(visitor):
    visitor.pair()
    turn = say(visitor, "turn on the kitchen light")
    expect(turn).to_contain_text("The Kitchen Light is on")  # shown by the live stream: the page was not loaded again
    assert visitor.scene.state("light.kitchen") == "on"
    turn.get_by_role("link").click()
    expect(visitor.page.get_by_text("One of the house's own sentences matched")).to_be_visible()
    assert visitor.page.locator(".waterfall tr").count() >= 3
    visitor.shot("turn")

    turn = say(visitor, "candle time in here")
    expect(turn).to_contain_text("I do not know")
    turn.get_by_role("link").click()
    visitor.page.get_by_label("From now on this sentence means").fill("turn off the kitchen light")
    visitor.page.get_by_role("button", name="Remember").click()
    expect(visitor.page.get_by_role("status").first).to_contain_text("→ turn off the kitchen light")
    expect(say(visitor, "candle time in here")).to_contain_text("The Kitchen Light is off")
    assert visitor.scene.state("light.kitchen") == "off"


def test_a_reply_grows_word_by_word(browser, tmp_path):
    go_on = threading.Event()

    class SlowTalk:
        def answer(self, text, context, cancelled):
            yield "Because "
            go_on.wait(20)
            yield "it is."

    with panel(tmp_path, talk=SlowTalk()) as scene:
        visitor = Visitor(browser.new_context(locale="en-GB").new_page(), scene)
        visitor.pair()
        visitor.page.get_by_label("Sentence").fill("why is that so")
        visitor.page.get_by_role("button", name="Send").click()
        expect(visitor.page.locator(".growing p")).to_have_text("Because ")
        visitor.go("/turns")  # who goes away meanwhile finds the whole reply later
        visitor.go("/")
        visitor.page.get_by_label("Sentence").fill("and why is this so")
        visitor.page.get_by_role("button", name="Send").click()
        go_on.set()
        expect(visitor.page.locator("#turns li", has_text="why is that so")).to_contain_text("Because it is.")
        expect(visitor.page.locator("#turns li").first).to_contain_text("Because it is.")
        expect(visitor.page.locator(".growing")).to_have_count(0)
        visitor.page.context.close()


def test_another_name_for_a_device_is_known_at_once(visitor):
    visitor.pair()
    say(visitor, "turn on the moonbeam").get_by_role("link").click()
    visitor.page.get_by_label("When I say").fill("the Moonbeam")
    visitor.page.get_by_label("I mean").select_option(label="Kitchen Light (Kitchen)")
    visitor.page.get_by_role("button", name="Give this name").click()
    expect(visitor.page.get_by_role("status").first).to_contain_text("moonbeam → light.kitchen")
    expect(say(visitor, "turn on the moonbeam")).to_contain_text("is on")
    assert visitor.scene.state("light.kitchen") == "on"

    visitor.page.locator("#turns a").first.click()
    visitor.page.get_by_label("When I say").fill("bedroom lamp")
    visitor.page.get_by_label("I mean").select_option(label="Kitchen Light (Kitchen)")
    visitor.page.get_by_role("button", name="Give this name").click()
    expect(visitor.page.get_by_role("status").first).to_contain_text("is what Bedroom Lamp is called")

    visitor.go("/devices")
    visitor.page.get_by_role("button", name="Remove: moonbeam").click()
    expect(visitor.page.get_by_role("button", name="Remove: moonbeam")).to_have_count(0)
    expect(say(visitor, "turn off the moonbeam")).to_contain_text("not know")


def test_what_was_heard_is_played_where_it_is_kept(visitor):
    visitor.pair()
    clip = AudioClip(np.full(8000, 1000, np.int16), 16_000)
    spoken = visitor.scene.core.submit(TurnRequest(clip, source="test")).future.result(20).result.turn_id
    visitor.go(f"/turns/{spoken}")
    audio = visitor.page.locator("audio")
    assert (
        audio.evaluate(
            "a => new Promise(done => { a.onloadedmetadata = () => done(a.duration); a.load(); a.preload = 'auto' })"
        )
        == 0.5
    )
    typed = (
        visitor.scene.core.submit(TurnRequest("turn on the kitchen light", source="test"))
        .future.result(20)
        .result.turn_id
    )
    visitor.go(f"/turns/{typed}")
    expect(visitor.page.locator("audio")).to_have_count(0)


def test_a_document_is_added_read_asked_about_and_taken_away(visitor, tmp_path):
    paper = tmp_path / "washing machine.md"
    paper.write_text("# Washing machine\n\nError E18 means that the pump is blocked. Clean the filter.\n")
    visitor.pair()
    visitor.go("/knowledge")
    visitor.page.get_by_label("File").set_input_files(paper)
    visitor.page.get_by_role("button", name="Upload").click()
    expect(visitor.page.get_by_text("Passages: 1")).to_be_visible()
    visitor.shot("knowledge")
    visitor.page.get_by_role("button", name="Hold whole: washing machine.md").click()
    expect(visitor.page.get_by_text("held whole by")).to_be_visible()
    visitor.page.get_by_role("button", name="Remove: washing machine.md").click()
    expect(visitor.page.get_by_text("No documents.")).to_be_visible()

    (tmp_path / "virus.exe").write_text("x")
    visitor.page.get_by_label("File").set_input_files(tmp_path / "virus.exe")
    visitor.page.get_by_role("button", name="Upload").click()
    expect(visitor.page.get_by_role("status").first).to_contain_text("virus.exe: can't be read")


def test_a_document_that_was_read_before_the_page_listened_is_shown(visitor, tmp_path, monkeypatch):
    shown, read = threading.Event(), threading.Event()
    reads = Library.read

    def when_shown(library, *what):
        assert shown.wait(20)
        reads(library, *what)
        read.set()

    monkeypatch.setattr(Library, "read", when_shown)
    visitor.pair()
    visitor.go("/knowledge")
    paper = tmp_path / "kettle.md"
    paper.write_text("# Kettle\n\nDescale it with vinegar.\n")
    visitor.page.get_by_label("File").set_input_files(paper)

    def listens_late(route):
        shown.set()
        assert read.wait(20)
        time.sleep(0.5)  # the page's own word of it is out by then
        route.continue_()

    visitor.page.route("**/events", listens_late)
    visitor.page.get_by_role("button", name="Upload").click()
    expect(visitor.page.get_by_text("Passages: 1")).to_be_visible()
    assert read.is_set()
    visitor.page.get_by_role("button", name="Remove: kettle.md").click()
    expect(visitor.page.get_by_text("No documents.")).to_be_visible()


def test_a_backup_is_downloaded_and_its_restore_ordered(visitor, tmp_path):
    visitor.pair()
    visitor.go("/system")
    visitor.page.get_by_role("link", name="Backup and update").click()
    with visitor.page.expect_download() as download:
        visitor.page.get_by_role("button", name="Download a backup").click()
    file = tmp_path / "kept.backup"
    download.value.save_as(file)
    assert "config/assistant.toml" in read_backup(file) and "state/access.json" in read_backup(file)
    visitor.shot("upkeep")

    (tmp_path / "wrong.backup").write_text("no backup")
    visitor.page.get_by_label("Backup file").set_input_files(tmp_path / "wrong.backup")
    visitor.page.get_by_role("button", name="Restore").click()
    expect(visitor.page.get_by_text("wrong.backup is no backup")).to_be_visible()
    visitor.page.get_by_label("Backup file").set_input_files(file)
    visitor.page.get_by_role("button", name="Restore").click()
    expect(visitor.page.get_by_text("The order is being carried out")).to_be_visible()
    visitor.shot("upkeep-waits")

    # Root's part, as the path unit of systemd starts it.
    order = take(tmp_path / "state" / "orders", tmp_path)
    assert order.kind == "restore" and read_backup(order.file) == read_backup(file)
    carry_out(order, {"restore": lambda _file: (True, "12 files restored")}, tmp_path / "machine")
    expect(visitor.page.get_by_text("Restore: 12 files restored")).to_be_visible()
    expect(visitor.page.get_by_text("The order is being carried out")).to_have_count(0)


def test_releases_are_installed_looked_for_and_undone_by_order(visitor, tmp_path):
    (tmp_path / "evil.bundle").write_text("echo hacked")
    visitor.pair()
    visitor.go("/system/upkeep")
    visitor.page.get_by_label("Release file").set_input_files(tmp_path / "evil.bundle")
    visitor.page.get_by_role("button", name="Install").click()
    expect(visitor.page.get_by_text("evil.bundle")).to_be_visible()
    for button, kind in (("Look for a new one", "look"), ("Go back (1)", "rollback")):
        visitor.page.get_by_role("button", name=button).click()
        expect(visitor.page.get_by_text("The order is being carried out")).to_be_visible()
        order = take(tmp_path / "state" / "orders", tmp_path)
        assert order.kind == kind
        carry_out(order, {kind: lambda _file: (False, "it is no newer")}, tmp_path / "machine")
        expect(visitor.page.get_by_text("it is no newer")).to_be_visible()


def test_a_correction_that_cannot_be_is_told_and_not_kept(visitor):
    visitor.pair()
    say(visitor, "candle time").get_by_role("link").click()
    visitor.page.get_by_label("From now on this sentence means").fill("what is love")
    visitor.page.get_by_role("button", name="Remember").click()
    expect(visitor.page.get_by_role("status").first).to_contain_text("not one plain command")
    assert not list((visitor.scene.tmp_path / "state").rglob("panel.yaml"))


def test_devices_and_a_lock_that_asks_first(visitor):
    visitor.pair()
    visitor.go("/devices")
    visitor.page.get_by_role("button", name="Bedroom Lamp: On").click()
    expect(visitor.page.locator("#toast")).to_contain_text("is on")
    assert visitor.scene.state("light.bedroom") == "on"
    expect(visitor.page.locator("#toast")).to_be_empty(timeout=15_000)

    asked = []
    visitor.page.once("dialog", lambda dialog: (asked.append(dialog.message), dialog.dismiss()))
    visitor.page.get_by_role("button", name="Front Door: Unlock").click()
    visitor.page.wait_for_timeout(500)
    assert "really" in asked[0] and visitor.scene.state("lock.front_door") == "locked"
    visitor.page.once("dialog", lambda dialog: dialog.accept())
    visitor.page.get_by_role("button", name="Front Door: Unlock").click()
    expect(visitor.page.locator("#toast")).to_contain_text("unlocked")
    assert visitor.scene.state("lock.front_door") == "unlocked"


def test_a_setting_and_a_wrong_one(visitor):
    visitor.pair()
    visitor.go("/settings")
    visitor.page.get_by_label("What it calls itself").fill("Ada")
    visitor.page.get_by_role("button", name="Save").click()
    expect(visitor.page.get_by_label("What it calls itself")).to_have_value("Ada")
    assert visitor.scene.parts.config.assistant.name == "Ada"
    visitor.page.get_by_label("Sensitivity of the wake word").evaluate("field => { field.max = 9; field.value = 7 }")
    visitor.page.get_by_role("button", name="Save").click()
    expect(visitor.page.get_by_role("alert")).to_contain_text("wake.sensitivity must be from 0 to 1")
    assert visitor.scene.parts.config.wake.sensitivity == 0.5
    visitor.wrong = [text for text in visitor.wrong if "400" not in text]  # the browser notes the form's status


def test_a_timer_is_set_shown_and_taken_away(visitor):
    visitor.pair()
    visitor.go("/agenda")
    visitor.page.get_by_label("Sentence").fill("set a pasta timer for ten minutes")
    visitor.page.get_by_role("button", name="Send").click()
    cancel = visitor.page.get_by_role("button", name="Cancel: pasta")
    expect(cancel).to_be_visible()
    visitor.shot("agenda")
    cancel.click()
    expect(visitor.page.get_by_text("Nothing is set")).to_be_visible()


def test_a_token_is_shown_once(visitor):
    visitor.pair()
    visitor.go("/access")
    visitor.page.get_by_label("Name of the program").fill("hub")
    visitor.page.get_by_label("see and switch the house").check()
    visitor.page.get_by_role("button", name="New token").click()
    secret = visitor.page.locator("#secret").inner_text()
    assert [str(s) for s in visitor.scene.served.access.token(secret).scopes] == ["house"]
    visitor.go("/access")
    assert secret not in visitor.page.content()


def test_chinese(visitor):
    visitor.pair()
    visitor.page.get_by_label("Language").select_option("zh")
    visitor.page.get_by_role("button", name="Choose").click()
    expect(visitor.page.get_by_role("link", name="设备")).to_be_visible()
    assert visitor.page.locator("html").get_attribute("lang") == "zh"
    visitor.shot("chinese")


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_barriers(visitor, scheme):
    from axe_playwright_python.sync_playwright import Axe

    visitor.page.emulate_media(color_scheme=scheme)
    faults = []
    visitor.go("/pair")
    faults += serious(Axe().run(visitor.page), "/pair")
    visitor.pair()
    say(visitor, "turn on the kitchen light").wait_for()
    say(visitor, "set a timer for ten minutes").wait_for()
    turn = f"/turns/{visitor.scene.core.turns[0].result.turn_id}"
    for path in (*PAGES, turn):
        visitor.go(path)
        faults += serious(Axe().run(visitor.page), path)
        visitor.shot(f"{scheme}{path.partition('/turns/')[0].replace('/', '-')}")
    assert faults == []


def serious(results, path):
    return [
        f"{path}: {fault['id']}: {fault['nodes'][0]['html']}"
        for fault in results.response["violations"]
        if fault["impact"] in ("serious", "critical")
    ]


def test_a_phone_needs_no_sideways_scrolling_and_a_keyboard_is_enough(visitor):
    visitor.page.set_viewport_size({"width": 360, "height": 740})
    visitor.pair()
    for path in PAGES:
        visitor.go(path)
        wide = visitor.page.evaluate("document.documentElement.scrollWidth > document.documentElement.clientWidth")
        assert not wide, path
        visitor.shot(f"phone{path.replace('/', '-')}")
    visitor.go("/")
    visitor.page.keyboard.press("Tab")
    assert visitor.page.evaluate("document.activeElement.className") == "skip"
    visitor.page.get_by_label("Sentence").focus()
    visitor.page.keyboard.type("turn on the kitchen light")
    visitor.page.keyboard.press("Enter")
    expect(visitor.page.locator("#turns li").first).to_contain_text("is on")
