"""The panel over a real house, real sentences and real skills; only models and sound are fakes."""

import asyncio
import contextlib

import numpy as np
from api_server import running, served_of

from assistant.api.app import build_api
from assistant.api.attach import house_of
from assistant.api.mcp_server import McpEndpoint, mcp_server
from assistant.config import Config
from assistant.config.reading import with_own_settings
from assistant.config.sections import PathsSection, RecordingsSection
from assistant.parts import Parts
from assistant.service.core import Core
from assistant.service.loudspeaker import Loudspeaker
from assistant.service.recordings import Recordings
from assistant.service.settings import LastingSettings
from assistant.service.worker import Worker
from assistant.testing import FakeEars, FakeEmbedder, FakePlayer, FakePulse, FakeStages, FakeTalk
from assistant.types import AudioClip, NoIntent
from assistant.update.backup import Places
from assistant.web.panel import Panel
from assistant.web.upkeep import Upkeep

CLIP = AudioClip(np.ones(10, np.int16), 16_000)


class NoModel:
    """Understands nothing."""

    def understand(self, text, context):
        return NoIntent("no model here")

    def update(self, home):
        """Nothing to do."""

    def warm(self):
        """Nothing to do."""


class PanelScene:
    """What the tests look at: the core, the house, what was told in the house."""

    def __init__(self, tmp_path, parts, core, served, told):
        self.tmp_path, self.parts, self.core, self.served, self.told = tmp_path, parts, core, served, told
        self.url = ""
        self.upkeep = None

    def state(self, device_id):
        return next(d.state for d in self.parts.house.snapshot().devices if d.id == device_id)


@contextlib.contextmanager
def panel(tmp_path, *, api=None, talk=None):
    """A running panel."""
    paths = PathsSection(tmp_path / "models", tmp_path / "state", tmp_path / "run")
    config = Config(paths=paths, recordings=RecordingsSection(keep=True))
    told = []
    with Parts(config) as parts:
        parts.understanding.model_for = lambda _home: NoModel()
        parts.understanding.__dict__["embedder"] = FakeEmbedder()
        talk = talk or FakeTalk(["I do ", "not know."])
        stages = FakeStages(lambda: _turn(parts, talk), CLIP)
        stages.context = parts.context
        loudspeaker = Loudspeaker(lambda: FakePlayer(), ring_pause_s=0.01)
        worker = Worker("thinking", FakePulse(), limit_s=60)
        core = Core(stages, loudspeaker, worker, settings=LastingSettings(None), earcons=False)
        core.recordings = Recordings(config.paths.state / "recordings", lambda: config.recordings)
        served = served_of(tmp_path, core=core, config=config, told=told, api=api)
        scene = PanelScene(tmp_path, parts, core, served, told)
        scene.upkeep = _upkeep(tmp_path)

        def reload():
            parts.reload(with_own_settings(config))
            core.forget_conversations()

        def build():
            core.events.attach(asyncio.get_running_loop())
            house = house_of(parts)
            house.reload = reload
            house.upkeep = lambda: scene.upkeep
            pages = Panel(core, house, served.access, served.desk)
            mcp = McpEndpoint(lambda: mcp_server(core, lambda: parts.house))
            scene.mcp = mcp
            return build_api(served, [*pages.routes(), mcp.route()])

        loudspeaker.start()
        worker.start()
        try:
            with running(build, beside=lambda: scene.mcp.running()) as server:
                scene.url = server.url
                yield scene
        finally:
            worker.close(5)
            loudspeaker.close(5)


def _upkeep(tmp_path):
    """An installed machine: two releases, a configuration, a publisher's key."""
    etc, prefix = tmp_path / "etc", tmp_path / "opt"
    for number in "12":
        (prefix / f"venv-{number}").mkdir(parents=True)
    (prefix / "venv").symlink_to("venv-2")
    (prefix / "venv.previous").symlink_to("venv-1")
    (etc / "update-keys").mkdir(parents=True)
    (etc / "assistant.toml").write_text("[assistant]\n")
    return Upkeep(
        Places(etc, tmp_path / "state"),
        outcome=tmp_path / "machine",
        prefix=prefix,
        keys=etc / "update-keys",
        orders=True,
        url="https://releases.example/assistant.bundle",
    )


def _turn(parts, talk):
    mind = parts.mind_for(parts.house)
    return parts.turn(mind=mind, ears=FakeEars(["turn on the kitchen light"]), talk=talk, speak=False)
