"""Free memory is given back when nobody waits, and not for nothing."""

from assistant.machine.memory import Tidy


def test_it_is_given_back_once_after_something_happened():
    trimmed = []
    tidy = Tidy(lambda: trimmed.append(1))
    assert not tidy.tidy() and trimmed == []
    tidy.used()
    tidy.used()
    assert tidy.tidy() and not tidy.tidy()
    assert trimmed == [1]
