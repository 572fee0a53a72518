"""An ERP's file of a payout run: its rows, its cells, and what it is refused for."""

from dataclasses import replace
from typing import Any

import pytest

from dealreg.exports.mapping_store import built_in
from dealreg.exports.rendering import ExportedPayout, render
from dealreg.platform.errors import ExportRefused
from tests.unit.exports.samples import RUN, cell_of, mapping, payout, shipped, text_of

KAWA = payout(
    number="P-2", partner_name="Kawa Łódz, S.A.", erp_reference="K7", net=50_000, tax=0, total=50_000, tax_code="T0"
)


def problems(by: Any, *payouts: ExportedPayout) -> list[tuple[str, str | None, str]]:
    with pytest.raises(ExportRefused) as refused:
        render(by, RUN, payouts)
    return [(one["payout"], one["column"], one["code"]) for one in refused.value.extra["problems"]]


class TestBuiltIn:
    def test_there_are_four(self) -> None:
        assert list(built_in()) == ["csv", "intacct", "sage50", "sap-invoice"]

    def test_sage_50_has_a_purchase_invoice_a_payout_by_reference(self) -> None:
        assert text_of(shipped("sage50"), payout(), KAWA) == (
            "Type,Account Reference,Nominal A/C Ref,Department Code,Date,Reference,Details,"
            "Net Amount,Tax Code,Tax Amount\r\n"
            'PI,K7,6101,0,05/12/2026,P-2,"Commission 2026-11 Kawa Lódz, S.A.",500.00,T0,0.00\r\n'
            "PI,Q001,6101,0,05/12/2026,P-7K3M-9Q2F,Commission 2026-11 Quarz GmbH,100.00,T1,19.00\r\n"
        )

    def test_sage_50_is_written_as_windows_writes_it(self) -> None:
        content = render(shipped("sage50"), RUN, [payout(partner_name="Müller – €")]).content
        assert "Müller – €".encode("windows-1252") in content

    def test_intacct_has_balanced_entries_whose_header_cells_are_in_the_first_row(self) -> None:
        assert text_of(shipped("intacct"), payout(), KAWA) == (
            "DONOTIMPORT,JOURNAL,DATE,DESCRIPTION,LINE_NO,ACCT_NO,LOCATION_ID,DEPT_ID,DOCUMENT,MEMO,DEBIT,CREDIT\r\n"
            ',APJ,12/05/2026,"P-2 Kawa Łódz, S.A.",1,6101,,,P-2,"Commission 2026-11 K7 Kawa Łódz, S.A.",500.00,\r\n'
            ',,,,2,2001,,,P-2,"Commission 2026-11 K7 Kawa Łódz, S.A.",,500.00\r\n'
            ",APJ,12/05/2026,P-7K3M-9Q2F Quarz GmbH,1,6101,,,P-7K3M-9Q2F,Commission 2026-11 Q001 Quarz GmbH,100.00,\r\n"
            ",,,,2,1501,,,P-7K3M-9Q2F,Commission 2026-11 Q001 Quarz GmbH,19.00,\r\n"
            ",,,,3,2001,,,P-7K3M-9Q2F,Commission 2026-11 Q001 Quarz GmbH,,119.00\r\n"
        )

    def test_sap_has_the_vendor_in_the_credit_row_and_accounts_in_the_others_in_several_currencies(self) -> None:
        yen = payout(number="P-3", currency="JPY", net=12_000, tax=0, erp_reference="0000802236", tax_code="V0")
        assert text_of(shipped("sap-invoice"), payout(tax_code="V2"), yen) == (
            "COUNTER;BUKRS;BKTXT;XBLNR;BLDAT;BUDAT;BLART;SGTXT;LIFNR;HKONT;WRBTR_S;WRBTR_H;WAERS;MWSKZ\r\n"
            "1;1000;Commission 2026-11;P-3;05.12.2026;05.12.2026;KR;Commission 2026-11 Quarz GmbH;"
            ";610100;12000;;JPY;V0\r\n"
            "1;1000;Commission 2026-11;P-3;05.12.2026;05.12.2026;KR;Commission 2026-11 Quarz GmbH;"
            "0000802236;;;12000;JPY;V0\r\n"
            "2;1000;Commission 2026-11;P-7K3M-9Q2F;05.12.2026;05.12.2026;KR;Commission 2026-11 Quarz GmbH;"
            ";610100;100,00;;EUR;V2\r\n"
            "2;1000;Commission 2026-11;P-7K3M-9Q2F;05.12.2026;05.12.2026;KR;Commission 2026-11 Quarz GmbH;"
            ";154000;19,00;;EUR;V2\r\n"
            "2;1000;Commission 2026-11;P-7K3M-9Q2F;05.12.2026;05.12.2026;KR;Commission 2026-11 Quarz GmbH;"
            "Q001;;;119,00;EUR;V2\r\n"
        )

    def test_csv_has_all_there_is(self) -> None:
        assert text_of(shipped("csv"), payout()) == (
            "run,date,period,payout,partner,erp_reference,net,tax,total,currency,tax_code\n"
            "R-0007,2026-12-05,2026-11,P-7K3M-9Q2F,Quarz GmbH,Q001,100.00,19.00,119.00,EUR,T1\n"
        )

    @pytest.mark.parametrize(
        ("name", "limits"),
        [
            ("sage50", {"Account Reference": 8, "Nominal A/C Ref": 8, "Reference": 30, "Details": 60}),
            ("intacct", {"DESCRIPTION": 30}),
            ("sap-invoice", {"BUKRS": 4, "XBLNR": 16, "SGTXT": 50, "LIFNR": 10, "HKONT": 10}),
        ],
    )
    def test_lengths_are_those_of_the_systems(self, name: str, limits: dict[str, int]) -> None:
        found = {column.name: column.longest for column in shipped(name).columns}
        assert {column: found[column] for column in limits} == limits


