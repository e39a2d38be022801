"""A real server on loopback over fakes, in a thread of its own, for clients that block."""

import asyncio
import contextlib
import threading
from dataclasses import replace

import numpy as np

from assistant.api.access import Access, PairingDesk
from assistant.api.app import Served, build_api
from assistant.api.server import LimitedProtocol, listen, serving
from assistant.config import Config
from assistant.config.sections import ApiSection, PathsSection
from assistant.testing import FakeEmbedder, FakeTextModel, FakeVoice
from assistant.types import AudioClip, Transcript, Word

MODEL = "qwen2.5:0.5b-instruct-q4_k_m"
CLIP = AudioClip((np.sin(np.arange(8000) / 8) * 8000).astype(np.int16), 16_000)


class EveryEar:
    """Hears the same in everything; keeps the clips."""

    def __init__(self):
        self.clips = []

    def transcribe(self, clip):
        self.clips.append(clip)
        words = tuple(Word(text, i * 0.3, i * 0.3 + 0.25, 0.9) for i, text in enumerate(("turn", "it", "on")))
        return Transcript("turn it on", words)


def install_nothing(models_dir):
    """Files of the right names and sizes, without a byte on the disk, so that the models count as installed."""
    from assistant.models.manifest import load_manifest

    for name in ("qwen2.5-0.5b-instruct-q4_k_m", "minilm-l6-v2-int8"):
        model = load_manifest().get(name)
        for file in model.files:
            path = models_dir / name / file.path
            path.parent.mkdir(parents=True, exist_ok=True)
            with path.open("wb") as sparse:
                sparse.truncate(file.size)


def served_of(tmp_path, *, text=None, core=None, config=None, api=None, told=None, access=None):
    """What is served, over fakes."""
    install_nothing(tmp_path / "models")
    config = config or Config(paths=PathsSection(tmp_path / "models", tmp_path / "state", tmp_path / "run"))
    config = replace(config, api=api or ApiSection())
    ear = EveryEar()
    return Served(
        config=config,
        text=text or FakeTextModel(),
        hearing=lambda: ear,
        speaking=lambda: FakeVoice(CLIP),
        embedding=FakeEmbedder,
        access=access or Access(tmp_path / "state" / "access.json"),
        desk=PairingDesk((told if told is not None else []).append),
        core=core,
    )


class Running:
    """A server that runs; ``call`` runs a coroutine function on its loop."""

    def __init__(self, api, port, loop):
        self.api, self.port, self.loop = api, port, loop
        self.url = f"http://127.0.0.1:{port}"

    def call(self, coroutine):
        return asyncio.run_coroutine_threadsafe(coroutine, self.loop).result(20)


@contextlib.contextmanager
def running(make, *, addresses=("127.0.0.1",), protocol=LimitedProtocol, beside=contextlib.AsyncExitStack, tls=None):
    """Serve what ``make()`` builds (called on the server's own loop) until the block is left."""
    started = threading.Event()
    box = {}

    async def live():
        box["loop"], box["stop"] = asyncio.get_running_loop(), asyncio.Event()
        sockets = listen(addresses, 0)
        api = make()
        async with beside(), serving(api.app, sockets, protocol=protocol, tls=tls):
            box["running"] = Running(api, sockets[0].getsockname()[1], box["loop"])
            started.set()
            await box["stop"].wait()
        if hasattr(api, "generator"):
            api.generator.close()

    def run():
        try:
            asyncio.run(live())
        except BaseException as error:
            box["error"] = error
        finally:
            started.set()

    thread = threading.Thread(target=run, daemon=True)
    thread.start()
    started.wait(20)
    try:
        if "running" not in box:
            raise box["error"]
        yield box["running"]
    finally:
        if "stop" in box and not box["loop"].is_closed():
            box["loop"].call_soon_threadsafe(box["stop"].set)
        thread.join(20)
    if "error" in box:
        raise box["error"]


def serve(served):
    """The plain interfaces over ``served``."""
    return running(lambda: build_api(served))
