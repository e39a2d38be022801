"""The assistant put together with parts missing: what does not need them works."""

import dataclasses

from assistant.config import Config, PathsSection
from assistant.parts import Parts


def test_without_any_model_a_typed_command_is_carried_out(tmp_path):
    paths = PathsSection(models=tmp_path / "none", state=tmp_path / "state")
    with Parts(dataclasses.replace(Config(), paths=paths)) as parts:
        turn = parts.turn(speak=False)
        done = turn.run("turn on the kitchen light", parts.context())
        assert done.states["light.kitchen"].state == "on" and done.error is None
        wish = turn.run("i am freezing in the living room", parts.context())
        assert wish.actions == () and wish.error is None and "changed nothing" in wish.reply
        question = turn.run("who wrote hamlet", parts.context())
        assert question.error is not None and "is not installed" in question.error
