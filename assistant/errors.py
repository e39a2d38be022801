"""The tree of everything that can be broken.

AssistantError
├── ConfigError         a setting, inventory or sentence file says something that cannot be used
├── ModelError          a model file is missing, truncated, corrupt or unreadable
├── AudioError          no such device, wrong format, device busy or gone
├── EngineError         the language model could not do its work
│   ├── ContextOverflow the prompt does not fit into the context
│   └── EngineBusy      too many want an answer at once
├── DeviceError         a device of the home refused, or did not answer
├── StorageError        state could not be written or read (full disk, no permission)
└── UpdateError         a release cannot be installed, undone, backed up or restored

Expected outcomes (a sentence that is no command, an ambiguous name) are values, not errors.
"""

from __future__ import annotations


class AssistantError(Exception):
    """Base of all errors that the product raises on purpose.

    ``permanent`` tells the supervisor whether trying again can help. The message is one line: what is
    wrong, with the file or device named. ``mend`` is what the user can do about it, if anything.
    """

    permanent: bool = False

    def __init__(self, message: str, *, mend: str | None = None) -> None:
        super().__init__(message)
        self.mend = mend

    def __str__(self) -> str:
        message = super().__str__()
        return f"{message}; {self.mend}" if self.mend else message


class ConfigError(AssistantError):
    """A configuration, inventory or sentence file cannot be used as written."""

    permanent = True


class ModelError(AssistantError):
    """A model file is missing, truncated, corrupt or unreadable."""

    permanent = True


class AudioError(AssistantError):
    """An audio file or device cannot be used now."""


class EngineError(AssistantError):
    """The language model failed."""


class ContextOverflow(EngineError):
    """The prompt and its answer do not fit into the context."""

    permanent = True


class EngineBusy(EngineError):
    """Too many want an answer of the language model at once; later it works."""


class DeviceError(AssistantError):
    """A device refused a command, or did not answer in time."""


class StorageError(AssistantError):
    """State could not be read or written. ``full``: for want of room."""

    def __init__(self, message: str, *, mend: str | None = None, full: bool = False) -> None:
        super().__init__(message, mend=mend)
        self.full = full


class UpdateError(AssistantError):
    """A release bundle or a backup cannot be used, or there is nothing to go back to."""

    permanent = True
