"""Billing over HTTP: plans, what a period comes to, invoices that stay as they are, numbers without a gap."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import pytest

from tests.control.standing import ADMIN, Said, Standing, key_of
from tests.control.usage import DAY, opened, plant, spread
from torana.control.billing.invoices import Draft, keep_draft
from torana.stores import sql

SINCE = 1_780_272_000
"""2026-06-01 in UTC."""
JUNE = {"since": "2026-06-01", "until": "2026-07-01"}
PLAN = {
    "currency": "INR",
    "price_per_user": "499.00",
    "margin_bp": 1500,
    "included": "10.00",
    "taxes": [{"name": "CGST", "rate_bp": 900}, {"name": "SGST", "rate_bp": 900}],
    "rates": [
        {"from": "USD", "to": "INR", "rate": "80", "since": "2026-01-01"},
        {"from": "USD", "to": "INR", "rate": "90", "since": "2026-06-02"},
    ],
    "seller": {"name": "Acme Central IT", "address": ["12 MG Road", "Mumbai"], "tax_id": "27AAPFU0939F1ZV"},
    "buyer": {"name": "अधिकोष Bank ₹"},
    "fiscal_year_begins": 4,
    "note": "Thank you.",
}


@pytest.fixture(scope="module")
def billed(standing: Standing) -> Standing:
    plant(
        standing,
        spread(101, SINCE + 60.0, model="m1", cost_nano=1_000_000_000),
        spread(102, SINCE + DAY + 60.0, model="m1", cost_nano=1_000_000_001, user="bob"),
        spread(103, SINCE + DAY + 61.0, model="m2", cost_nano=333_333_333, user="bob"),
        spread(104, SINCE + DAY + 62.0, model="m2", cost_nano=2_000_000_000, currency="INR", user=""),
        spread(105, SINCE - 1.0, cost_nano=77_000_000_000),
        spread(106, SINCE + 30 * DAY, cost_nano=77_000_000_000),
        spread(107, SINCE + 60.0, tenant="globex", cost_nano=987_654_321_000),
    )
    said = standing.ask("PUT", f"{ADMIN}/billing/plan", key_of("admin"), PLAN)
    assert said.status == 200, said.body
    return standing


def ask(
    standing: Standing, method: str, path: str, body: Any = None, role: str = "admin", tenant: str = "acme"
) -> Said:
    return standing.ask(method, f"{ADMIN}/billing/{path}", key_of(role, tenant), body)


def lines_of(body: Any) -> dict[tuple[str, str], str]:
    """Amounts by kind and description; of usage by its currency too, where that is not the dollar."""
    found = {}
    for line in body["lines"]:
        other = f" {line['source_currency']}" if line["source_currency"] not in (None, "USD") else ""
        found[line["kind"], line["description"] + other] = line["amount"]
    assert len(found) == len(body["lines"])
    return found


def test_a_summary_is_the_bill_as_it_stands(billed: Standing) -> None:
    seen = ask(billed, "GET", "summary?since=2026-06-01&until=2026-07-01").body
    # m1: 1 x 80 + 1.000000001 x 90; m2: 0.333333333 x 90 of dollars, and 2 rupees.
    assert lines_of(seen) == {
        ("usage", "m1"): "170.00000009",
        ("usage", "m2"): "29.99999997",
        ("usage", "m2 INR"): "2.00",
        ("margin", "Margin 15 % on token costs"): "30.300000009",
        ("included", "Included in the plan"): "-10.00",
        ("users", "Active users"): "998.00",
        ("tax", "CGST 9 %"): "109.827000006",
        ("tax", "SGST 9 %"): "109.827000006",
        ("rounding", "Rounding"): "-0.004000081",
    }
    amounts = [Decimal(line["amount"]) for line in seen["lines"]]
    assert sum(amounts) == Decimal(seen["total"])
    assert Decimal(seen["total"]) == Decimal(seen["total"]).quantize(Decimal("0.01"))
    assert Decimal(seen["usage"]) == Decimal("170.00000009") + Decimal("0.333333333") * 90 + 2
    assert seen["active_users"] == 2
    assert [(one["user_id"], one["requests"]) for one in seen["users"]] == [("bob", 2), ("ann", 1), ("", 1)]


def test_a_person_is_billed_their_tokens_and_their_seat(billed: Standing) -> None:
    seen = ask(billed, "GET", "user/ann?since=2026-06-01&until=2026-07-01").body
    assert lines_of(seen) == {
        ("usage", "m1"): "80.00",
        ("margin", "Margin 15 % on token costs"): "12.00",
        ("users", "Active users"): "499.00",
    }
    assert seen["net"] == "591.00"
    assert ask(billed, "GET", "user/nobody-here").status == 404


def test_the_export_adds_up_to_the_summary(billed: Standing) -> None:
    said = ask(billed, "GET", "export/csv?since=2026-06-01&until=2026-07-01")
    assert said.headers["content-type"].startswith("text/csv")
    rows = list(csv.DictReader(io.StringIO(said.raw.decode())))
    assert len(rows) == 4
    seen = ask(billed, "GET", "summary?since=2026-06-01&until=2026-07-01").body
    assert sum(Decimal(row["billed"]) for row in rows) == Decimal(seen["usage"])
    assert "987" not in said.raw.decode()


@pytest.fixture(scope="module")
def issued(billed: Standing) -> Iterator[dict[str, Any]]:
    said = ask(billed, "POST", "invoice", {**JUNE, "issue": True})
    assert said.status == 201, said.body
    yield said.body


def test_an_issued_invoice_has_a_number_and_adds_up(billed: Standing, issued: dict[str, Any]) -> None:
    assert (issued["status"], issued["kind"]) == ("issued", "invoice")
    assert issued["number"].startswith("INV/2026-27/")
    assert sum(Decimal(line["amount"]) for line in issued["lines"]) == Decimal(issued["total"])
    again = ask(billed, "GET", f"invoices/{issued['id']}").body
    assert again["intact"] is True
    assert again["remaining"] == issued["total"]
    assert again["lines"] == issued["lines"]


def test_a_period_is_billed_once(billed: Standing, issued: dict[str, Any]) -> None:
    said = ask(billed, "POST", "invoice", {"since": "2026-06-10", "until": "2026-06-12", "issue": True})
    assert (said.status, said.body["error_code"]) == (409, "CONFLICT")
    assert issued["number"] in said.body["message"]


def test_a_period_that_is_not_over_is_only_drafted(billed: Standing) -> None:
    said = ask(billed, "POST", "invoice", {"issue": True})
    assert (said.status, said.body["error_code"]) == (409, "CONFLICT")
    draft = ask(billed, "POST", "invoice", {})
    assert (draft.status, draft.body["status"], draft.body["number"]) == (201, "draft", "")
    assert ask(billed, "DELETE", f"invoices/{draft.body['id']}").status == 204
    assert ask(billed, "GET", f"invoices/{draft.body['id']}").status == 404


def test_the_database_refuses_to_change_what_was_issued(billed: Standing, issued: dict[str, Any]) -> None:
    for statement in (
        "UPDATE billing_invoices SET total_nano = 0 WHERE id = ?",
        "DELETE FROM billing_invoices WHERE id = ?",
    ):
        with opened(billed) as connection, pytest.raises(sql.faults(), match="never changed"), connection:
            connection.execute(statement, (issued["id"],))
    assert ask(billed, "DELETE", f"invoices/{issued['id']}").status == 409
    assert ask(billed, "GET", f"invoices/{issued['id']}").body["total"] == issued["total"]


def test_later_plans_and_usage_leave_an_invoice_as_it_was(billed: Standing, issued: dict[str, Any]) -> None:
    plan = ask(billed, "GET", "plan").body
    said = ask(billed, "PUT", "plan", {**plan, "margin_bp": 9999})
    assert said.status == 200, said.body
    assert ask(billed, "PUT", "plan", {**plan, "margin_bp": 1}).status == 409
    plant(billed, spread(120, SINCE + 5 * DAY, cost_nano=5_000_000_000))
    assert ask(billed, "GET", f"invoices/{issued['id']}").body["lines"] == issued["lines"]
    back = ask(billed, "PUT", "plan", {**plan, "version": said.body["version"]})
    assert back.status == 200


def test_an_invoice_is_printed(billed: Standing, issued: dict[str, Any]) -> None:
    said = ask(billed, "GET", f"invoices/{issued['id']}.pdf")
    assert (said.status, said.headers["content-type"]) == (200, "application/pdf")
    assert said.raw.startswith(b"%PDF-")
    assert f"{issued['number'].replace('/', '-')}.pdf" in said.headers["content-disposition"]
    assert ask(billed, "GET", "invoices/inv_none.pdf").status == 404


def test_other_tenants_invoices_are_not_found(billed: Standing, issued: dict[str, Any]) -> None:
    missing = ask(billed, "GET", "invoices/inv_none", tenant="globex")
    for method, path, body in (
        ("GET", f"invoices/{issued['id']}", None),
        ("GET", f"invoices/{issued['id']}.pdf", None),
        ("DELETE", f"invoices/{issued['id']}", None),
        ("POST", f"invoices/{issued['id']}/issue", None),
        ("POST", f"invoices/{issued['id']}/credit", {"reason": "theirs"}),
    ):
        said = ask(billed, method, path, body, tenant="globex")
        assert (said.status, said.body["message"]) == (404, missing.body["message"]), path
    assert ask(billed, "GET", "invoices", tenant="globex").body["items"] == []


def test_credit_notes_take_from_an_invoice_no_more_than_it_is(billed: Standing) -> None:
    plant(billed, spread(130, SINCE + 60 * DAY, cost_nano=10_000_000_000))
    invoice = ask(billed, "POST", "invoice", {"since": "2026-07-31", "until": "2026-08-01", "issue": True}).body
    assert Decimal(invoice["total"]) > 0
    part = ask(billed, "POST", f"invoices/{invoice['id']}/credit", {"reason": "a part", "net": "100.00"})
    assert (part.status, part.body["total"], part.body["kind"]) == (201, "-118.00", "credit_note")
    assert part.body["number"].startswith("CN/2026-27/")
    left = ask(billed, "GET", f"invoices/{invoice['id']}").body["remaining"]
    assert Decimal(left) == Decimal(invoice["total"]) - 118
    much = ask(billed, "POST", f"invoices/{invoice['id']}/credit", {"reason": "too much", "net": "100000000"})
    assert (much.status, much.body["error_code"]) == (409, "CONFLICT")
    rest = ask(billed, "POST", f"invoices/{invoice['id']}/credit", {"reason": "the rest"})
    assert Decimal(rest.body["total"]) == -Decimal(left)
    assert ask(billed, "POST", f"invoices/{invoice['id']}/credit", {"reason": "more"}).status == 409
    # What was credited in full may be billed again.
    anew = ask(billed, "POST", "invoice", {"since": "2026-07-31", "until": "2026-08-01", "issue": True})
    assert anew.status == 201, anew.body


def test_numbers_have_no_gap_and_come_once_when_many_issue_at_the_same_time(billed: Standing) -> None:
    days = [(f"2026-03-{day:02d}", f"2026-03-{day + 1:02d}") for day in range(1, 13)]

    def issue(days: tuple[str, str]) -> Said:
        return ask(billed, "POST", "invoice", {"since": days[0], "until": days[1], "issue": True})

    with ThreadPoolExecutor(12) as pool:
        # Every period twice: one of the two must fail, and take no number with it.
        said = list(pool.map(issue, days + days))
    assert sorted(one.status for one in said) == [201] * 12 + [409] * 12
    items = ask(billed, "GET", "invoices?limit=500").body["items"]
    numbers = sorted(
        int(one["number"].rpartition("/")[2]) for one in items if one["kind"] == "invoice" and one["number"]
    )
    assert numbers == list(range(1, len(numbers) + 1))


def test_the_list_of_invoices_as_a_file_has_all_of_them_with_their_periods(billed: Standing) -> None:
    drafts = [ask(billed, "POST", "invoice", {"since": "2026-02-01", "until": "2026-02-02"}).body for _ in range(3)]
    said = ask(billed, "GET", "invoices?format=csv&limit=1")
    rows = {row["id"]: row for row in csv.DictReader(io.StringIO(said.raw.decode()))}
    assert {one["id"] for one in drafts} <= rows.keys()
    assert rows.keys() == {one["id"] for one in ask(billed, "GET", "invoices?limit=500").body["items"]}
    assert rows[drafts[0]["id"]]["period_last_day"] == "2026-02-01"
    for one in drafts:
        assert ask(billed, "DELETE", f"invoices/{one['id']}").status == 204


@pytest.mark.parametrize("role", ["manager", "user", "viewer", "service"])
def test_bills_are_for_admins_and_auditors(billed: Standing, role: str) -> None:
    for path in ("summary", "invoices", "plan", "user/ann", "export/csv"):
        assert ask(billed, "GET", path, role=role).status == 403
    assert ask(billed, "POST", "invoice", {}, role="auditor").status == 403
    assert ask(billed, "GET", "summary", role="auditor").status == 200


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"currency": "rupee"}, "currency"),
        ({"time_zone": "Mars/Olympus"}, "time_zone"),
        ({"price_per_user": "-1"}, "price_per_user"),
        ({"price_per_user": "1.0000000001"}, "price_per_user"),
        ({"margin_bp": 1.5}, "margin_bp"),
        ({"taxes": [{"name": "", "rate_bp": 1}]}, "taxes"),
        ({"rates": [{"from": "USD", "to": "INR", "rate": "0", "since": "2026-01-01"}]}, "rates"),
        ({"colour": "red"}, "colour"),
    ],
)
def test_a_plan_that_cannot_be_is_refused_by_its_field(billed: Standing, change: dict[str, Any], field: str) -> None:
    said = ask(billed, "PUT", "plan", {**PLAN, **change})
    assert (said.status, said.body["error_code"]) == (400, "REQUEST_INVALID")
    assert field in said.body["message"]


def test_without_an_exchange_rate_a_bill_says_which_one_it_needs(billed: Standing) -> None:
    plant(billed, spread(140, SINCE + 100 * DAY, currency="EUR", tenant="globex"))
    said = ask(billed, "GET", "summary?since=2026-09-09&until=2026-09-10", tenant="globex")
    assert (said.status, said.body["details"]) == (400, {"from": "EUR", "to": "USD"})


def issued_day(billed: Standing, number: int, day: int, nano: int) -> Any:
    """The invoice of one day of 2026, ``day`` days after the first of June, in which so much was used."""
    plant(billed, spread(number, SINCE + day * DAY, cost_nano=nano))
    asked = {"since": date_of(day), "until": date_of(day + 1), "issue": True}
    said = ask(billed, "POST", "invoice", asked)
    assert said.status == 201, said.body
    return said.body


def date_of(day: int) -> str:
    return datetime.fromtimestamp(SINCE + day * DAY, UTC).date().isoformat()


def test_credit_notes_together_give_back_the_invoice_s_net_and_each_of_its_taxes(billed: Standing) -> None:
    invoice = issued_day(billed, 150, 70, 10_000_000_000)
    part = ask(billed, "POST", f"invoices/{invoice['id']}/credit", {"reason": "a part", "net": "100.01"}).body
    rest = ask(billed, "POST", f"invoices/{invoice['id']}/credit", {"reason": "the rest"}).body
    assert Decimal(part["net"]) + Decimal(rest["net"]) == -Decimal(invoice["net"])
    assert Decimal(part["tax"]) + Decimal(rest["tax"]) == -Decimal(invoice["tax"]) != 0
    for place, tax in enumerate(invoice["taxes"]):
        given = sum(Decimal(one["taxes"][place]["amount"]) for one in (part, rest))
        assert (given, rest["taxes"][place]["name"]) == (-Decimal(tax["amount"]), tax["name"])
    assert Decimal(part["total"]) + Decimal(rest["total"]) == -Decimal(invoice["total"])
    assert ask(billed, "GET", f"invoices/{invoice['id']}").body["remaining"] == "0.00"


def test_a_credit_note_over_nothing_is_refused_and_takes_no_number(billed: Standing) -> None:
    invoice = issued_day(billed, 151, 71, 10_000_000_000)
    for net in ("0", "0.000000001"):
        said = ask(billed, "POST", f"invoices/{invoice['id']}/credit", {"reason": "nothing", "net": net})
        assert (said.status, said.body["details"]) == (400, {"field": "net"}), said.body
    first, second = (
        ask(billed, "POST", f"invoices/{invoice['id']}/credit", {"reason": "a rupee", "net": "1"}).body["number"]
        for _ in range(2)
    )
    assert int(second.rpartition("/")[2]) == int(first.rpartition("/")[2]) + 1


def test_no_two_documents_have_one_number(billed: Standing) -> None:
    said = ask(
        billed, "PUT", "plan", {**PLAN, "number_prefix": "X", "credit_prefix": "X", "version": 1}, tenant="globex"
    )
    assert (said.status, said.body["details"]) == (400, {"field": "credit_prefix"})
    invoice = issued_day(billed, 152, 72, 10_000_000_000)
    plan = ask(billed, "GET", "plan").body
    swapped = ask(billed, "PUT", "plan", {**plan, "number_prefix": "CN", "credit_prefix": "INV"}).body
    said = ask(billed, "POST", f"invoices/{invoice['id']}/credit", {"reason": "a rupee", "net": "1"})
    assert (said.status, said.body["error_code"]) == (409, "CONFLICT"), "the series of invoices had that number"
    assert "credit_prefix" in said.body["message"]
    assert ask(billed, "PUT", "plan", {**plan, "version": swapped["version"]}).status == 200


def test_a_file_without_an_exchange_rate_is_refused_before_it_begins(billed: Standing) -> None:
    plant(billed, spread(153, SINCE + 110 * DAY, currency="EUR", tenant="globex"))
    query = f"since={date_of(110)}&until={date_of(111)}"
    said = ask(billed, "GET", f"export/csv?{query}", tenant="globex")
    assert (said.status, said.body["details"]) == (400, {"from": "EUR", "to": "USD"})


def test_an_export_of_a_provider_is_compared_by_the_day_s_exchange_rate(billed: Standing) -> None:
    at = SINCE + 120 * DAY
    plant(billed, spread(154, float(at), provider="first", upstream_model="gpt-4o", cost_nano=2_000_000_000))

    def compared(value: str, currency: str) -> Any:
        results = [{"amount": {"value": value, "currency": currency}, "line_item": "gpt-4o, input"}]
        data = {"data": [{"start_time": at, "results": results}]}
        asked = {"provider": "first", "shape": "openai_costs", "data": data}
        said = ask(billed, "POST", "reconcile", asked)
        assert said.status == 201, said.body
        assert said.body["complete"] is True
        (row,) = said.body["items"]
        return row["status"], row["cost_bp"], row["theirs"]["costs"]

    assert compared("2", "usd") == ("match", 0, {"USD": "2.00"})
    assert compared("2.2", "usd") == ("differs", 1000, {"USD": "2.20"})
    assert compared("2", "eur") == ("differs", None, {"EUR": "2.00"}), "nobody knows a rate"


def test_a_comparison_tells_that_requests_are_no_longer_kept(billed: Standing) -> None:
    at = SINCE + 130 * DAY
    row = spread(155, float(at), provider="first", upstream_model="gpt-4o", cost_nano=1)
    plant(billed, row)
    with opened(billed) as connection, connection:
        connection.execute("DELETE FROM usage_facts WHERE receipt_id = ?", (row.receipt_id,))
    data = {"data": [{"start_time": at, "results": [{"model": "gpt-4o", "input_tokens": 5}]}]}
    said = ask(billed, "POST", "reconcile", {"provider": "first", "shape": "openai_usage", "data": data})
    assert (said.status, said.body["complete"], said.body["matches"]) == (201, False, False)


def test_a_total_that_no_document_can_say_is_refused_by_its_field(billed: Standing) -> None:
    row = spread(156, SINCE + 140 * DAY, cost_nano=10**18)
    plant(billed, row)
    said = ask(billed, "POST", "invoice", {"since": date_of(140), "until": date_of(141)})
    assert (said.status, said.body["details"]) == (400, {"field": "until"}), said.body


def test_a_period_whose_edges_are_no_longer_known_is_not_billed_too_little(billed: Standing) -> None:
    at = SINCE + 150 * DAY
    plant(billed, spread(157, at + 3600.0, cost_nano=5, tenant="globex"))
    plan = ask(billed, "GET", "plan", tenant="globex").body
    kolkata = ask(billed, "PUT", "plan", {**plan, "time_zone": "Asia/Kolkata"}, tenant="globex").body
    query = f"since={date_of(150)}&until={date_of(151)}"
    assert ask(billed, "GET", f"summary?{query}", tenant="globex").body["usage"] == "0.000000005"
    with opened(billed) as connection, connection:
        for table in ("usage_hourly", "usage_hourly_by_team", "usage_hourly_by_model"):
            connection.execute(f"DELETE FROM {table} WHERE hour >= ? AND hour < ?", (at, at + DAY))
    for method, path, body in (
        ("GET", f"summary?{query}", None),
        ("GET", f"export/csv?{query}", None),
        ("POST", "invoice", {"since": date_of(150), "until": date_of(151)}),
    ):
        said = ask(billed, method, path, body, tenant="globex")
        assert (said.status, said.body["error_code"]) == (409, "CONFLICT"), (path, said.body)
        assert "UTC" in said.body["message"]
    back = ask(billed, "PUT", "plan", {**kolkata, "time_zone": "UTC"}, tenant="globex")
    assert back.status == 200
    assert ask(billed, "GET", f"summary?{query}", tenant="globex").body["usage"] == "0.000000005"


def test_a_summary_tells_of_invoices_about_its_period_however_many_were_made_since(billed: Standing) -> None:
    invoice = issued_day(billed, 160, 73, 10_000_000_000)
    query = f"summary?since={date_of(73)}&until={date_of(74)}"
    with opened(billed) as connection, connection:
        for number in range(101):
            empty = {"period": {}, "net": "0", "tax": "0"}
            later = Draft("acme", f"inv_zz{number:026d}", "invoice", "INR", 0, 1, 0, empty, 0.0, "key:test")
            keep_draft(connection, later)
    assert [one["id"] for one in ask(billed, "GET", query).body["invoiced"]] == [invoice["id"]]
    with opened(billed) as connection, connection:
        connection.execute("DELETE FROM billing_drafts WHERE id LIKE 'inv_zz%'")
