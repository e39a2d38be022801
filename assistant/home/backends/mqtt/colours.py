"""Colours between the ways in which lights speak of them: red, green, blue; hue and saturation; CIE's x and y; mireds."""

from __future__ import annotations

import colorsys
from collections.abc import Sequence

Rgb = tuple[int, int, int]


def hs_of(rgb: Rgb) -> tuple[float, float]:
    """Hue 0-360 and saturation 0-100."""
    hue, saturation, _value = colorsys.rgb_to_hsv(*(part / 255 for part in rgb))
    return round(hue * 360, 2), round(saturation * 100, 2)


def rgb_of_hs(hue: float, saturation: float) -> Rgb:
    """At full value: brightness is told apart."""
    return _bytes(colorsys.hsv_to_rgb(hue % 360 / 360, _clamp(saturation / 100), 1.0))


def xy_of(rgb: Rgb) -> tuple[float, float]:
    """CIE 1931, by sRGB's primaries and the light of D65."""
    red, green, blue = (_linear(part / 255) for part in rgb)
    x = 0.4124 * red + 0.3576 * green + 0.1805 * blue
    y = 0.2126 * red + 0.7152 * green + 0.0722 * blue
    z = 0.0193 * red + 0.1192 * green + 0.9505 * blue
    whole = x + y + z
    return (round(x / whole, 4), round(y / whole, 4)) if whole else (0.3127, 0.329)


def rgb_of_xy(x: float, y: float) -> Rgb:
    """At full value."""
    if not 0 < y <= 1 or not 0 <= x <= 1:
        return 255, 255, 255
    wide, deep = x / y, (1 - x - y) / y
    linear = (
        3.2406 * wide - 1.5372 - 0.4986 * deep,
        -0.9689 * wide + 1.8758 + 0.0415 * deep,
        0.0557 * wide - 0.2040 + 1.0570 * deep,
    )
    most = max(*linear, 1e-6)
    return _bytes([_gamma(max(0.0, part / most)) for part in linear])


def kelvin_of(mireds: float) -> int:
    """Kelvin of mireds."""
    return round(1_000_000 / mireds) if mireds > 0 else 0


def mireds_of(kelvin: float) -> int:
    """Mireds of kelvin."""
    return round(1_000_000 / kelvin) if kelvin > 0 else 0


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else float(((part + 0.055) / 1.055) ** 2.4)


def _gamma(part: float) -> float:
    return 12.92 * part if part <= 0.0031308 else float(1.055 * part ** (1 / 2.4) - 0.055)


def _bytes(parts: Sequence[float]) -> Rgb:
    red, green, blue = (round(_clamp(part) * 255) for part in parts)
    return red, green, blue


def _clamp(part: float) -> float:
    return min(1.0, max(0.0, part))
