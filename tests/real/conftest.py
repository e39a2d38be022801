"""What the tests on the real models share."""

import pytest


@pytest.fixture(scope="session", autouse=True)
def the_same_speech_each_time():
    """Piper draws noise for each sentence: the same sequence in every run, so that what failed once can be looked at again."""
    import onnxruntime

    onnxruntime.set_seed(20)
