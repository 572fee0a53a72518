"""What the letters say, and that nothing a stranger typed can make them say anything else."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dealreg.approvals.asked import AskedView
from dealreg.approvals.letters import APPROVAL_LETTERS, approval_letter
from dealreg.approvals.model import AskedStep, Question, Review, State
from dealreg.deals import deadlines, extensions, rules
from dealreg.deals.letters import DEAL_LETTERS, deal_letter
from dealreg.deals.model import Appeal, Deal
from dealreg.notifications.model import Entry, Letter, Link
from dealreg.notifications.render import Mail, render
from dealreg.partners.letters import sign_in_letter
from dealreg.partners.program import Product, Program
from dealreg.platform.colours import contrast
from dealreg.platform.events import Event
from dealreg.platform.money import Money
from dealreg.webhooks.letters import ENDPOINT_LETTERS

NOW = datetime(2026, 11, 23, 10, tzinfo=UTC)
URL = "https://deals.example.com"
PROGRAM = Program(products=(Product("analytics", "Analytics Suite", "data"),))
ACT = rules.CommandContext(NOW, 1)
DEAL = Deal(
    id="deal_01KATQSN000000000ABCDEFGHJ",
    partner_id="part_1",
    status="in_review",
    customer={"name": "Müller Maschinenbau GmbH", "domain": "mueller.example", "country": "DE"},
    products=["analytics"],
    families=["data"],
    identities=[],
    amount=Money(4_800_000, "EUR"),
    verdict="possible_duplicate",
    matches=[],
    decide_by="2026-11-25T17:00:00.000Z",
    editable=[],
    created_at="2026-11-23T10:00:00.000Z",
    updated_at="2026-11-23T10:00:00.000Z",
    notes="Met at the fair",
)
STEP = AskedStep("review", order=1, asked_at=NOW, asked=(1,), escalate_at=NOW + timedelta(days=7))
QUESTION = Question(1, "approver@acme.example", NOW)
REVIEW = Review(DEAL.id, 1, state=State.OPEN, order=1, steps=(STEP,), questions=(QUESTION,))
VIEW = AskedView(REVIEW, QUESTION, DEAL, "Nordlicht", ("Mueller AG: our own sales pipeline, same name",), "")

APPROVED = replace(DEAL, status="approved", protected_until="2026-12-03T10:00:00.000Z")
EXTENDING = extensions.request(APPROVED, ACT, 20, "once", reason="They sign in March").deal
EXTENSION_REVIEW = replace(REVIEW, version=EXTENDING.asked_version, rule="extension", is_extension=True)
EXTENSION_VIEW = replace(VIEW, review=EXTENSION_REVIEW, deal=EXTENDING)


def told(event: Event, deal: Deal = DEAL) -> Mail:
    return render(deal_letter(event, deal, URL), "Acme partners")


def asked(view: AskedView, kind: str = "approval.requested", why: str = "") -> Mail:
    return render(approval_letter(kind, view, PROGRAM, "the-token", URL, why), "Acme partners")


def as_read(text: str) -> str:
    return text.replace("\u200b", "")


class TestToThePartner:
    def test_received_says_who_when_and_where_to_look(self) -> None:
        mail = told(rules.submit(DEAL, ACT).events[0])
        assert mail.subject == "We have your registration: Müller Maschinenbau GmbH (D-BCDE-FGHJ)"
        assert "A reviewer decides by 25 Nov 2026." in mail.text
        assert f"{URL}/deals/{DEAL.id}\n" in mail.text
        assert f'href="{URL}/deals/{DEAL.id}"' in mail.html

    def test_a_letter_says_what_held_then_though_the_deal_has_moved_on(self) -> None:
        event = rules.submit(DEAL, ACT).events[0]
        assert told(event, replace(DEAL, status="rejected", reason="no")).text == told(event).text

    def test_a_question_names_the_fields_and_gives_the_reviewers_words(self) -> None:
        change = rules.request_info(DEAL, ACT, ["customer.tax_id"], "Which plant?\nNorth or south?", "approver")
        mail = told(change.events[0], change.deal)
        assert "“Which plant?\nNorth or south?”" in mail.text
        assert "- VAT or tax number" in mail.text
        assert "keeps its place until 7 Dec 2026" in mail.text

    def test_a_reminder_says_again_what_is_asked_and_until_when(self) -> None:
        asked = rules.request_info(DEAL, ACT, ["customer.tax_id"], "Which plant?", "approver").deal
        mail = told(deadlines.remind(asked, ACT).events[0], asked)
        assert "“Which plant?”" in mail.text and "- VAT or tax number" in mail.text
        assert "7 Dec 2026" in mail.subject and "7 Dec 2026" in mail.text

    @pytest.mark.parametrize(
        ("reason_code", "why"), [("no_answer", "was not answered"), ("stale", "the sale goes on"), ("other", "It no")]
    )
    def test_an_end_says_why(self, reason_code: str, why: str) -> None:
        expired = rules.expire(replace(DEAL, status="approved"), ACT, reason_code, "clock")
        assert why in told(expired.events[0], expired.deal).text

    def test_approved_says_until_when(self) -> None:
        change = rules.approve(DEAL, ACT, 90, "approver")
        assert "21 Feb 2027" in told(change.events[0], change.deal).text

    def test_approved_gives_the_reviewers_words_if_there_are_any(self) -> None:
        assert "“" not in told(rules.approve(DEAL, ACT, 90, "approver").events[0]).text
        change = rules.approve(DEAL, ACT, 90, "approver", "Well prepared.")
        assert "The reviewer wrote: “Well prepared.”" in told(change.events[0], change.deal).text

    def test_a_rejection_says_until_when_to_appeal_unless_it_is_final(self) -> None:
        rejected = rules.reject(DEAL, ACT, "other", "no", "approver")
        assert "you can appeal until 7 Dec 2026" in told(rejected.events[0], rejected.deal).text
        final = rules.reject(replace(DEAL, appeal=Appeal("", "", "")), ACT, "other", "no", "approver")
        assert "appeal" not in told(final.events[0], final.deal).text

    def test_a_rejection_without_a_reason_does_not_quote_nothing(self) -> None:
        change = rules.reject(DEAL, ACT, "other", "", "approver")
        assert "“" not in told(change.events[0], change.deal).text

    def test_an_extension_that_was_granted_says_until_when_and_gives_the_words(self) -> None:
        change = extensions.grant(EXTENDING, ACT, "Hurry up.", {"by": "approver", "note": "Ours."})
        mail = told(change.events[0], change.deal)
        assert mail.subject == "Extended until 23 Dec 2026: Müller Maschinenbau GmbH (D-BCDE-FGHJ)"
        assert "The reviewer wrote: “Hurry up.”" in mail.text and "Ours." not in mail.text

    def test_one_that_was_not_says_why_and_when_it_ends(self) -> None:
        change = extensions.refuse(EXTENDING, ACT, "Long enough.", "other", {"by": "approver", "note": "Ours."})
        mail = told(change.events[0], change.deal)
        assert "Not extended" in mail.subject and "“Long enough.”" in mail.text and "3 Dec 2026" in mail.text
        assert "Ours." not in mail.text

    @pytest.mark.parametrize("event_type", sorted(DEAL_LETTERS))
    def test_every_letter_can_be_written(self, event_type: str) -> None:
        data = {"reason": "why", "protected_until": "2027-02-21", "won_amount": {"amount": "1.00", "currency": "EUR"}}
        data |= dict.fromkeys(("answer_by", "appeal_by", "extension_decide_by"), "2026-12-07T17:00:00.000Z")
        event = rules.event_of(replace(DEAL, sequence=1), ACT, event_type, data)
        letter = deal_letter(event, DEAL, URL)
        assert len(letter.paragraphs) == len(DEAL_LETTERS[event_type].paragraphs)
        assert "{" not in told(event).text


class TestToTheApprover:
    def test_has_all_that_is_weighed(self) -> None:
        mail = asked(VIEW)
        assert mail.subject == "Please decide: Müller Maschinenbau GmbH, EUR 48,000 (D-BCDE-FGHJ)"
        for fact in (
            "Nordlicht",
            "EUR 48,000",
            "Analytics Suite",
            "Possible duplicate",
            "Met at the fair",
            *VIEW.matches,
        ):
            assert fact in mail.text
            assert fact in mail.html
        assert "mueller.example" in as_read(mail.text)
        assert "mueller.example" in as_read(mail.html)

    def test_has_three_links_that_lead_to_the_one_page(self) -> None:
        links = [f"{URL}/approvals/the-token#{choice}" for choice in ("approve", "reject", "request-info")]
        assert re.findall(r"https://\S+", asked(VIEW).text) == links
        assert re.findall(r'href="([^"]+)"', asked(VIEW).html) == links

    @pytest.mark.parametrize(
        ("escalate_at", "decide_by", "said"),
        [
            (NOW + timedelta(days=7), "2026-11-25T17:00:00.000Z", "decide by Wednesday, 25 Nov 2026, 17:00 UTC"),
            (NOW + timedelta(days=1), "2026-11-25T17:00:00.000Z", "decide by Tuesday, 24 Nov 2026, 10:00 UTC"),
            (NOW + timedelta(days=7), None, "decide by Monday, 30 Nov 2026, 10:00 UTC"),
            (None, "2026-11-25T17:00:00.000Z", "decide by Wednesday, 25 Nov 2026, 17:00 UTC"),
        ],
    )
    def test_names_the_first_deadline(self, escalate_at: datetime | None, decide_by: str | None, said: str) -> None:
        review, deal = (
            replace(REVIEW, steps=(replace(STEP, escalate_at=escalate_at),)),
            replace(DEAL, decide_by=decide_by),
        )
        assert said in asked(replace(VIEW, review=review, deal=deal)).text

    def test_of_steps_side_by_side_the_first_that_is_passed_on_counts(self) -> None:
        other = replace(STEP, id="legal", escalate_at=NOW + timedelta(days=1))
        review = replace(REVIEW, steps=(STEP, other))
        assert "decide by Tuesday, 24 Nov 2026, 10:00 UTC" in asked(replace(VIEW, review=review)).text

    @pytest.mark.parametrize(
        ("kind", "said"),
        [
            ("approval.escalated", "It was not made in time, so the question comes to you."),
            ("approval.delegated", "ada@acme.example is away, so the question comes to you."),
        ],
    )
    def test_says_why_it_comes_to_somebody_else(self, kind: str, said: str) -> None:
        mail = asked(VIEW, kind, said)
        assert mail.subject == "Passed on to you, please decide: Müller Maschinenbau GmbH, EUR 48,000 (D-BCDE-FGHJ)"
        assert said in as_read(mail.text)

    def test_a_promise_that_is_broken_already_is_not_named(self) -> None:
        late = replace(VIEW, deal=replace(DEAL, decide_by="2026-11-22T17:00:00.000Z"))
        assert "decide by" not in asked(late, "approval.escalated").text


class TestToTheApproverOfAnExtension:
    def test_says_what_is_asked_and_why_and_leaves_out_what_is_no_matter(self) -> None:
        mail = asked(EXTENSION_VIEW)
        assert mail.subject == "Please decide on an extension: Müller Maschinenbau GmbH, EUR 48,000 (D-BCDE-FGHJ)"
        for words in ("Nordlicht asks for a longer protection", "They sign in March", "Wednesday, 25 Nov 2026"):
            assert words in as_read(mail.text)
        assert "20 more days: until 23 Dec 2026, not 3 Dec 2026." in as_read(mail.text)
        assert not any(words in mail.text for words in ("Possible duplicate", "Mueller AG"))

    def test_has_two_links(self) -> None:
        letter = approval_letter("approval.requested", EXTENSION_VIEW, PROGRAM, "the-token", URL)
        assert [link.url.rpartition("#")[2] for link in letter.links] == ["approve", "reject"]

    @pytest.mark.parametrize("kind", sorted(APPROVAL_LETTERS))
    def test_says_so_whoever_it_comes_to(self, kind: str) -> None:
        mail = asked(EXTENSION_VIEW, kind)
        assert "on an extension:" in mail.subject and "{" not in mail.text

    @pytest.mark.parametrize("text", ["https://evil.example/pay", "</td><script>alert(1)</script>"])
    def test_what_its_partner_typed_stays_what_it_is(self, text: str) -> None:
        deal = extensions.request(APPROVED, ACT, 20, "once", reason=text).deal
        mail = asked(replace(EXTENSION_VIEW, deal=deal))
        assert not re.search(r"<(img|script|link|iframe|form)", mail.html)
        assert [found for found in _LINKED.findall(mail.text) if not found.startswith(URL)] == []


HOSTILE = [
    "Evil\r\nBcc: all@example.com",
    '<img src="https://tracker.example/1.gif">',
    "Approve:\nhttps://evil.example/approvals/x",
    "</td><script>alert(1)</script>",
    "{letter.subject} {{ sender }} {% raw %}",
    "\u202egnp.exe\u2028Approve:",
]


@pytest.mark.parametrize("text", HOSTILE)
def test_what_a_stranger_typed_stays_what_it_is(text: str) -> None:
    customer = {"name": text, "domain": text, "country": text, "tax_id": text}
    deal = replace(DEAL, customer=customer, notes=text)
    mails = [
        asked(replace(VIEW, deal=deal, partner_name=text, matches=(text,))),
        told(rules.submit(deal, ACT).events[0], deal),
        render(sign_in_letter(text, text, "the-token", URL), text),
    ]
    for mail in mails:
        assert mail.subject.isprintable()
        assert not re.search(r"<(img|script|link|iframe|form)", mail.html)
        assert not re.search(r"^\s*https://evil", mail.text, re.MULTILINE)
        assert all(line.isprintable() for line in mail.text.replace("\u200b", "").splitlines())


LINKS = [
    "https://evil.example/pay",
    "HTTP://evil.example",
    "www.evil.example",
    "evil.example",
    "evil.example/a?b=c",
    "müller.de",
    "x-.example",
    "evil。example",
    "pay@evil.example",
    "mailto:pay@evil",
    "javascript:alert(1)",
    "ftp://10.0.0.1/",
    r"\\evil\share",
]
_LINKED = re.compile(r"\w+:(?=[^\s\d])\S*|[^\s\u200b]@[^\s\u200b]+|\S[.。．｡][^\W\d_]\S*|\\\\\S+")
"""More than any mail program takes for an address."""


@pytest.mark.parametrize("text", LINKS)
def test_what_a_stranger_typed_becomes_no_link(text: str) -> None:
    assert _LINKED.search(text)
    customer = {"name": f"See {text}", "domain": text, "country": "DE", "tax_id": text}
    deal = replace(DEAL, customer=customer, notes=f"Look at {text}, please.")
    view = replace(VIEW, deal=deal, partner_name=text, matches=(f"{text}: registered before, same domain {text}",))
    letters = [
        approval_letter("approval.requested", view, PROGRAM, "the-token", URL),
        deal_letter(rules.submit(deal, ACT).events[0], deal, URL),
        sign_in_letter(text, "Acme partners", "the-token", URL),
    ]
    for letter in letters:
        mail = render(letter, "Acme partners")
        shown = re.sub(r"(?s)<head>.*?</head>|<[^>]+>", " ", mail.html)
        ours = [link.url for link in letter.links]
        assert [found for found in _LINKED.findall(mail.text) if found not in ours] == []
        assert _LINKED.findall(shown) == []
        assert letter.subject == as_read(letter.subject)


def test_a_mail_brings_all_that_it_shows() -> None:
    """No picture, font or style from elsewhere: nothing tells when, where or whether it was read."""
    links = re.findall(r"""(?:src|href|url)\s*[=(]\s*["']?([^"')\s>]+)""", asked(VIEW).html)
    assert {link.partition("#")[0] for link in links} == {f"{URL}/approvals/the-token"}


class TestOneLook:
    def test_names_the_vendor_and_wears_its_colour(self) -> None:
        mail = render(sign_in_letter("Jana", "Acme partners", "the-token", URL), "Acme partners", "#7a1fa2")
        assert "\n-- \nAcme partners\n" in mail.text
        assert ">Acme partners</td>" in mail.html
        assert 'bgcolor="#7a1fa2"' in mail.html
        assert "#0d6350" not in mail.html

    @given(st.integers(0, 0xFFFFFF).map("#{:06x}".format))
    def test_what_stands_on_or_in_the_vendors_colour_can_be_read_by_day_and_at_night(self, colour: str) -> None:
        html = render(approval_letter("approval.requested", VIEW, PROGRAM, "t", URL), "Acme", colour).html
        found = {label: style_of(html, f">{label}</a>") for label in ("Approve", "Reject", "Ask for information")}
        grounds = {"Approve": colour, "Reject": "#ffffff", "Ask for information": "#ffffff"}
        for label, style in found.items():
            assert contrast(style["color"], grounds[label]) >= 4.5, label
        assert contrast(style_of(html, ">Acme</td>")["color"], "#f7f6f2") >= 4.5
        night = dict(
            re.findall(r"(?:^| )\.(fill|fill a|name|open-quiet a) \{ (?:background|color): (#\w+)", html, re.M)
        )
        assert contrast(night["fill a"], night["fill"]) >= 4.5
        assert contrast(night["name"], "#121614") >= 4.5
        assert contrast(night["open-quiet a"], "#1b211e") >= 4.5

    def test_says_that_it_can_do_both_schemes(self) -> None:
        for name in ("color-scheme", "supported-color-schemes"):
            assert f'<meta name="{name}" content="light dark">' in asked(VIEW).html

    def test_what_lists_of_mails_show_after_the_subject_is_its_first_words(self) -> None:
        (shown,) = re.findall(r'<div style="display:none[^>]*>([^<]*)</div>', asked(VIEW).html)
        assert shown.startswith("Please decide by Wednesday, 25 Nov 2026, 17:00 UTC.")
        assert len(shown) <= 140

    def test_lines_of_a_reason_stay_lines_where_white_space_counts_for_nothing(self) -> None:
        change = rules.request_info(DEAL, ACT, [], "Which plant?\nNorth & south?", "approver")
        assert "Which plant?<br>North &amp; south?" in told(change.events[0], change.deal).html

    def test_the_number_is_there_however_long_the_customers_name_is(self) -> None:
        deal = replace(DEAL, customer={"name": "Very long " * 20})
        for mail in (told(rules.submit(deal, ACT).events[0], deal), asked(replace(VIEW, deal=deal))):
            assert mail.subject.endswith("(D-BCDE-FGHJ)")
            assert "Very long" in mail.subject
            assert len(mail.subject) <= 120

    def test_a_name_in_the_subject_is_no_link(self) -> None:
        deal = replace(DEAL, customer={"name": "See https://evil.example/pay"})
        assert not _LINKED.search(told(rules.submit(deal, ACT).events[0], deal).subject)

    def test_one_that_comes_again_and_again_can_be_ended_with_one_click(self) -> None:
        letter = sign_in_letter("Jana", "Acme partners", "the-token", URL)
        again = replace(letter, unsubscribe=Link("Stop this list", f"{URL}/digest/the-token"))
        mail = render(again, "Acme partners")
        assert mail.headers == {
            "List-Unsubscribe": f"<{URL}/digest/the-token>",
            "List-Unsubscribe-Post": "List-Unsubscribe=One-Click",
        }
        assert f"Stop this list:\n{URL}/digest/the-token\n" in mail.text
        assert re.search(rf'<a href="{URL}/digest/the-token"[^>]*>Stop this list</a>', mail.html)
        assert render(letter, "Acme partners").headers == {}


class TestAList:
    LETTER = Letter(
        subject="50 registrations wait for you",
        headline="50 registrations wait for you",
        paragraphs=(),
        facts={},
        links=(),
        entries=tuple(
            Entry(f"Müller {number} https://evil.example", text, Link("Open", f"{URL}/approvals/{number}"))
            for number, text in enumerate(["EUR 48,000, until Tuesday, 1 Dec 2026, 17:00 UTC"] * 50)
        ),
        closing="You get this because you decide on registrations.",
        unsubscribe=Link("Stop this list", f"{URL}/digest/the-token"),
    )

    def test_has_a_link_for_each_in_order(self) -> None:
        mail, links = render(self.LETTER, "Acme"), [f"{URL}/approvals/{number}" for number in range(50)]
        assert re.findall(r"Open: (\S+)", mail.text) == links
        assert re.findall(r'href="([^"]+)"', mail.html) == [*links, f"{URL}/digest/the-token"]
        assert not _LINKED.search(re.sub(r"(?s)<head>.*?</head>|<[^>]+>", " ", mail.html))

    def test_of_fifty_is_not_clipped(self) -> None:
        """Gmail hides what comes after 102 kB, and with it how to end the list."""
        assert len(render(self.LETTER, "Acme").html.encode()) < 102_000


def test_only_a_letter_about_one_deal_has_its_number_in_the_subject() -> None:
    for words in (*DEAL_LETTERS.values(), *APPROVAL_LETTERS.values()):
        assert words.subject.endswith("({number})")
    for words in ENDPOINT_LETTERS.values():
        assert "number" not in words.subject


def style_of(html: str, end: str) -> dict[str, str]:
    """Of the element whose text and closing tag are `end`."""
    style = html[: html.index(end)].rpartition('style="')[2].removesuffix('"')
    return dict(part.split(":", 1) for part in style.split(";") if part)
