"""What the tests on the real models share."""

import pytest

from assistant.config import Config
from assistant.parts import Parts


@pytest.fixture(scope="session", autouse=True)
def the_same_speech_each_time():
    """Piper draws noise for each sentence: the same sequence in every run, so that what failed once can be looked at again."""
    import onnxruntime

    onnxruntime.set_seed(20)


@pytest.fixture(scope="module")
def parts():
    """The product's parts as they are configured by themselves; a module's own fixture of that name takes its place."""
    with Parts(Config()) as built:
        yield built
