"""The board: power and heat in plain words, the library that its cores can run, and notices that are spoken once."""

import pytest

from assistant.machine import notices
from assistant.machine.board import FAST_LIBRARY, LOADED_NAME, PLAIN_LIBRARY, fit, library_for
from assistant.machine.health import Health, HealthWatch, read_health
from assistant.machine.notices import Notice

PI4 = "Features\t: fp asimd evtstrm crc32 cpuid\n" * 4
PI5 = "Features\t: fp asimd aes fphp asimdhp cpuid asimdrdm lrcpc dcpop asimddp\n" * 4


def test_the_weakest_core_decides():
    assert library_for(PI4) == PLAIN_LIBRARY
    assert library_for(PI5) == FAST_LIBRARY
    assert library_for(PI5 + PI4) == PLAIN_LIBRARY
    assert library_for("") == PLAIN_LIBRARY


def test_a_card_that_moves_to_another_board_is_fitted_again(tmp_path):
    folder = tmp_path / "lib/python3.13/site-packages/llama_cpp/lib"
    folder.mkdir(parents=True)
    assert fit(tmp_path, PI5) is None, "one build only: nothing to choose"
    for name in (PLAIN_LIBRARY, FAST_LIBRARY):
        (folder / name).write_text(name)
    assert fit(tmp_path, PI5) == FAST_LIBRARY
    assert (folder / LOADED_NAME).read_text() == FAST_LIBRARY
    assert fit(tmp_path, PI5) is None
    assert fit(tmp_path, PI4) == PLAIN_LIBRARY
    assert (folder / LOADED_NAME).read_text() == PLAIN_LIBRARY


def sys_files(tmp_path, **files):
    for name, text in files.items():
        path = tmp_path / name.replace("__", "/").replace("_at_", ":")
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
    return tmp_path


@pytest.mark.parametrize(
    ("bits", "weak", "heat", "earlier"),
    [
        ("0", False, False, False),
        ("0x0", False, False, False),
        ("50005", True, False, True),
        ("50000", False, False, True),
        ("8", False, True, False),
        ("4", False, True, False),
        ("rubbish", False, False, False),
    ],
)
def test_what_the_firmware_tells(tmp_path, bits, weak, heat, earlier):
    folder = tmp_path / "devices/platform/soc/soc:firmware"
    folder.mkdir(parents=True)
    (folder / "get_throttled").write_text(bits + "\n")
    health = read_health(tmp_path)
    assert (health.weak_power, health.slowed_by_heat, health.weak_power_earlier) == (weak, heat, earlier)


def test_what_the_plain_kernel_tells(tmp_path):
    sys_files(
        tmp_path,
        class__thermal__thermal_zone0__temp="84100\n",
        class__hwmon__hwmon1__name="rpi_volt\n",
        class__hwmon__hwmon1__in0_lcrit_alarm="1\n",
    )
    health = read_health(tmp_path)
    assert (health.temperature_c, health.weak_power, health.hot) == (84.1, True, True)


def test_a_machine_that_tells_nothing_is_well(tmp_path):
    assert read_health(tmp_path) == Health(None, False, False)


def test_each_trouble_is_said_when_it_begins_and_not_again_for_a_day():
    watch = HealthWatch()
    well, hot, weak = Health(50.0, False, False), Health(83.0, False, False), Health(50.0, True, False)
    assert watch.check(well, 0) == []
    (said,) = watch.check(hot, 60)
    assert said == Notice("too_hot", {"degrees": 83})
    assert watch.check(hot, 120) == []
    assert watch.check(Health(75.0, False, False), 180) == [], "not cool yet"
    assert watch.check(hot, 240) == []
    assert watch.check(well, 300) == watch.check(hot, 360) == [], "the same day"
    (said,) = watch.check(weak, 400)
    assert said == Notice("weak_power")
    watch.check(well, 500)
    assert len(watch.check(hot, 60 + 86_400)) == 1


def test_notices_are_taken_once_in_their_order(tmp_path):
    assert notices.take(tmp_path) == []
    notices.leave(tmp_path, "updated", version="2")
    notices.leave(tmp_path, "updated", version="2")
    notices.leave(tmp_path, "boot_file", problem="x" * 1000, line=3)
    first, second = notices.take(tmp_path)
    assert first == Notice("updated", {"version": "2"})
    assert len(str(second.values["problem"])) == notices.LONGEST
    assert notices.take(tmp_path) == []


def test_a_sentence_that_an_older_release_left_is_told_as_it_is(tmp_path):
    (tmp_path / notices.FOLDER).mkdir()
    (tmp_path / notices.FOLDER / "0123.txt").write_text("I went back to version 1.\n", encoding="utf-8")
    assert notices.take(tmp_path) == [Notice("", text="I went back to version 1.")]
