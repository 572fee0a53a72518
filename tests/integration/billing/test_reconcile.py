"""What a billing system never posted is read from its own lists: nothing is lost, and nothing counts twice."""

import json
import logging
from collections.abc import Generator, Mapping
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from billing import admin_api, receive
from clock import sweep
from dealreg.billing import fetching, reading, reconciling, sources, store
from dealreg.billing.lists import LISTS
from dealreg.billing.model import EventStatus, Source, SourceKind
from dealreg.commissions import plan_store
from dealreg.deals.model import Deal
from dealreg.platform import due, dynamo
from dealreg.platform.settings import Setting
from dealreg.platform.working_time import Calendar
from tests.integration.aws_calls import intercept, lose_race_to
from tests.integration.billing.apis import Api, api
from tests.integration.billing.sales import outcome
from tests.integration.billing.test_money import APPLIED, BROKEN, PLAN, earned, lines_of
from tests.integration.billing.test_providers import OF_KIND, SIGN, chargebee_event, served, source_of
from tests.integration.faults import Faults, Kind
from tests.samples import PARTNER, content, sample
from tests.unit.billing.providers import test_chargebee, test_recurly, test_stripe, test_zuora

SINCE = datetime(2026, 2, 27, tzinfo=UTC)
SAID = test_recurly.SAID
Answers = dict[str, Any]


def pages_of(kind: SourceKind, *said: Any) -> Answers:
    """What each of its lists answers first, by path: these, and nothing else."""
    paths = [one.path(SINCE, "", 25) for one in LISTS[kind]]
    return dict(zip(paths, said, strict=True))


def listed_by(kind: SourceKind) -> Answers:
    """A payment and its refund, as its own lists have them."""
    story = OF_KIND[kind]
    newest_first = [story.refunded, story.paid]
    match kind:
        case SourceKind.STRIPE:
            return pages_of(kind, {"data": newest_first, "has_more": False})
        case SourceKind.PADDLE:
            return pages_of(kind, {"data": newest_first, "meta": {"pagination": {"has_more": False}}})
        case SourceKind.CHARGEBEE:
            events = [story.has[f"/api/v2/events/{event_id}"] for event_id in ("ev_1", "ev_2")]
            return pages_of(kind, {"list": events}, {"list": []})
        case SourceKind.RECURLY:
            refund = test_recurly.TRANSACTION | {"updated_at": SAID}
            return pages_of(kind, {"data": []}, {"data": [test_recurly.INVOICE]}, {"data": [refund]})
        case _:
            payment = test_zuora.PAYMENT | {"updatedDate": SAID}
            refund = test_zuora.API["/v1/refunds/ref_1"] | {"updatedDate": SAID}
            return pages_of(kind, {"data": []}, {"data": [payment]}, {"data": [refund]}, {"data": []})


each_kind = pytest.mark.parametrize("kind", LISTS)


@pytest.fixture(autouse=True)
def setting(aws: None, monkeypatch: pytest.MonkeyPatch) -> None:
    plan_store.add("standard", PLAN, "2026-01-01T00:00:00.000Z", "test")
    monkeypatch.setenv(Setting.ALLOW_LOOPBACK_WEBHOOKS, "true")
    monkeypatch.setattr(reading, "_slow_until", {})
    fetching._token.cache_clear()  # pyright: ignore[reportPrivateUsage]  # a token of another test's API


def call(name: str, source: Source, **changes: Any) -> tuple[int, Any]:
    reply = admin_api.handler(sample(f"billing-admin-api/{name}", params={"id": source.id}, **changes), None)
    return reply["statusCode"], content(reply)


def start(source: Source) -> Any:
    status, begun = call("reconcile-source", source, body={"since": "2026-02-27T00:00:00Z"})
    assert status == 202, begun
    return begun


def newest(source: Source) -> Any:
    return call("show-reconciliation", source)[1]


def tick(source: Source, at: datetime) -> None:
    reconciling.on_due(dynamo.Key(store.table(), "SOURCES", f"SOURCE#{source.id}"), at)


def until_it_ends(source: Source, now: datetime) -> Any:
    """By the clock, whenever it is due."""
    for _ in range(30):
        known = sources.load(source.id)
        if known.reconciliation and not known.reconciliation.is_running:
            break
        tick(source, max(known.due_at or now, now))
    return newest(source)


def inbox() -> list[dynamo.Item]:
    return [item for status in EventStatus for item in store.page_of(status, 100, None).items]


