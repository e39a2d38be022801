"""Configuration: one TOML file -> frozen sections, with every default in one place."""

from assistant.config.reading import load_config
from assistant.config.sections import Config

__all__ = ["Config", "load_config"]
