"""When the daily list is due, who gets it, and what it says."""

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.approvals import digest, digest_letters
from dealreg.approvals.digest_letters import MOST, Found, Waiting
from dealreg.notifications.model import Letter, Link
from dealreg.notifications.render import render
from dealreg.partners.calendars import CalendarInput
from dealreg.partners.program import Program
from dealreg.platform import times
from dealreg.platform.working_time import DEFAULT, Calendar
from tests.unit.approvals.samples import DEAL, NOW, PROGRAM

MONDAY = date(2026, 11, 23)
BERLIN = CalendarInput(time_zone="Europe/Berlin", opens="08:30", closed=[date(2026, 11, 24)]).to_calendar(2026)
URL = "https://deals.example.com"
ENDING = Link("End this daily list", f"{URL}/approvals/digest/x")
minutes_after = st.integers(0, 700 * 24 * 60)


def at(day: int, hours: int, minutes: int = 0) -> datetime:
    return datetime(2026, 11, day, hours, minutes, tzinfo=UTC)


class TestWhen:
    @pytest.mark.parametrize(
        ("done", "now", "expected"),
        [
            (MONDAY, at(23, 9), at(24, 9)),
            (MONDAY, at(24, 8, 59), at(24, 9)),
            (date(2026, 11, 27), at(27, 9), at(30, 9)),
            (MONDAY, at(25, 12), at(25, 12)),
        ],
        ids=["tomorrow", "today, ahead", "after the weekend", "today, missed: at once, and the days before are gone"],
    )
    def test_it_is_due_at_the_next_opening(self, done: date, now: datetime, expected: datetime) -> None:
        assert digest.next_round(DEFAULT, done, now) == expected

    def test_the_days_and_the_clock_are_those_of_the_calendar(self) -> None:
        assert digest.next_round(BERLIN, MONDAY, at(23, 10)) == at(25, 7, 30)  # the 24th is closed

    @pytest.mark.parametrize("calendar", [DEFAULT, BERLIN])
    @given(after=minutes_after)
    def test_the_first_is_ahead_and_each_working_day_has_one(self, calendar: Calendar, after: int) -> None:
        moment = datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=after)
        first = digest.next_round(calendar, digest.first_round(calendar, moment).done, moment)
        assert first > moment
        second = digest.next_round(calendar, calendar.local(first).date(), first)
        for due in (first, second):
            opened = calendar.local(due)
            assert calendar.is_worked(opened.date())
            assert opened.time() == (datetime.combine(opened, time()) + calendar.opens).time()
        between = [
            calendar.local(first).date() + timedelta(days=number)
            for number in range(1, (calendar.local(second).date() - calendar.local(first).date()).days)
        ]
        assert not any(map(calendar.is_worked, between))


def waiting(*, is_late: bool = False, name: str = "Müller Maschinenbau GmbH", is_extension: bool = False) -> Waiting:
    deal = replace(DEAL, customer={"name": name}, decide_by=times.to_text(at(25, 16)))
    return Waiting(deal, NOW, "North", is_late, "the-token", is_extension)


class TestWho:
    @pytest.mark.parametrize(
        ("count", "late", "is_due"), [(2, 0, False), (3, 0, True), (1, 1, True), (0, 0, False), (60, 0, True)]
    )
    def test_whoever_has_many_or_a_late_one(self, count: int, late: int, is_due: bool) -> None:
        found = Found([waiting(is_late=number < late) for number in range(count)])
        assert digest_letters.is_due(found, digest_from=3) == is_due


class TestTheLetter:
    def letter(self, waits: list[Waiting], *, is_whole: bool = True, program: Program = PROGRAM) -> Letter:
        return digest_letters.digest_letter(Found(waits, is_whole), program, URL, ENDING)

    def test_lists_each_with_its_own_link_and_marks_the_late_ones(self) -> None:
        letter = self.letter([waiting(is_late=True), waiting(name="Acme")])
        assert letter.subject == "2 registrations wait for your decision"
        assert letter.paragraphs == ("2 registrations wait for your decision. 1 of them is late.",)
        late, other = letter.entries
        assert (late.title, other.title) == ("Late: Müller Maschinenbau GmbH, EUR 100", "Acme, EUR 100")
        assert late.text == "North, asked 23 Nov 2026, 10:00 UTC, to be decided by 25 Nov 2026, 16:00 UTC"
        assert late.link.url == f"{URL}/approvals/the-token"

    def test_has_fifty_and_the_count_of_the_rest(self) -> None:
        letter = self.letter([waiting()] * 80)
        assert len(letter.entries) == MOST
        assert letter.subject.startswith("80 registrations wait")
        assert letter.paragraphs[-1] == "Listed are the 50 that you were asked first; 30 more wait."

    def test_where_not_all_were_counted_there_are_at_least_so_many(self) -> None:
        letter = self.letter([waiting()] * 80, is_whole=False)
        assert letter.subject == "At least 80 registrations wait for your decision"
        assert letter.paragraphs[-1].endswith("; at least 30 more wait.")

    @pytest.mark.parametrize(
        ("registrations", "extensions", "subject"),
        [
            (0, 1, "1 extension waits"),
            (0, 3, "3 extensions wait"),
            (1, 1, "1 registration and 1 extension wait"),
            (2, 3, "2 registrations and 3 extensions wait"),
        ],
    )
    def test_names_each_for_what_it_is(self, registrations: int, extensions: int, subject: str) -> None:
        letter = self.letter([waiting()] * registrations + [waiting(is_extension=True)] * extensions)
        assert letter.subject == f"{subject} for your decision"
        assert letter.entries[-1].text.startswith("North, asks for a longer protection, asked 23 Nov")
        assert all("longer" not in entry.text for entry in letter.entries[:registrations])

    def test_ends_by_one_click_and_its_subject_names_no_deal(self) -> None:
        mail = render(self.letter([waiting(is_late=True)]), "Acme partners")
        assert mail.headers == {
            "List-Unsubscribe": f"<{ENDING.url}>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        assert DEAL.number not in mail.subject
        assert mail.subject == "1 registration waits for your decision"
        for body in (mail.text, mail.html):
            assert ENDING.url in body
            assert f"{URL}/approvals/the-token" in body
