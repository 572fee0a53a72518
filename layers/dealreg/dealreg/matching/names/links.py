"""What the links of an alignment add up to."""

from itertools import pairwise

from dealreg.matching.names import tables
from dealreg.matching.names.align import Alignment, Kind, Link
from dealreg.matching.names.words import slip_kind

_STRENGTH = {Kind.SAME: 3, Kind.JOINED: 3, Kind.SPELLING: 2, Kind.SLIP: 2, Kind.PART: 1, Kind.ACRONYM: 1}
_WHOLE = 3
_COMMON = 13
"""Bits up to which another spelling of a word is a translation or an abbreviation, not another name."""


class LinkSums:
    """`same` is in bits of whole words, `soft` in bits times closeness, `letters` in letters times closeness.

    `slip_unknown`: 0 without a slip; with one 1, and 1 more for each of the two words that no table knows. A slip makes
    a word that nobody knows; two known words one letter apart are two companies.
    """

    def __init__(self, found: Alignment) -> None:
        self._found = found
        self.left_strength, self.right_strength = [0] * len(found.left.words), [0] * len(found.right.words)
        self.same_left = self.same_right = self.soft_left = self.soft_right = 0.0
        self.letters_left = self.letters_right = self.shared_bits = 0.0
        self.slips = self.slip_length = self.slip_unknown = self.slip_kind = self.stems = self.translated = (
            self.acronym
        ) = self.last = 0
        self.slip_closeness = 1.0
        self.top = self.top_first = self.second = self.first_bits = 0.0
        self.same_words: list[str] = []
        for link in found.links:
            self._cover(link)
            self._place(link)
            self._count(link)
        places = sorted((link.left[0], link.right[0]) for link in found.links)
        self.inversions = sum(one[1] > other[1] for one, other in pairwise(places))

    def _cover(self, link: Link) -> None:
        left, right, near = self._found.left, self._found.right, link.closeness
        strength = _STRENGTH[link.kind]
        whole = strength == _WHOLE
        for place in link.left:
            bits = left.bits[place]
            self.left_strength[place] = strength
            self.soft_left += bits * near
            self.same_left += bits if whole else 0
            self.letters_left += len(left.written[place]) * near
        for place in link.right:
            bits = right.bits[place]
            self.right_strength[place] = strength
            self.soft_right += bits * near
            self.same_right += bits if whole else 0
            self.letters_right += len(right.written[place]) * near
        if link.kind is not Kind.ACRONYM:
            self.shared_bits += link.bits * near

    def _place(self, link: Link) -> None:
        strength = _STRENGTH[link.kind]
        if strength == _WHOLE:
            if link.bits > self.top:
                self.top, self.second = link.bits, self.top
                self.top_first = (link.left[0] == 0) + (link.right[0] == 0)
            else:
                self.second = max(self.second, link.bits)
        if link.left[0] == 0 and link.right[0] == 0:
            self.first_bits = link.bits
        if link.left[-1] == len(self.left_strength) - 1 and link.right[-1] == len(self.right_strength) - 1:
            self.last = strength

    def _count(self, link: Link) -> None:
        found, place, other = self._found, link.left[0], link.right[0]
        if link.kind is Kind.SAME:
            self.same_words.append(found.left.words[place])
            if found.left.written[place] != found.right.written[other]:
                common = found.left.bits[place] < _COMMON
                self.translated += common
                self.stems += not common
        elif link.kind is Kind.SLIP or link.kind is Kind.SPELLING:
            self.slips += 1
            unknown = (found.left.bits[place] == tables.RAREST) + (found.right.bits[other] == tables.RAREST)
            self.slip_unknown = max(self.slip_unknown, 1 + unknown)
            self.slip_kind = max(self.slip_kind, slip_kind(found.left.written[place], found.right.written[other]))
            if link.closeness < self.slip_closeness:
                self.slip_closeness = link.closeness
                self.slip_length = min(len(found.left.written[place]), len(found.right.written[other]))
        elif link.kind is Kind.ACRONYM:
            whole = not found.left_rest and not found.right_rest and len(found.links) == 1
            self.acronym = max(self.acronym, 3 if whole else 2)