class TestCells:
    @pytest.mark.parametrize(
        ("name", "cell"),
        [
            ("  Quarz \t\r\n  GmbH", '" Quarz GmbH"'),
            ("Cafe\u0301", "Café"),
            ("Quarz\x00 Gm\x7fbH", "Quarz GmbH"),
            ("=1+1", "'=1+1"),
            ("+49", "'+49"),
            ("-5", "'-5"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\x00=1", "'=1"),
            (" =1", "' =1"),
            ("＝1", "'＝1"),
            ("Quarz-GmbH", "Quarz-GmbH"),
            ('The "Quarz"', '"The ""Quarz"""'),
            ("Quarz, Co", '"Quarz, Co"'),
            ("Quarz; Co", "Quarz; Co"),
            ("Quarz ", '"Quarz "'),
            ("", '""'),
        ],
    )
    def test_a_text(self, name: str, cell: str) -> None:
        assert cell_of("{partner.name}", payout(partner_name=name)) == cell

    def test_what_is_replaced_is_replaced_once_the_longest_first_and_before_a_formula_is_looked_for(self) -> None:
        replace = {"a": "b", "b": "c", "ab": "=", "u\u0308": "ue"}
        assert cell_of("{partner.name}", payout(partner_name="abaüb"), replace=replace) == "'=buec"

    def test_an_amount_or_a_date_alone_begins_as_it_is_and_in_a_text_does_not(self) -> None:
        assert cell_of("{run.date}", date="-%Y") == "-2026"
        assert cell_of("{run.date} ", date="-%Y") == "-2026"
        assert cell_of("{run.date}.", date="-%Y") == "'-2026."
        columns = [{"name": "x", "value": "{entry.amount}"}, {"name": "y", "value": "{entry.amount} EUR"}]
        assert text_of(mapping(*columns, rows="entries"), payout(tax=0)).splitlines()[1:] == [
            "100.00,100.00 EUR",
            "-100.00,'-100.00 EUR",
        ]

    @pytest.mark.parametrize(("currency", "cell"), [("EUR", "1234567,00"), ("JPY", "123456700"), ("KWD", "123456,700")])
    def test_an_amount_has_its_currencys_digits_and_no_grouping(self, currency: str, cell: str) -> None:
        by = mapping({"name": "x", "value": "{payout.net}"}, decimal=",", file={"delimiter": ";", "header": False})
        assert text_of(by, payout(currency=currency, net=123_456_700)) == f"{cell}\r\n"

    def test_a_text_is_cut_where_that_is_said(self) -> None:
        assert cell_of("{partner.name}", payout(partner_name="=abcdef"), max=4, too_long="cut") == "'=ab"

    def test_all_are_quoted_where_that_is_said(self) -> None:
        by = mapping({"name": "x", "value": "PI"}, {"name": "y"}, file={"quote": "all", "bom": True})
        assert render(by, RUN, [payout()]).content == b'\xef\xbb\xbf"x","y"\r\n"PI",""\r\n'

    def test_a_companys_own_lines_come_first(self) -> None:
        by = mapping({"name": "x", "value": "1"}, file={"preamble": ["Batch,,", " Items"], "newline": "lf"})
        assert text_of(by, payout()) == "Batch,,\n Items\nx\n1\n"


class TestRefusals:
    def test_every_wrong_cell_is_said_at_once(self) -> None:
        wrong = [
            payout(number="P-1", erp_reference=""),
            payout(number="P-2", erp_reference="LONGER-THAN-8", partner_name="Śląsk"),
            payout(number="P-3", currency="USD", total=1),
        ]
        assert problems(shipped("sage50"), *wrong) == [
            ("P-3", None, "several_currencies"),
            ("P-3", None, "unbalanced"),
            ("P-1", "Account Reference", "missing"),
            ("P-2", "Account Reference", "too_long"),
            ("P-2", "Details", "not_encodable"),
        ]

    def test_a_problem_names_the_payout_by_its_id_too(self) -> None:
        with pytest.raises(ExportRefused) as refused:
            render(shipped("sage50"), RUN, [payout(erp_reference=" ")])
        assert refused.value.extra["problems"][0]["payout_id"] == "pay_P-7K3M-9Q2F"

    def test_an_amount_is_refused_rather_than_cut(self) -> None:
        by = mapping({"name": "x", "value": "{payout.net}", "max": 3, "too_long": "cut"})
        assert problems(by, payout()) == [("P-7K3M-9Q2F", "x", "too_long")]

    def test_what_is_cut_off_need_not_be_encodable(self) -> None:
        column = {"name": "x", "value": "{partner.name}", "max": 5, "too_long": "cut"}
        by = mapping(column, file={"encoding": "windows-1252", "header": False})
        assert text_of(by, payout(partner_name="Quarz Śląsk")) == "Quarz\r\n"

    def test_an_account_that_is_not_set_is_missing_where_it_is_needed(self) -> None:
        intacct = shipped("intacct")
        without = replace(intacct, settings={**intacct.settings, "tax_account": ""})
        assert problems(without, payout()) == [("P-7K3M-9Q2F", "ACCT_NO", "missing")]
        assert text_of(without, payout(tax=0))

    def test_a_cell_that_a_row_does_not_have_is_not_missing(self) -> None:
        assert text_of(shipped("sap-invoice"), payout())

    def test_a_run_of_nothing_is_a_header(self) -> None:
        file = render(shipped("csv"), RUN, [])
        assert (file.rows, file.content.count(b"\n")) == (0, 1)
