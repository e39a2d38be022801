"""The benchmark's crowd of clients against the API over fakes: it asks until it is stopped, and counts what came of it."""

import subprocess
import sys
import time

from api_server import MODEL, serve, served_of

from assistant.api.limits import RateLimit
from assistant.bench.crowd import TOKENS
from assistant.testing import FakeTextModel


def test_the_crowd_asks_until_it_is_stopped(tmp_path):
    model = FakeTextModel()
    served = served_of(tmp_path, text=model)
    served.rate = RateLimit(1e6, 1_000_000)
    with serve(served) as server:
        command = [sys.executable, "-m", "assistant.bench.crowd", server.url, "4", MODEL]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            process.stdin.write("go\n")
            process.stdin.flush()
            while len(model.requests) < 12:
                pass
            process.stdin.write("stop\n")
            process.stdin.flush()
            word, answered, refused, failed = process.stdout.readline().split()
            time.sleep(0.5)  # in which the server takes up what was still on its way
            asked = len(model.requests)
            time.sleep(0.2)
            process.stdin.close()
            process.wait(30)
    assert (word, refused, failed) == ("idle", "0", "0") and int(answered) >= 8
    assert len(model.requests) == asked, "nobody asks any more"
    assert model.requests[0].max_tokens == TOKENS