def posted(source: Source, told: Any, now: datetime) -> int:
    body = json.dumps(told).encode()
    request = sample("billing-receive/closed-won") | {"rawPath": f"/webhooks/billing/{source.id}"}
    headers = {"content-type": "application/json"} | SIGN[source.kind](body, int(now.timestamp()))
    return receive.handler(request | {"body": body.decode(), "headers": headers}, None)["statusCode"]


def counted(one: Mapping[str, Any]) -> tuple[str, int, int, int]:
    return one["state"], one["found"], one["new"], one["applied"]


# ---- nothing is lost ------------------------------------------------------------------------------------------------


@each_kind
def test_a_source_that_was_off_for_three_days_loses_nothing(kind: SourceKind, approved: Deal, now: datetime) -> None:
    with api(served(OF_KIND[kind].has | listed_by(kind))) as there:
        source = source_of(kind, there.port, now)
        begun = start(source)
        assert counted(begun) == ("running", 0, 0, 0)
        done = until_it_ends(source, now)
    assert counted(done) == ("done", 2, 2, 2)
    assert (done["id"], done["cursor"], done["reason"] is None) == (begun["id"], None, kind is not SourceKind.STRIPE)
    assert lines_of(approved)[:2] == ["1 accrual 20.00", "2 accrual 1.00"]
    assert [line.split()[1] for line in lines_of(approved)[2:]] == ["clawback", "clawback"]


@each_kind
def test_what_is_there_already_is_not_new(kind: SourceKind, approved: Deal, now: datetime) -> None:
    with api(served(OF_KIND[kind].has | listed_by(kind))) as there:
        source = source_of(kind, there.port, now)
        start(source)
        until_it_ends(source, now)
        before = lines_of(approved), {item["id"]: item["status"] for item in inbox()}
        start(source)
        again = until_it_ends(source, now + timedelta(hours=1))
    assert counted(again) == ("done", 2, 0, 0)
    assert (lines_of(approved), {item["id"]: item["status"] for item in inbox()}) == before


@pytest.mark.parametrize(
    ("kind", "known"),
    [
        (SourceKind.STRIPE, [200, 200]),
        (SourceKind.PADDLE, [200, 200]),
        (SourceKind.CHARGEBEE, [200, 200]),
        (SourceKind.RECURLY, [200, 200]),
        (SourceKind.ZUORA, [202, 202]),
    ],
)
def test_a_webhook_that_comes_after_all_is_the_same_event_or_the_same_fact(
    kind: SourceKind, known: list[int], approved: Deal, now: datetime
) -> None:
    story = OF_KIND[kind]
    with api(served(story.has | listed_by(kind))) as there:
        source = source_of(kind, there.port, now)
        start(source)
        until_it_ends(source, now)
        before = lines_of(approved)
        assert [posted(source, told, now) for told in (story.paid, story.refunded)] == known
        for item in inbox():
            reconciling.commands.apply(item["id"], now)
    assert lines_of(approved) == before


def test_what_nothing_follows_from_is_found_and_not_kept(now: datetime) -> None:
    events = [test_stripe.event("price.created", {"id": "price_1"}), {"id": "evt_9"}]
    with api(served(pages_of(SourceKind.STRIPE, {"data": events}))) as there:
        source = source_of(SourceKind.STRIPE, there.port, now)
        start(source)
        done = until_it_ends(source, now)
    assert counted(done) == ("done", 2, 1, 0)
    assert [item["status"] for item in inbox()] == ["unmatched"], "one that cannot be read is for a person"


def test_an_event_that_is_too_long_to_be_kept_is_told_of(now: datetime) -> None:
    long = test_stripe.event("invoice.paid", {"id": "in_1", "description": "x" * 300_000})
    with api(served(pages_of(SourceKind.STRIPE, {"data": [long]}))) as there:
        source = source_of(SourceKind.STRIPE, there.port, now)
        start(source)
        assert counted(until_it_ends(source, now)) == ("done", 1, 0, 0)
    assert sources.load(source.id).warnings == ("Its event evt_1 has more than 262144 bytes, and was left out.",)


# ---- Chargebee's disputes -------------------------------------------------------------------------------------------


def disputes(status: str, changed_at: int) -> Answers:
    dispute = test_chargebee.DISPUTE | {"status": status, "amount": 11900, "updated_at": changed_at}
    events, of_disputes = [one.path(SINCE, "", 25) for one in LISTS[SourceKind.CHARGEBEE]]
    paid = chargebee_event("ev_1", "payment_succeeded", test_chargebee.CONTENT)
    return {
        events: {"list": [paid]},
        of_disputes: {"list": [{"dispute": dispute}]},
        "/api/v2/events/ev_1": paid,
        "/api/v2/disputes/du_1": {"dispute": dispute},
    }


