"""What every test gets: a state of its own, and a reason where models or recordings are not here."""

import sys
from pathlib import Path

import pytest

from assistant.config.environment import default_models_dir

ROOT = Path(__file__).resolve().parents[1]
SHARED_EVAL = ROOT.parent / "shared" / "eval"
MODELS = default_models_dir()


def _missing_model() -> str | None:
    from assistant.errors import ModelError
    from assistant.models.installed import resolve
    from assistant.models.manifest import load_manifest

    try:
        for model in load_manifest().defaults():
            resolve(model.name, MODELS)
    except ModelError as error:
        return str(error)
    return None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    reasons = {"shared": None if SHARED_EVAL.is_dir() else "no ../shared/eval beside the repository"}
    if any(item.get_closest_marker("real") for item in items):
        reasons["real"] = _missing_model()
    for item in items:
        for marker, reason in reasons.items():
            if reason and item.get_closest_marker(marker):
                item.add_marker(pytest.mark.skip(reason=reason))


def pytest_sessionfinish() -> None:
    """llama-cpp-python opens /dev/null twice when it is imported, and leaves it to the interpreter's end, where that is a warning."""
    utilities = sys.modules.get("llama_cpp._utils")
    if utilities is not None:
        utilities.outnull_file.close()
        utilities.errnull_file.close()


@pytest.fixture(autouse=True)
def _own_state(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> None:
    """No test reads or writes the user's configuration and state. The models are the installed ones."""
    own = tmp_path_factory.mktemp("own")
    for variable in ("STATE_DIRECTORY", "RUNTIME_DIRECTORY", "ASSISTANT_CONFIG"):
        monkeypatch.delenv(variable, raising=False)
    monkeypatch.setenv("ASSISTANT_MODELS_DIR", str(MODELS))
    monkeypatch.setenv("ASSISTANT_STATE_DIR", str(own / "state"))
    monkeypatch.setenv("ASSISTANT_RUNTIME_DIR", str(own / "run"))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(own / "config"))


@pytest.fixture
def shared_eval() -> Path:
    """The folder of public cases and recordings beside the repository."""
    if not SHARED_EVAL.is_dir():
        pytest.skip("no ../shared/eval beside the repository")
    return SHARED_EVAL


@pytest.fixture
def models_dir() -> Path:
    """Where the real models are."""
    return MODELS
