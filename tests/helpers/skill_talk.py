"""A conversation with the skills for tests: the built-in house, a fake clock, no language model."""

from assistant.config import Config
from assistant.config.sections import AssistantSection
from assistant.home.house import House
from assistant.home.inventory import load_inventory
from assistant.nlu.languages import concern_for, dialogue_for
from assistant.nlu.matcher import SentenceMatcher
from assistant.nlu.mind import DialogueMind
from assistant.parts.skills import SkillParts
from assistant.skills.agenda.runner import AgendaRunner
from assistant.testing import FakeRinger, FakeTime
from assistant.turn.turn import Turn
from assistant.types import Home, TurnContext


class FakeControls:
    """Knobs that remember how they were turned."""

    def __init__(self):
        self.volume = 0.5
        self.muted = False
        self.restarted = False

    def set_volume(self, volume):
        self.volume = volume
        return volume

    def mute(self, on):
        self.muted = on

    def restart(self):
        self.restarted = True


class Conversation:
    """``say`` returns the turn's result; ``wait`` lets time pass and does what is due."""

    def __init__(self, home: Home | None = None, language="en", area="Kitchen", talk=None, model=None, **config):
        self.area = area
        self.said = 0
        self.time = FakeTime()
        settings = Config(assistant=AssistantSection(language=language), **config)
        self.house = House.from_home(home if home is not None else load_inventory(None), language)
        self.parts = SkillParts(settings, store_path=None, clock=self.time, model=model)
        self.parts.controls = self.controls = FakeControls()
        self.ringer = FakeRinger()
        self.runner = AgendaRunner(
            self.parts.agenda, self.ringer, self.house.carry_out, self.time, self.parts.language.wording
        )
        self.mind = DialogueMind(
            home=self.house.snapshot,
            matcher_for=lambda home: SentenceMatcher(home, language),
            memory=dialogue_for(language),
            model=lambda: concern_for(language, self.house.snapshot()),
        )
        self.skills = self.parts.conversation(self.house, self.mind)
        self.turn = Turn(ears=None, mind=self.mind, house=self.house, talk=talk, voice=None, skills=self.skills)

    def say(self, text, **how):
        self.said += 1
        context = TurnContext(now=self.time.now(), area=self.area, turn_id=f"t{self.said}")
        return self.turn.run(text, context, **how)

    def wait(self, seconds):
        self.time.advance(seconds)
        self.runner.step()
