"""Named colours as RGB: the CSS values that Home Assistant uses for the names of its sentences."""

from __future__ import annotations

RGB: dict[str, tuple[int, int, int]] = {
    "white": (255, 255, 255),
    "black": (0, 0, 0),
    "red": (255, 0, 0),
    "orange": (255, 165, 0),
    "yellow": (255, 255, 0),
    "green": (0, 128, 0),
    "blue": (0, 0, 255),
    "purple": (128, 0, 128),
    "brown": (165, 42, 42),
    "pink": (255, 192, 203),
    "turquoise": (64, 224, 208),
    "cyan": (0, 255, 255),
    "magenta": (255, 0, 255),
    "violet": (238, 130, 238),
    "indigo": (75, 0, 130),
    "gold": (255, 215, 0),
    "lime": (0, 255, 0),
    "teal": (0, 128, 128),
    "lavender": (230, 230, 250),
    "crimson": (220, 20, 60),
    "navy": (0, 0, 128),
    "gray": (128, 128, 128),
    "grey": (128, 128, 128),
    "salmon": (250, 128, 114),
    "coral": (255, 127, 80),
}
_NAMES = {rgb: name for name, rgb in RGB.items() if name != "grey"}


def color_name(rgb: object) -> str | None:
    """The name of an RGB value where it is a named one."""
    if isinstance(rgb, list | tuple) and len(rgb) == 3:
        return _NAMES.get(tuple(rgb))  # type: ignore[arg-type]  # any other triple is simply not found
    return None
