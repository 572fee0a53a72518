"""A file of accounts from upload to the conflict check: what it changes, what it refuses, what it removes."""

import os
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

import pytest
import requests

from dealreg.accounts import store as accounts
from dealreg.accounts.imports import rejects, removals, work
from dealreg.accounts.model import id_of
from dealreg.platform import aws as clients
from dealreg.platform import dynamo
from tests.conftest import NOW
from tests.integration.accounts.imports.conftest import begin, call, queued, report, show, upload, work_off
from tests.integration.accounts.test_accounts_api import all_rows, verdict
from tests.samples import content, routes_of

KRANZ = "A1,Kranz AG,kranz.example,AT,,customer,Kranz & Sons,"
BOLT = "A2,Bolt Ltd,bolt.example,GB,GB980780684,open_opportunity,,"
COUNTED = ("created", "updated", "unchanged", "deleted", "rejected", "removed")


def done(*lines: str, **asked: Any) -> dict[str, Any]:
    """A completed import."""
    import_id = begin(*lines, **asked)
    work_off()
    shown = show(import_id)
    assert shown["state"] == "completed"
    return shown


def counts(shown: dict[str, Any]) -> dict[str, int]:
    return {name: shown[name] for name in COUNTED if shown[name]}


def create_and_upload(file: bytes) -> str:
    import_id = str(content(call("create"))["id"])
    upload(import_id, file)
    return import_id


def there(external_id: str, source: str = "crm") -> bool:
    account_id = id_of(source, external_id)
    return account_id in accounts.load_many([account_id])


def test_every_route_has_a_sample() -> None:
    from accounts.imports_api import ROUTES

    assert routes_of("accounts-imports-api") == set(ROUTES)


class TestWhatItDoes:
    def test_registrations_are_checked_against_it(self) -> None:
        shown = done(KRANZ, BOLT)
        assert (counts(shown), shown["rows"], shown["rows_done"]) == ({"created": 2}, 2, 2)
        assert verdict(domain="www.kranz.example") == "existing_customer"
        assert verdict(tax_id="GB980780684") == "direct_pipeline"
        assert verdict("Kranz and Sons") == "possible_duplicate"
        assert verdict() == "clear"

    def test_sent_again_only_what_changed_is_written(self) -> None:
        done(KRANZ, BOLT)
        moved = KRANZ.replace("kranz.example", "kranz.swiss")
        assert counts(done(moved, BOLT, "A3,New,,,,customer,,")) == {"created": 1, "updated": 1, "unchanged": 1}
        assert verdict(domain="kranz.swiss") == "existing_customer"
        assert verdict(domain="kranz.example") == "clear"

    def test_unchanged_rows_cost_one_read_together(self, monkeypatch: pytest.MonkeyPatch) -> None:
        lines = [f"A{n},Company {n},c{n}.example,DE,,customer,," for n in range(20)]
        done(*lines)
        begin(*lines)
        work.run('{"import_id": "%s", "step": "split"}' % queued()[0]["import_id"], NOW)  # noqa: UP031
        (step,) = queued()
        written: list[object] = []
        read: list[object] = []
        batch_get, transact = dynamo.batch_get, dynamo.transact

        def noted_get(keys: Iterable[dynamo.Key]) -> dict[dynamo.Key, dynamo.Item]:
            read.append(keys)
            return batch_get(keys)

        def noted_transact(actions: Sequence[dynamo.Action]) -> None:
            written.append(actions)
            transact(actions)

        monkeypatch.setattr(dynamo, "batch_get", noted_get)
        monkeypatch.setattr(dynamo, "transact", noted_transact)
        work.run(f'{{"import_id": "{step["import_id"]}", "step": "chunk", "number": 0}}', NOW)
        assert (len(read), len(written)) == (1, 1), "one read of all, one write that counts the chunk"

    def test_a_deleted_row_deletes(self) -> None:
        done(KRANZ, BOLT)
        assert counts(done("A1,,,,,,,true", "A9,,,,,,,true")) == {"deleted": 1, "unchanged": 1}
        assert verdict("Kranz AG", "kranz.example", "AT") == "clear"
        assert there("A2")

    def test_the_api_and_a_file_mean_the_same_account(self) -> None:
        accounts.create(b'{"name": "Kranz", "external_id": "A1", "ownership": "open_opportunity"}', NOW, "test")
        assert counts(done(KRANZ)) == {"updated": 1}

    def test_two_sources_do_not_meet(self) -> None:
        done(KRANZ)
        assert counts(done(BOLT.replace("A2", "A1"), source="erp")) == {"created": 1}
        assert verdict(domain="kranz.example") == "existing_customer"
        assert verdict(domain="bolt.example") == "direct_pipeline"


