"""Whom a step asks: groups, the partner's manager, stand-ins for who is away, and who comes when nobody is left. Pure.

The numbers are those of the contract's section 2, by which a list is resolved for a deal at a moment.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from dealreg.partners.routing import GROUP, MANAGER, Step

AWAY = "away"
NOBODY = "nobody"


@dataclass(frozen=True, slots=True)
class Absence:
    since: datetime
    until: datetime | None
    stand_in: str | None

    def covers(self, moment: datetime) -> bool:
        return self.since <= moment and not self.ended(moment)

    def ended(self, moment: datetime) -> bool:
        return self.until is not None and self.until <= moment


@dataclass(frozen=True, slots=True)
class Asked:
    approver: str
    instead_of: str | None = None
    because: str | None = None
    """AWAY: a stand-in. NOBODY: from `escalate_to`, or the last resort."""


@dataclass(frozen=True, slots=True)
class People:
    """Who there is for one deal."""

    groups: Mapping[str, Sequence[str]]
    manager: str | None
    own_side: frozenset[str]
    """The addresses of the partner's users, who decide nothing about its deals."""
    absences: Mapping[str, Absence]
    last_resort: str | None

    def resolve(self, names: Iterable[str], at: datetime) -> list[tuple[str, Asked | None]]:
        """Each person that is named, and who is asked for them: None is nobody (1 to 3)."""
        return [(person, self._present(person, at)) for person in self._named(names)]

    def is_there(self, person: str, at: datetime) -> bool:
        """Whether a question can be put to them, and not to a stand-in or to nobody."""
        return self._present(person, at) == Asked(person)

    def ask(self, step: Step, at: datetime) -> list[Asked]:
        """Empty only while the program has no last resort."""
        found = self._all(step, at) if step.need == "all" else self._any(step, at)
        return _once(found)

    def escalation(self, step: Step, asked: Iterable[str], at: datetime) -> list[str]:
        """Who would be asked new."""
        known = set(asked)
        come = [one.approver for _, one in self.resolve(step.escalate_to, at) if one and one.approver not in known]
        if not come and self.last_resort and self.last_resort not in known:
            come = [self.last_resort]
        return list(dict.fromkeys(come))

    def _any(self, step: Step, at: datetime) -> list[Asked]:
        """4: who is nobody is left out while somebody remains."""
        if found := [one for _, one in self.resolve(step.ask, at) if one]:
            return found
        instead = [Asked(one.approver, None, NOBODY) for _, one in self.resolve(step.escalate_to, at) if one]
        return instead or ([Asked(self.last_resort, None, NOBODY)] if self.last_resort else [])

    def _all(self, step: Step, at: datetime) -> list[Asked]:
        """5: nobody is left out, so that two signatures do not become one."""
        named = self.resolve(step.ask, at)
        signing, signatures = {one.approver for person, one in named if one and one.approver == person}, list[Asked]()
        if self.last_resort in [person for person, _ in named]:
            signing.add(self.last_resort)  # who is named signs once, and instead of nobody
        for person, one in named:
            if one is None or (one.approver != person and one.approver in signing):
                found = self.replacement(step, signing, at)
                one = Asked(found, person, NOBODY) if found else self._themselves(person)
            if one:
                signing.add(one.approver)
                signatures.append(one)
        return signatures or self._any(step, at)

    def replacement(self, step: Step, signing: Container[str], at: datetime) -> str | None:
        """Who signs instead of somebody: None if everybody who could signs already."""
        come = (one.approver for _, one in self.resolve(step.escalate_to, at) if one and one.approver not in signing)
        last = self.last_resort
        return next(come, None) or (last if last and last not in signing else None)

    def _themselves(self, person: str) -> Asked | None:
        """Where nobody signs instead, who is away is asked all the same: a signature waits, and does not fall away."""
        return None if person in self.own_side else Asked(person)

    def _named(self, names: Iterable[str]) -> list[str]:
        """1: groups are their people, the manager is one person or nobody, and doubles go."""
        found: list[str] = []
        for name in names:
            if name.startswith(GROUP):
                found += self.groups.get(name.removeprefix(GROUP), ())
            elif name == MANAGER:
                found += [self.manager] if self.manager else []
            else:
                found.append(name)
        return list(dict.fromkeys(found))

    def _present(self, person: str, at: datetime) -> Asked | None:
        """2 and 3: nobody from the partner's own side; who is away is replaced by the stand-in, and so on in turn.

        A person met twice, or away without a stand-in, is nobody.
        """
        met, one = {person}, person
        while one not in self.own_side and (absence := self.absences.get(one)) and absence.covers(at):
            if not absence.stand_in or absence.stand_in in met:
                return None
            one = absence.stand_in
            met.add(one)
        if one in self.own_side:
            return None
        return Asked(one) if one == person else Asked(one, person, AWAY)


def _once(found: Iterable[Asked]) -> list[Asked]:
    """6: doubles go, the first stays."""
    by_person: dict[str, Asked] = {}
    for one in found:
        by_person.setdefault(one.approver, one)
    return list(by_person.values())
