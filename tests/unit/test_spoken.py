"""What is written becomes what a person would say."""

import pytest

from assistant.tts.spoken import spoken_form

SAID = {
    # readings of the house
    "It is 22.5 °C.": "It is twenty-two point five degrees Celsius.",
    "-5°C": "minus five degrees Celsius",
    "1 °C": "one degree Celsius",
    "70 °F": "seventy degrees Fahrenheit",
    "The fan is at 33 %.": "The fan is at thirty-three percent.",
    "50%": "fifty percent",
    "10-20 %": "ten to twenty percent",
    "2700 K": "two thousand seven hundred kelvin",
    "1 kWh": "one kilowatt hour",
    # times and dates
    "7:05": "seven oh five",
    "at 7:00": "at seven o'clock",
    "12:30 PM": "twelve thirty PM",
    "9am-5pm": "nine AM to five PM",
    "6:30 a.m. tomorrow.": "six thirty AM tomorrow.",
    "2026-11-24": "November twenty-fourth, twenty twenty-six",
    "the 1st of May": "the first of May",
    "1980s": "nineteen eighties",
    "2 h 30 min": "two hours thirty minutes",
    # amounts
    "1/2 cup": "one half cup",
    "1,000,000": "one million",
    "$3.50": "three dollars and fifty cents",
    "10 km/h": "ten kilometers per hour",
    "3-5 kg": "three to five kilograms",
    "5'10\"": "five foot ten",
    "call 555-1234": "call five five five, one two three four",
    "3 × 4 = 12": "three times four equals twelve",
    # abbreviations, names, addresses
    "e.g. milk, i.e. cream etc.": "for example milk, that is cream et cetera.",
    "Dr. Smith lives on 5 Main St.": "Doctor Smith lives on five Main Street.",
    "Henry VIII": "Henry the eighth",
    "https://www.example.com/a?b=c": "example dot com slash a",
    "192.168.1.20": "one nine two dot one six eight dot one dot twenty",
    # markup and what cannot be said
    "**bold** and `code`": "bold and code",
    "# Heading\n- one\n- two": "Heading. one. two.",
    "1. First\n2. Second": "one: First. two: Second.",
    "| a | b |\n|---|---|\n| 1 | 2 |": "a, b. one, two.",
    "[the manual](https://example.com/x)": "the manual",
    "```python\nprint(1)\n```": "",
    "Hello 😀!": "Hello!",
    "<b>hi</b>": "hi",
    "...": "",
    "\x00\x1b": "",
}


@pytest.mark.parametrize(("written", "said"), SAID.items(), ids=range(len(SAID)))
def test_it_is_said_as_people_say_it(written, said):
    assert spoken_form(written) == said


@pytest.mark.parametrize("written", SAID)
def test_what_is_said_stays_as_it_is_when_said_again(written):
    assert spoken_form(spoken_form(written)) == spoken_form(written)


@pytest.mark.parametrize("written", SAID)
def test_no_markup_and_no_digit_reaches_the_voice(written):
    assert not set("*`#|<>_[]{}\\0123456789") & set(spoken_form(written))


def test_other_languages_lose_their_markup_only():
    assert spoken_form("**22,5 °C** im Bad", "de") == "22,5 °C im Bad"