class TestFull:
    def test_what_the_file_does_not_have_is_removed(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(removals, "_AT_ONCE", 2)
        monkeypatch.setattr(removals, "_GROUP", 2)
        monkeypatch.setattr(accounts, "_MEMBERS", 1)
        done(KRANZ, BOLT, *(f"B{n},Old {n},,,,customer,," for n in range(5)))
        done("E1,Other,other.example,,,customer,,", source="erp")
        import_id = begin(KRANZ, "A2,?,,,,customer,,", mode="full")
        work_off()
        assert call("confirm", import_id, body={"removals": 5})["statusCode"] == 202
        work_off()
        shown = show(import_id)
        assert counts(shown) == {"unchanged": 1, "rejected": 1, "removed": 5}
        assert [there("A1"), there("A2"), there("B0"), there("E1", "erp")] == [True, True, False, True]
        assert verdict("Old 3") == "clear"

    def test_what_came_by_the_api_meanwhile_stays(self) -> None:
        begin(KRANZ, mode="full")
        accounts.create(b'{"name": "Late", "external_id": "L1", "ownership": "customer"}', later(), "test")
        work_off()
        assert there("L1")

    def test_a_file_without_rows_removes_nothing(self) -> None:
        done(KRANZ)
        import_id = begin(mode="full")
        work_off()
        assert show(import_id)["state"] == "failed"
        assert there("A1")


def later() -> Any:
    from datetime import timedelta

    from dealreg.platform import times

    return times.now() + timedelta(seconds=5)


class TestRejects:
    def test_each_is_told_by_line_and_reason_and_the_others_go_in(self) -> None:
        shown = done(KRANZ, "A3,?,,Germany,,friend,,", ",No id,,,,customer,,", BOLT)
        assert counts(shown) == {"created": 2, "rejected": 2}
        items = content(call("list-rejects", shown["id"]))["items"]
        assert [(item["line"], item["external_id"]) for item in items] == [(3, "A3"), (4, "")]
        assert {error["field"] for error in items[0]["errors"]} == {"name", "country", "ownership"}
        assert items[1]["errors"] == [{"field": "external_id", "message": "This is required."}]

    def test_all_of_them_are_one_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(rejects, "_PAGE", 2)
        monkeypatch.setattr(rejects, "PART_BYTES", 100)
        monkeypatch.setattr("moto.s3.models.S3_UPLOAD_PART_MIN_SIZE", 100)
        bad = [f'"A{n},""é""",?,,Germany,,customer,,' for n in range(7)]
        shown = done(KRANZ, *bad)
        rows = report(shown["id"])
        assert [(row["line"], row["field"]) for row in rows] == [
            (str(line), field) for line in range(3, 10) for field in ("name", "country")
        ]
        assert {row["external_id"] for row in rows} == {f'A{n},"é"' for n in range(7)}
        assert {row["message"] for row in rows} == {
            "Write the account's name.",
            "Use a two-letter country code such as DE.",
        }

    def test_without_any_the_file_is_its_header(self) -> None:
        assert report(done(KRANZ)["id"]) == []

    def test_the_file_is_there_when_the_import_is_completed(self) -> None:
        import_id = begin(KRANZ, "A3,?,,,,customer,,")
        reply = call("download-rejects", import_id)
        assert (reply["statusCode"], content(reply)["import_state"]) == (409, "splitting")
        work_off()
        clients.client("s3").delete_object(Bucket=os.environ["IMPORT_BUCKET"], Key=f"rejects/{import_id}.csv")
        assert call("download-rejects", import_id)["statusCode"] == 410
        assert len(content(call("list-rejects", import_id))["items"]) == 1

    def test_they_come_by_pages(self) -> None:
        shown = done(*(f"A{n},?,,,,customer,," for n in range(5)))
        lines: list[int] = []
        query: dict[str, str] = {"limit": "2"}
        while True:
            page = content(call("list-rejects", shown["id"], query=query))
            lines += [item["line"] for item in page["items"]]
            if page["next_cursor"] is None:
                break
            query["cursor"] = page["next_cursor"]
        assert lines == [2, 3, 4, 5, 6]

    def test_an_external_id_counts_once_in_a_file(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(work, "CHUNK_BYTES", 60)
        shown = done(KRANZ, BOLT, BOLT.replace("Bolt", "Bult"), KRANZ.replace("AG", "SE"))
        assert counts(shown) == {"created": 2, "rejected": 2}
        items = content(call("list-rejects", shown["id"]))["items"]
        assert [item["errors"][0]["message"] for item in items] == ["Line 3 has the same.", "Line 2 has the same."]

    @pytest.mark.parametrize(
        "file", [b"", b"name\nKranz\n", b"\xff\xfe", b'external_id,name,ownership\nA1,"' + b"x" * 70_000]
    )
    def test_a_file_that_is_no_table_fails_with_a_reason(self, file: bytes) -> None:
        import_id = create_and_upload(file)
        assert call("start", import_id)["statusCode"] == 202
        work_off()
        shown = show(import_id)
        assert (shown["state"], bool(shown["problem"])) == ("failed", True)
        assert done(KRANZ)["created"] == 1, "its source is free again"

    def test_another_file_after_the_start_is_not_mixed_with_the_first(self) -> None:
        import_id = begin(KRANZ)
        upload(import_id, "external_id,name,ownership\nA9,Other,customer\n")
        work_off()
        assert show(import_id)["problem"] == "Another file was uploaded after the start."
        assert not there("A9")


class TestList:
    def test_the_newest_comes_first(self) -> None:
        imports = [done(KRANZ)["id"], begin(BOLT, source="erp"), content(call("create"))["id"]]
        first = content(call("list", query={"limit": "2"}))
        second = content(call("list", query={"limit": "2", "cursor": first["next_cursor"]}))
        shown = [*first["items"], *second["items"]]
        assert second["next_cursor"] is None
        assert [item["id"] for item in shown] == imports[::-1]
        assert [item["state"] for item in shown] == ["awaiting_upload", "splitting", "completed"]

    def test_what_is_kept_of_an_import_goes_after_a_season(self) -> None:
        done(KRANZ)
        shown = done("A1,,,,,,,true", "A3,?,,,,customer,,")
        rows = [item for item in all_rows() if "IMPORT" in item["pk"] and shown["id"] in item["pk"] + item["sk"]]
        assert {row["sk"].partition("#")[0] for row in rows} == {"IMPORT", "CHUNK", "REJECT", "DELETED", "REPORT"}
        created = datetime.fromisoformat(shown["created_at"])
        assert {row["ttl"] for row in rows} == {int((created + timedelta(days=90)).timestamp())}


class TestOneAtATime:
    def test_a_second_import_of_a_source_waits_for_the_first(self) -> None:
        begin(KRANZ)
        second = content(call("create"))["id"]
        upload(second, "external_id,name,ownership\n")
        assert call("start", second)["statusCode"] == 409
        work_off()
        assert call("start", second)["statusCode"] == 202

    def test_started_twice_it_runs_once(self) -> None:
        import_id = begin(KRANZ)
        assert call("start", import_id)["statusCode"] == 202
        assert len(queued()) == 1

    def test_without_a_file_it_does_not_start(self) -> None:
        import_id = content(call("create"))["id"]
        assert (call("start", import_id)["statusCode"], show(import_id)["state"]) == (409, "awaiting_upload")
        assert call("start", "imp_unknown")["statusCode"] == 404

    def test_cancelled_it_does_nothing_more(self) -> None:
        import_id = begin(KRANZ)
        assert content(call("cancel", import_id))["state"] == "cancelled"
        work_off()
        assert not there("A1")
        assert call("cancel", import_id)["statusCode"] == 409
        assert done(KRANZ)["created"] == 1


class TestSyncToken:
    def test_changes_since_the_last_import_go_on_from_its_token(self) -> None:
        first = done(KRANZ)
        second = done(BOLT, sync_token=first["sync_token"])
        assert second["sync_token"] not in (None, first["sync_token"])

    def test_a_gap_is_noticed(self) -> None:
        first = done(KRANZ)
        done(BOLT, sync_token=first["sync_token"])
        late = content(call("create", body={"sync_token": first["sync_token"]}))["id"]
        upload(late, "external_id,name,ownership\n")
        reply = call("start", late)
        assert (reply["statusCode"], content(reply)["code"]) == (409, "stale_version")
        assert content(reply)["sync_token"]


def test_the_signed_address_takes_the_file() -> None:
    reply = content(call("create"))
    sent = requests.put(reply["upload"]["url"], data=b"external_id,name,ownership\nA1,Kranz,customer\n")
    assert sent.status_code == 200
    assert call("start", reply["id"])["statusCode"] == 202
    work_off()
    assert there("A1")
