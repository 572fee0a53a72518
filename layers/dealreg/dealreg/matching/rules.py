"""The conflict check: identities that are the same and names that are alike, judged into one verdict.

A partner is told the verdict and its reason code; the matches are for the reviewer alone.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum


class Verdict(StrEnum):
    CLEAR = "clear"
    POSSIBLE_DUPLICATE = "possible_duplicate"
    SAME_PARTNER_REPEAT = "same_partner_repeat"
    CLAIMED_BY_PARTNER = "claimed_by_partner"
    DIRECT_PIPELINE = "direct_pipeline"
    EXISTING_CUSTOMER = "existing_customer"


class Ownership(StrEnum):
    """What a direct account is to the vendor's own sales."""

    CUSTOMER = "customer"
    OPEN_OPPORTUNITY = "open_opportunity"
    FORMER_CUSTOMER = "former_customer"
    PARTNER_OWNED = "partner_owned"


OWNERSHIP_VERDICTS: Mapping[str, str] = {
    Ownership.CUSTOMER: Verdict.EXISTING_CUSTOMER,
    Ownership.OPEN_OPPORTUNITY: Verdict.DIRECT_PIPELINE,
    Ownership.FORMER_CUSTOMER: Verdict.POSSIBLE_DUPLICATE,
    Ownership.PARTNER_OWNED: Verdict.POSSIBLE_DUPLICATE,
}
"""What a registration of a direct account is told, where the program's settings say nothing else."""
OWNERS = {
    Ownership.CUSTOMER: "our own customer",
    Ownership.OPEN_OPPORTUNITY: "our own sales pipeline",
    Ownership.FORMER_CUSTOMER: "a former customer of ours",
    Ownership.PARTNER_OWNED: "an account of a partner",
}
"""In words for the reviewer."""
_STRENGTH = list(Verdict)
REASONS = {
    "domain": "domain_match",
    "tax": "tax_id_match",
    "lei": "lei_match",
    "duns": "duns_match",
    "name": "name_match",
}

_WORDS = {"domain": "domain", "tax": "tax id", "lei": "LEI", "duns": "DUNS number"}


class Certainty(StrEnum):
    EXACT = "exact"
    """An identity is the same, and nothing speaks against it."""
    POSSIBLE = "possible"
    """The names are so alike, or an identity that may be another's too is the same, that a person should look."""
    NONE = "none"
    """Kept for the reviewer and for learning; it counts for nothing."""


@dataclass(frozen=True, slots=True)
class Match:
    """Somebody who has, or may have, the customer already."""

    kind: str
    """"deal" or "account"."""
    id: str
    partner_id: str
    """Empty for a direct account."""
    name: str
    ownership: str
    identity: str
    """The identity key that both have, or "name"."""
    certainty: Certainty
    likelihood: int
    """Per cent."""
    why: str = ""
    """What is alike in the names and what is not, or why the same identity may not mean the same customer."""
    place: str = ""
    """In the order in which customers were registered: see `index.place_of`."""
    is_later: bool = False
    """It was registered after the one that is judged."""
    is_ahead: bool = False
    """It holds an identity that the one that is judged can only wait for, whoever came first."""


@dataclass(frozen=True, slots=True)
class Judgement:
    verdict: Verdict
    reason_code: str | None


def judge(
    partner_id: str, matches: Sequence[Match], ownership_verdicts: Mapping[str, str] = OWNERSHIP_VERDICTS
) -> Judgement:
    """The strongest verdict that a match supports; `ownership_verdicts` are the program's, by ownership.

    Rivals that came later count for nothing: who came first is told the verdict, and is not to learn of them.
    """
    known = known_to(partner_id, matches)
    found = [(_verdict(partner_id, match, ownership_verdicts), match) for match in known]
    verdict, match = max(found, key=lambda pair: _STRENGTH.index(pair[0]), default=(Verdict.CLEAR, None))
    if match is None or verdict is Verdict.CLEAR:
        return Judgement(Verdict.CLEAR, None)
    return Judgement(verdict, REASONS[match.identity.partition("#")[0]])


def known_to(partner_id: str, matches: Sequence[Match]) -> list[Match]:
    """Those that came before the partner's own first registration of this customer, and its own."""
    own = [match.place for match in matches if _is_deal_of(partner_id, match) and match.certainty is not Certainty.NONE]
    first = min(own, default="~")
    return [
        match
        for match in matches
        if match.kind == "account"
        or match.is_ahead
        or not (match.is_later or (match.partner_id != partner_id and match.place > first))
    ]


def _is_deal_of(partner_id: str, match: Match) -> bool:
    return match.kind == "deal" and match.partner_id == partner_id


def _verdict(partner_id: str, match: Match, ownership_verdicts: Mapping[str, str]) -> Verdict:
    by_ownership = Verdict(ownership_verdicts[match.ownership]) if match.kind == "account" else None
    if match.certainty is Certainty.NONE or by_ownership is Verdict.CLEAR:
        return Verdict.CLEAR
    if match.certainty is Certainty.POSSIBLE:
        return Verdict.POSSIBLE_DUPLICATE
    if by_ownership:
        return by_ownership
    return Verdict.SAME_PARTNER_REPEAT if match.partner_id == partner_id else Verdict.CLAIMED_BY_PARTNER


def explain(match: Match) -> str:
    """A match in words for the reviewer."""
    kind, _, value = match.identity.partition("#")
    if kind == "name":
        alike = f"name alike ({match.likelihood} %: {match.why})"
    else:
        alike = f"same {_WORDS[kind]} {value}" + (f", {match.why}" if match.why else "")
    if match.kind == "account":
        return f"{match.name}: {OWNERS[Ownership(match.ownership)]}, {alike}"
    return f"{match.name}: registered {'later' if match.is_later else 'before'}, {alike}"
