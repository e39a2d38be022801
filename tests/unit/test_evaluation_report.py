"""The evaluation's table."""

from assistant.evaluation.report import markdown
from assistant.evaluation.sets import Mark, SetResult


def test_times_are_told_apart_by_what_understood():
    marks = tuple(
        Mark(str(place), "direct", "x", None, route, ms)
        for place, (route, ms) in enumerate([("match", 1.0), ("match", 3.0), ("model", 400.0), (None, 5.0)])
    )
    table = markdown([SetResult("set", marks)])
    assert (
        "| match | 2 | 1.0 | 3.0 |" in table or "| match | 2 | 3.0 | 3.0 |" in table or "| match | 2 | 2.0 |" in table
    )
    assert "| model | 1 | 400.0 | 400.0 |" in table
    assert "| none | 1 | 5.0 | 5.0 |" in table
