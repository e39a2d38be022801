"""The models that are served, by the names that Ollama's and OpenAI's clients use for them."""

from __future__ import annotations

import datetime as dt
import re
from dataclasses import dataclass

from assistant.api.replies import HttpError
from assistant.config import Config
from assistant.errors import ModelError
from assistant.models.installed import ResolvedModel, resolve
from assistant.models.manifest import Model, load_manifest
from assistant.types import JsonValue

EMBEDDING_NAME = "all-minilm:latest"
EMBEDDING_MODEL = "minilm-l6-v2-int8"
HEARING_NAMES = ("whisper-1", "vosk")
SPEAKING_NAMES = ("tts-1", "tts-1-hd", "gpt-4o-mini-tts", "piper")
TEXT_FORMATS = ("json", "text", "srt", "verbose_json", "vtt")
TRAINED_CONTEXT = 32_768


@dataclass(frozen=True, slots=True)
class ServedName:
    """One model. ``aliases``: what else it is called."""

    name: str
    manifest_name: str
    aliases: frozenset[str]
    capabilities: tuple[str, ...]
    parameter_size: str
    quantization: str
    family: str


class Catalog:
    """Names to models; sizes and digests come from the manifest, dates from the files."""

    def __init__(self, config: Config) -> None:
        self._config = config
        self.text = _text_name(config)
        self.embedding = ServedName(
            EMBEDDING_NAME,
            EMBEDDING_MODEL,
            frozenset({"all-minilm", "all-minilm:22m", "all-minilm-l6-v2", "all-minilm:l6-v2", EMBEDDING_MODEL}),
            ("embedding",),
            "23M",
            "int8",
            "bert",
        )

    def find_text(self, name: str) -> ServedName:
        """The language model called ``name``. Raises HttpError 404 (unknown) or 400 (no language model)."""
        found = self.find(name)
        if found is not self.text:
            raise HttpError(400, f'"{name}" does not support chat', code="model_not_supported", param="model")
        return found

    def find(self, name: str) -> ServedName:
        """The model called ``name``. Raises HttpError 404."""
        for model in (self.text, self.embedding):
            if _plain(name) in {_plain(model.name), *map(_plain, model.aliases)}:
                return model
        shown = name[:100]
        raise HttpError(404, f"model '{shown}' not found", code="model_not_found", param="model")

    def installed(self) -> list[ServedName]:
        """Those whose files are there."""
        return [model for model in (self.text, self.embedding) if self.resolved(model) is not None]

    def resolved(self, model: ServedName) -> ResolvedModel | None:
        """Where it lies (its stand-in, where that serves); ``None`` where it is not installed."""
        try:
            return resolve(model.manifest_name, self._config.paths.models)
        except ModelError:
            return None

    def entry(self, model: ServedName) -> dict[str, JsonValue]:
        """The model as Ollama lists it."""
        resolved = self.resolved(model)
        listed = _listed(resolved.name) if resolved is not None else None
        path = resolved.path if resolved is not None else None
        size = listed.size if listed else path.stat().st_size if path else 0
        modified = path.stat().st_mtime if path else 0.0
        return {
            "name": model.name,
            "model": model.name,
            "modified_at": dt.datetime.fromtimestamp(modified, dt.UTC).isoformat(),
            "size": size,
            "digest": listed.files[0].sha256 if listed and listed.files else "",
            "details": self.details(model),
        }

    def details(self, model: ServedName) -> dict[str, JsonValue]:
        """What Ollama calls details; ``parent_model`` names the stand-in where one serves."""
        resolved = self.resolved(model)
        stands_in = resolved is not None and resolved.name != model.manifest_name
        return {
            "parent_model": resolved.name if resolved is not None and stands_in else "",
            "format": "gguf" if model is self.text else "onnx",
            "family": model.family,
            "families": [model.family],
            "parameter_size": model.parameter_size,
            "quantization_level": model.quantization,
        }

    def licence(self, model: ServedName) -> str:
        """The licence's name."""
        listed = _listed(model.manifest_name)
        return listed.license if listed else ""


def _text_name(config: Config) -> ServedName:
    name = config.llm.model
    if "/" in name:
        name = re.sub(r"\.gguf$", "", name.rpartition("/")[2].lower())
    found = re.match(r"(?P<family>[a-z]+[\d.]*)-(?P<tag>(?:coder-)?(?P<size>[\d.]+b).*)$", name)
    if found is None:
        return ServedName(f"{name}:latest", config.llm.model, frozenset({name}), _capabilities(name), "", "", "qwen2")
    family, tag, size = found["family"], found["tag"], found["size"]
    served = f"{family}:{tag}"
    aliases = {name, f"{name}:latest", f"{name}.gguf", f"{family}:{size}", f"{family}:{size}-instruct", family}
    quantization = next(iter(re.findall(r"q\d\w*$", tag)), "")
    return ServedName(
        served, config.llm.model, frozenset(aliases), _capabilities(name), size.upper(), quantization.upper(), "qwen2"
    )


def _capabilities(name: str) -> tuple[str, ...]:
    return ("completion", "tools", "insert") if "coder" in name else ("completion", "tools")


def _plain(name: str) -> str:
    return name.strip().lower().removesuffix(":latest")


def _listed(name: str) -> Model | None:
    try:
        return load_manifest().get(name)
    except ModelError:
        return None
