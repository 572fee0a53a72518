"""Names as people mistype them, made up to learn from."""

from collections.abc import Iterator, Sequence
from random import Random

from dealreg.matching.names import tables
from dealreg.matching.names.normalise import normalise

_ABROAD = "germany france uk usa japan europe deutschland international".split()


def noise(names: Sequence[str], count: int, random: Random) -> Iterator[tuple[str, str]]:
    """Names and how people mistype them."""
    acts = (_slip, _slip, _two_slips, _together, _swapped, _without_common, _abroad, _other_form)
    for name in random.sample(names, count):
        words = normalise(name).written
        typed = random.choice(acts)(list(words), random)
        if typed and "".join(typed).isascii():
            yield name, " ".join(typed)


def _slip(words: list[str], random: Random) -> list[str]:
    place = random.randrange(len(words))
    word = words[place]
    if len(word) < 4:
        return []
    at, letter = random.randrange(len(word)), random.choice("abcdefghijklmnopqrstuvwxyz")
    context = random.randrange(4)
    swapped = word[:at] + word[at + 1 : at + 2] + word[at] + word[at + 2 :]
    changed = word[:at] + letter + word[at + 1 :]
    words[place] = [word[:at] + word[at + 1 :], word[:at] + letter + word[at:], changed, swapped][context]
    return words


def _two_slips(words: list[str], random: Random) -> list[str]:
    return _slip(_slip(words, random) or words, random)


def _together(words: list[str], random: Random) -> list[str]:
    if len(words) < 2:
        return []
    place = random.randrange(len(words) - 1)
    return [*words[:place], words[place] + words[place + 1], *words[place + 2 :]]


def _swapped(words: list[str], random: Random) -> list[str]:
    if len(words) < 2:
        return []
    place = random.randrange(len(words) - 1)
    words[place], words[place + 1] = words[place + 1], words[place]
    return words


def _without_common(words: list[str], random: Random) -> list[str]:
    common = [place for place, word in enumerate(words) if tables.bits(word) < 9]
    if not common or len(words) < 2:
        return []
    del words[random.choice(common)]
    return words


def _abroad(words: list[str], random: Random) -> list[str]:
    return [*words, random.choice(_ABROAD)]


def _other_form(words: list[str], random: Random) -> list[str]:
    return [*words, random.choice(["gmbh", "ltd", "llc", "inc", "ag", "sa", "bv"])]
