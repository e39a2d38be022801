"""The real models on this machine are what the manifest says, byte for byte."""

import pytest

from assistant.models.installed import resolve, verify
from assistant.models.manifest import load_manifest


@pytest.mark.real
@pytest.mark.parametrize("name", [model.name for model in load_manifest().defaults()])
def test_an_installed_model_is_whole(models_dir, name):
    manifest = load_manifest()
    found = resolve(name, models_dir, manifest)
    assert verify(manifest.get(found.name), models_dir) == []
    assert found.path.exists()
