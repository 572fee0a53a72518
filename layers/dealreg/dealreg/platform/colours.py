"""Colours as #rrggbb, and whether one can be read on another. Pure."""

READABLE = 4.5
"""To 1: the contrast of text that WCAG 2.2 asks for (1.4.3, level AA)."""
WHITE, BLACK = "#ffffff", "#000000"
_STEPS = 100


def contrast(one: str, other: str) -> float:
    """From 1, for equal ones, to 21."""
    dark, light = sorted((_luminance(one), _luminance(other)))
    return (light + 0.05) / (dark + 0.05)


def ink_on(ground: str) -> str:
    """White or black, whichever is read more easily: the worse choice of ground still leaves 4.58 to 1."""
    return max(WHITE, BLACK, key=lambda ink: contrast(ink, ground))


def readable_on(ground: str, colour: str) -> str:
    """The colour itself where it can be read, else as little darker or lighter as is needed."""
    end = ink_on(ground)
    mixed = (_mix(colour, end, step / _STEPS) for step in range(_STEPS))
    return next((one for one in mixed if contrast(one, ground) >= READABLE), end)


def _mix(colour: str, other: str, share: float) -> str:
    parts = (round(a + (b - a) * share) for a, b in zip(_parts(colour), _parts(other), strict=True))
    return "#{:02x}{:02x}{:02x}".format(*parts)


def _luminance(colour: str) -> float:
    """Relative, as WCAG defines it."""
    red, green, blue = (_linear(part / 255) for part in _parts(colour))
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def _linear(part: float) -> float:
    return part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4


def _parts(colour: str) -> list[int]:
    return [int(colour[place : place + 2], 16) for place in (1, 3, 5)]