def test_disputes_come_by_reconcile_and_their_newest_word_counts(approved: Deal, now: datetime) -> None:
    at = test_chargebee.SAID_UNIX
    with api() as there:
        source = source_of(SourceKind.CHARGEBEE, there.port, now)
        balances: list[tuple[int, int]] = []
        for status, changed_at in [("initiated", at), ("in_review", at + 60), ("lost", at + 120), ("won", at + 180)]:
            there.has = served(disputes(status, changed_at))
            start(source)
            done = until_it_ends(source, now)
            assert (done["state"], done["new"]) == ("done", done["applied"])
            balances.append((done["new"], earned(approved)))
    assert balances == [(2, 2100), (1, 2100), (1, 0), (1, 2100)]


# ---- what goes wrong ------------------------------------------------------------------------------------------------


def two_pages(there: Api, *, is_second_there: bool) -> None:
    story = OF_KIND[SourceKind.STRIPE]
    (events,) = LISTS[SourceKind.STRIPE]
    there.has = served(
        {events.path(SINCE, "", 25): {"data": [story.refunded], "has_more": True}}
        | {events.path(SINCE, "evt_2", size): {"data": [story.paid]} for size in (25, 12) if is_second_there}
    )


def test_a_page_that_does_not_come_is_asked_for_again_and_the_others_are_not(approved: Deal, now: datetime) -> None:
    with api() as there:
        two_pages(there, is_second_there=False)
        source = source_of(SourceKind.STRIPE, there.port, now)
        start(source)
        tick(source, now)
        waiting = newest(source)
        assert counted(waiting) == ("running", 1, 1, 0)
        assert (waiting["cursor"], waiting["reason"]) == ("evt_2", "events: Its API answered with status 404.")
        asked = len(there.requests)
        tick(source, now + timedelta(seconds=90))
        assert len(there.requests) == asked, "not due yet"
        two_pages(there, is_second_there=True)
        tick(source, now + timedelta(minutes=3))
        done = newest(source)
        (request,) = there.requests[asked:]
    assert b"limit=12&starting_after=evt_2" in request
    assert (done["state"], done["found"], done["new"]) == ("done", 2, 2)
    assert len(lines_of(approved)) == 2


@pytest.mark.parametrize(
    ("status", "body", "told"),
    [
        (401, b"{}", "Its API refused the key (401)."),
        (302, b"{}", "Its API answered with status 302."),
        (200, b"<html>", "Its API answered with something that is no JSON."),
        (200, b'{"object": "event"}', "Its API answered with something else than a list of data."),
        (200, b'"' + b"x" * 10 * 1024 * 1024 + b'"', "Its API answered with more than 1048576 bytes."),
    ],
)
def test_a_list_that_cannot_be_read_ends_with_words_and_an_alarm(
    status: int, body: bytes, told: str, now: datetime, caplog: pytest.LogCaptureFixture
) -> None:
    (events,) = LISTS[SourceKind.STRIPE]
    with api({events.path(SINCE, "", size): (status, body) for size in (25, 12, 6, 3, 1)}) as there:
        source = source_of(SourceKind.STRIPE, there.port, now)
        start(source)
        with caplog.at_level(logging.ERROR):
            failed = until_it_ends(source, now)
        assert len(there.requests) == reconciling.MAX_TRIES
    assert (failed["state"], failed["reason"]) == ("failed", f"events: {told}")
    assert [one.message for one in caplog.records if one.levelno == logging.ERROR] == [due.GIVEN_UP]
    (shown,) = content(admin_api.handler(sample("billing-admin-api/list-sources"), None))["items"]
    assert shown["reconciliation"] == failed
    assert shown["warnings"] == [f"Its list of what happened could not be read. events: {told}"]
    known = sources.load(source.id)
    assert known.reconciled_to is None
    assert known.due_at and now < known.due_at <= now + timedelta(days=2)


