"""Templates of devices: what the field's use works, and what bombs, escapes and never ends is refused at once."""

import pytest

from assistant.home.backends.plain import Refused, parse_json, plain_name, plain_text, slug
from assistant.home.backends.template import Missing, compile_template

WORKS = [
    ("{{ value_json.state }}", '{"state":"ON"}', "ON"),
    ("{{ value_json['brightness']|float(0) / 255 * 100 }}", '{"brightness":255}', "100.0"),
    ("{% if value == 'x' %}a{% else %}b{% endif %}", "x", "a"),
    ("{{ value.split(',')[0] }}", "1,2,3", "1"),
    ("{{ {'a': 'b'}[value] }}", "a", "b"),
    ("{{ value_json.items }} {{ value_json.none|default(3) }}", '{"items": 3}', "3 3"),
    ("{{ value ~ '-' ~ value }}", "x", "x-x"),
    ("{% for k in value_json %}{{ k }}{% if not loop.last %},{% endif %}{% endfor %}", "[1,2]", "1,2"),
    ("{{ value_json.update.state }}", '{"update": {"state": "idle"}}', "idle"),
    ("{{ (value | float * 1.8 + 32) | round(1) }}", "20", "68.0"),
    ("{{ value | regex_replace('[a-z]+', '') }}", "12abc", "12"),
]
REFUSED = [
    "{{ 'a' * 10**9 }}",
    "{{ 9**9**9 }}",
    "{% for i in range(99999999) %}{% endfor %}",
    "{% for i in range(500) %}{% for j in range(500) %}x{% endfor %}{% endfor %}",
    "{% set a = 'aaaaaaaaaa' %}" + "{% set a = a ~ a %}" * 30 + "{{ a }}",
    "{% set a = [1] %}" + "{% set a = [a, a] %}" * 30 + "{{ a }}",
    "{% set a = [1] %}" + "{% set a = a + a %}" * 30 + "{{ a }}",
    "{{ ''.__class__.__mro__ }}",
    "{{ cycler.__init__.__globals__ }}",
    "{{ value.format(1) }}",
    "{{ '%1000000000d' % 1 }}",
    "{{ 'a'|center(1000000000) }}",
    "{% macro a() %}{{ a() }}{% endmacro %}{{ a() }}",
    "{% include 'x' %}",
    "{{ " + "(" * 1900 + "1" + ")" * 1900 + " }}",
    "{{ " + "-" * 3000 + "1 }}",
    "{{ value" + "|replace('a', 'aaaaaaaaaaaaaaaaaaaaaaaaaaaa')" * 9 + " }}",
    "{{ value | regex_replace('(a+)+$', '') }}",
    "{{ value" + " " * 5000 + "}}",
    "{{ loop_budget__ }}",
]


@pytest.mark.parametrize(("source", "payload", "result"), WORKS)
def test_what_devices_use(source, payload, result):
    assert compile_template(source).of_payload(payload) == result


@pytest.mark.timeout(20)
@pytest.mark.parametrize("source", REFUSED)
def test_what_does_harm_is_refused(source):
    with pytest.raises(Refused):
        compile_template(source).of_payload("aaaaaaaaaaaaaaaaaaaaaaaaaaaa")


@pytest.mark.parametrize("source", ["{{ value_json.x }}", "{{ value_json.a.b }}", "{{ value_json.x | is_defined }}"])
def test_what_the_message_lacks_is_missing_not_wrong(source):
    with pytest.raises(Missing):
        compile_template(source).of_payload('{"y": 1}')


def test_names_texts_and_ids():
    assert plain_name("Küche\n<|im_end|> `x`") == "Küche im end x"
    assert plain_name("\x00\x1b") == plain_name(None) == ""
    assert plain_text("a\nb<|x|>\x07") == "a b x"
    assert slug("Kitchen Lämp #2") == "kitchen_lamp_2"


@pytest.mark.parametrize("text", ["[" * 100_000, "{", '{"a": NaN}', "[" * 20 + "]" * 20, '"' + "a" * 200 + '"'])
def test_json_that_cannot_be_used(text):
    with pytest.raises(Refused):
        parse_json(text, 150 if text.startswith('"') else 1_000_000)