def test_a_list_without_an_end_ends(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    (events,) = LISTS[SourceKind.STRIPE]
    page = {"data": [test_stripe.event("price.created", {"id": "price_1"})], "has_more": True}
    paths = [events.path(SINCE, cursor, size) for cursor in ("", "evt_1") for size in (25, 12, 6, 3, 1)]
    with api(served(dict.fromkeys(paths, page))) as there:
        source = source_of(SourceKind.STRIPE, there.port, now)
        start(source)
        failed = until_it_ends(source, now)
    assert (failed["state"], failed["reason"]) == ("failed", "events: Its list goes on where it was before.")


def test_one_that_takes_longer_than_three_days_ends(now: datetime) -> None:
    source = source_of(SourceKind.STRIPE, 1, now)
    start(source)
    tick(source, now + timedelta(days=3, minutes=1))
    assert (newest(source)["state"], newest(source)["reason"]) == ("failed", "It took longer than it may.")


def test_a_run_that_is_out_of_time_goes_on_with_the_next(
    approved: Deal, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with api(served(listed_by(SourceKind.STRIPE))) as there:
        source = source_of(SourceKind.STRIPE, there.port, now)
        start(source)
        with monkeypatch.context() as hurried:
            hurried.setattr(reconciling, "_SECONDS", -1.0)
            tick(source, now)
        assert counted(newest(source)) == ("running", 0, 0, 0)
        assert len(inbox()) == 1
        tick(source, now)
        assert counted(newest(source)) == ("done", 2, 2, 2)


def test_an_event_that_fails_is_its_own_affair(approved: Deal, now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_event_id: str, _now: datetime) -> None:
        raise OSError("broken")

    monkeypatch.setattr(reconciling.commands, "apply", fail)
    with api(served(listed_by(SourceKind.STRIPE))) as there:
        source = source_of(SourceKind.STRIPE, there.port, now)
        start(source)
        assert counted(until_it_ends(source, now)) == ("done", 2, 2, 0)
    assert [item["status"] for item in inbox()] == ["received", "received"], "and the clock's"


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("place", range(14))
def test_one_that_is_killed_after_any_write_doubles_and_loses_nothing(
    place: int, kind: Kind, approved: Deal, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    with api(served(listed_by(SourceKind.STRIPE))) as there:
        source = source_of(SourceKind.STRIPE, there.port, now)
        start(source)
        faults = Faults()
        intercept(monkeypatch, faults.around)
        faults.arm(place, kind)
        with suppress(*BROKEN):
            tick(source, now)
        faults.disarm()
        done = until_it_ends(source, now + timedelta(minutes=3))
    for item in inbox():
        reconciling.commands.apply(item["id"], now)
    assert (done["state"], done["found"], done["new"]) == ("done", 2, 2)
    assert [outcome(item["id"]) for item in inbox()] == [APPLIED] * 2
    assert earned(approved) == 2100 - 706


# ---- who begins it --------------------------------------------------------------------------------------------------


def test_the_same_is_not_begun_twice_and_another_waits_for_its_end(now: datetime) -> None:
    source = source_of(SourceKind.STRIPE, 1, now)
    begun = start(source)
    assert start(source) == begun
    assert call("reconcile-source", source, body={})[1] == begun
    status, problem = call("reconcile-source", source, body={"since": "2026-02-26T00:00:00Z"})
    assert (status, problem["code"], problem["reconciliation_id"]) == (409, "state_conflict", begun["id"])


def test_of_two_who_begin_it_at_once_both_get_the_one(now: datetime, monkeypatch: pytest.MonkeyPatch) -> None:
    source = source_of(SourceKind.STRIPE, 1, now)
    lose_race_to(monkeypatch, lambda: reconciling.start(source.id, SINCE, "key_2", now))
    assert start(source)["started_by"] == "key_2"


@pytest.mark.parametrize(
    ("kind", "told"),
    [
        (SourceKind.STANDARD_WEBHOOKS, "A standard-webhooks sender has no list of what happened"),
        (SourceKind.STRIPE, "give api_key."),
        (SourceKind.RECURLY, "give api_key."),
        (SourceKind.ZUORA, "give api_key."),
    ],
)
def test_a_source_that_cannot_be_asked_says_why(kind: SourceKind, told: str, now: datetime) -> None:
    source = source_of(kind, 1, now)
    if kind is not SourceKind.STANDARD_WEBHOOKS:
        sources.change(source, {"api_key": None}, "key_1")
    status, problem = call("reconcile-source", source)
    assert (status, problem["code"]) == (409, "state_conflict")
    assert told in problem["detail"]


@pytest.mark.parametrize("since", ["2027-01-01T00:00:00Z", "yesterday", 5])
def test_a_time_to_come_or_none_at_all_is_refused(since: Any, now: datetime) -> None:
    status, problem = call("reconcile-source", source_of(SourceKind.STRIPE, 1, now), body={"since": since})
    assert (status, problem["errors"][0]["field"]) == (422, "since")


def test_one_that_there_is_not_is_a_404(now: datetime) -> None:
    source = source_of(SourceKind.STRIPE, 1, now)
    assert call("show-reconciliation", source)[0] == 404
    nobody = Source("bsrc_" + "0" * 26, SourceKind.STRIPE, "", (), now)
    assert [call(name, nobody)[0] for name in ("reconcile-source", "show-reconciliation")] == [404, 404]


def test_a_partner_may_not(now: datetime) -> None:
    for name in ("reconcile-source", "show-reconciliation"):
        assert admin_api.handler(sample(f"billing-admin-api/{name}", caller=PARTNER), None)["statusCode"] == 403


# ---- each night -----------------------------------------------------------------------------------------------------


@pytest.fixture
def nightly(now: datetime) -> Generator[tuple[Api, Source]]:
    with api() as there:
        source = source_of(SourceKind.STRIPE, there.port, now)
        reconciling.each_minute(now)
        yield there, sources.load(source.id)


class Context:
    def get_remaining_time_in_millis(self) -> int:
        return 50_000


def test_the_sweep_of_the_inbox_puts_it_on_the_clock_and_does_it(
    approved: Deal, now: datetime, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SWEPT_TABLE", Setting.BILLING_INBOX_TABLE)
    with api(served(listed_by(SourceKind.STRIPE))) as there:
        source = source_of(SourceKind.STRIPE, there.port, now)
        sweep.handler({}, Context())
        assert sources.load(source.id).due_at
        start(source)
        sweep.handler({}, Context())
        assert counted(newest(source)) == ("done", 2, 2, 2)


def test_each_night_goes_on_from_the_last_one(nightly: tuple[Api, Source], now: datetime) -> None:
    there, source = nightly
    first = source.due_at
    assert first and 2 <= first.hour < 5
    tick(source, first - timedelta(minutes=1))
    assert call("show-reconciliation", source)[0] == 404, "not before"
    tick(source, first)
    begun = newest(source)
    assert (begun["started_by"], begun["since"]) == ("clock", "2026-11-23T10:00:00.000Z")
    (events,) = LISTS[SourceKind.STRIPE]
    there.has = served({events.path(now, "", 25): {"data": []}})
    assert until_it_ends(source, first)["state"] == "done"
    known = sources.load(source.id)
    assert (known.reconciled_to, known.due_at) == (first, first + timedelta(days=1))
    tick(source, first + timedelta(days=1))
    assert newest(source)["since"] == (first - reconciling.OVERLAP).strftime("%Y-%m-%dT%H:%M:%S.000Z")


def test_one_that_fails_leaves_its_days_to_the_next(nightly: tuple[Api, Source]) -> None:
    _, source = nightly
    assert source.due_at
    tick(source, source.due_at)
    failed = until_it_ends(source, source.due_at)
    assert failed["state"] == "failed"
    following = sources.load(source.id).due_at
    assert following and following > source.due_at
    tick(source, following)
    assert (newest(source)["since"], newest(source)["state"]) == (failed["since"], "running")


def test_one_that_an_admin_begins_later_leaves_no_gap(nightly: tuple[Api, Source], now: datetime) -> None:
    there, source = nightly
    later = now + timedelta(days=2)
    reconciling.start(source.id, later - timedelta(hours=1), "key_1", later)
    there.has = served({LISTS[SourceKind.STRIPE][0].path(later - timedelta(hours=1), "", 25): {"data": []}})
    assert until_it_ends(source, later)["state"] == "done"
    assert sources.load(source.id).reconciled_to is None


def test_a_source_that_cannot_be_asked_is_passed_over(nightly: tuple[Api, Source]) -> None:
    there, source = nightly
    sources.change(source, {"api_key": None}, "key_1")
    assert source.due_at
    tick(source, source.due_at)
    assert sources.load(source.id).due_at == source.due_at + timedelta(days=1)
    assert (there.requests, call("show-reconciliation", source)[0]) == ([], 404)


def test_who_has_no_list_has_no_night_and_who_has_one_keeps_it(nightly: tuple[Api, Source], now: datetime) -> None:
    generic = source_of(SourceKind.STANDARD_WEBHOOKS, 1, now)
    reconciling.each_minute(now + timedelta(hours=30))
    assert sources.load(generic.id).due_at is None
    assert sources.load(nightly[1].id).due_at == nightly[1].due_at


def test_the_night_is_that_of_the_programs_clocks() -> None:
    tokyo = Calendar(
        frozenset(range(5)), timedelta(hours=9), timedelta(hours=17), "Asia/Tokyo",
        ((datetime(1970, 1, 1, tzinfo=UTC), timedelta(hours=9)),),
    )  # fmt: skip
    noon = datetime(2026, 11, 23, 12, tzinfo=UTC)
    hours = {tokyo.local(reconciling.next_night(f"bsrc_{place}", tokyo, noon)).hour for place in range(100)}
    assert hours == {2, 3, 4}
    for place in range(100):
        assert noon < reconciling.next_night(f"bsrc_{place}", tokyo, noon) <= noon + timedelta(days=1)
