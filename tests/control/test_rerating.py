"""Re-rating over HTTP: differences beside the record, billed once; usage and issued invoices stay as they are."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import pytest

from tests.control.standing import ADMIN, Said, Standing, key_of
from tests.control.usage import DAY, opened, plant, spread, url_of
from tests.e2e.process import until
from torana.control.billing import adjustments
from torana.control.billing.adjustments import Group, Rerated
from torana.core.tickets import Attempted

pytestmark = pytest.mark.xdist_group("rerating")  # one follows from another

SINCE = 1_785_542_400
"""2026-08-01 in UTC."""
AUGUST = {"since": "2026-08-01", "until": "2026-09-01"}
FIXED = {"input": "2", "output": "3"}
TOKENS = {"input_tokens": 1_000_000, "cache_read_tokens": 0, "cache_write_tokens": 0, "output_tokens": 1_000_000}
TWICE = [Attempted("first", "m", "500", 10), Attempted("first", "m", "ok", 10)]


@pytest.fixture(scope="module")
def recorded(standing: Standing) -> Standing:
    plant(
        standing,
        spread(201, SINCE + 60.0, cost_nano=1_000_000_000, model="m1", **TOKENS),
        spread(202, SINCE + 61.0, cost_nano=2_000_000_000, model="m1", user="bob", **TOKENS),
        spread(203, SINCE + DAY, cost_nano=0, model="m1", priced=False, **TOKENS),
        spread(204, SINCE + DAY, cost_nano=9_000_000_000, model="m1", cache="hit", **TOKENS),
        spread(205, SINCE + DAY, cost_nano=9_000_000_000, model="m1", attempts=TWICE, **TOKENS),
        spread(206, SINCE + DAY, cost_nano=7_000_000_000, model="m2", **TOKENS),
        spread(207, SINCE + DAY, cost_nano=7_000_000_000, model="m1", tenant="globex", **TOKENS),
        spread(208, SINCE + DAY, cost_nano=0, model="echo-1", provider="echo", upstream_model="echo-1", **TOKENS),
    )
    return standing


def ask(
    standing: Standing, method: str, path: str, body: Any = None, role: str = "admin", tenant: str = "acme"
) -> Said:
    return standing.ask(method, f"{ADMIN}/billing/{path}", key_of(role, tenant), body)


def summary(standing: Standing) -> Any:
    return ask(standing, "GET", "summary?since=2026-08-01&until=2026-09-01").body


def test_a_dry_run_says_what_would_change_and_keeps_nothing(recorded: Standing) -> None:
    before = summary(recorded)
    said = ask(recorded, "POST", "rerate", {**AUGUST, "model": "m1", "prices": FIXED, "reason": "typing error"})
    assert said.status == 200, said.body
    # 5 each instead of 1, 2 and nothing.
    assert said.body["differences"] == {"USD": "12.00"}
    assert (said.body["id"], said.body["rated"]) == (None, 3)
    assert said.body["left_alone"] == {"unpriced": 0, "several_tries": 1, "from_cache": 1}
    assert sorted(one["difference"] for one in said.body["adjustments"]) == ["3.00", "4.00", "5.00"]
    assert ask(recorded, "GET", "adjustments").body["items"] == []
    assert summary(recorded) == before


def test_adjustments_are_kept_once_and_billed_once(recorded: Standing) -> None:
    before = Decimal(summary(recorded)["net"])
    asked = {**AUGUST, "model": "m1", "prices": FIXED, "reason": "typing error", "dry_run": False}
    said = ask(recorded, "POST", "rerate", asked)
    assert said.body["differences"] == {"USD": "12.00"}
    again = ask(recorded, "POST", "rerate", asked)
    assert again.body["differences"] == {}
    assert Decimal(summary(recorded)["net"]) == before + 12
    rows = ask(recorded, "GET", "adjustments").body["items"]
    assert {one["rerate_id"] for one in rows} == {said.body["id"]}
    usage = recorded.ask("GET", f"{ADMIN}/usage/dashboard?since=2026-08-01&until=2026-09-01", key_of("admin")).body[
        "totals"
    ]
    assert usage["cost"] == "28.00"
    invoice = ask(recorded, "POST", "invoice", {**AUGUST, "issue": True}).body
    assert "12.00" in [one["amount"] for one in invoice["lines"] if one["kind"] == "adjustment"]
    rows = ask(recorded, "GET", "adjustments").body["items"]
    assert {one["invoice_id"] for one in rows} == {invoice["id"]}
    # Put right once more: only the rest is new, and it goes to a later invoice.
    less = ask(recorded, "POST", "rerate", {**asked, "prices": {"input": "1", "output": "3"}})
    assert less.body["differences"] == {"USD": "-3.00"}
    kept = ask(recorded, "GET", f"invoices/{invoice['id']}").body
    assert kept["lines"] == invoice["lines"]
    later = ask(recorded, "GET", "summary?since=2026-09-01&until=2026-10-01").body
    assert [one["amount"] for one in later["lines"] if one["kind"] == "adjustment"] == ["-3.00"]
    # Credited in full, what it had is open again.
    ask(recorded, "POST", f"invoices/{invoice['id']}/credit", {"reason": "all of it"})
    assert [one["amount"] for one in summary(recorded)["lines"] if one["kind"] == "adjustment"] == ["9.00"]


def test_without_prices_the_settings_in_force_rate(recorded: Standing) -> None:
    said = ask(recorded, "POST", "rerate", {**AUGUST, "model": "echo-1", "reason": "price was unknown"})
    assert said.body["differences"] == {"USD": "3.00"}


def test_the_trail_of_re_ratings_says_who_and_why(recorded: Standing) -> None:
    ask(
        recorded,
        "POST",
        "rerate",
        {**AUGUST, "model": "m1", "prices": FIXED, "reason": "typing error", "dry_run": False},
    )
    rows = ask(recorded, "GET", "rerates").body["items"]
    assert rows
    assert {one["reason"] for one in rows} == {"typing error"}
    assert all(one["made_by"].startswith("key:") for one in rows)
    assert ask(recorded, "GET", "rerates", tenant="globex").body["items"] == []
    assert ask(recorded, "GET", "adjustments", tenant="globex").body["items"] == []
    with opened(recorded) as connection:
        told = connection.execute(
            "SELECT COUNT(*) FROM audit_entries WHERE action = 'billing.rerate' AND tenant = 'acme'"
        ).fetchone()
    assert told[0] >= len(rows)


OPENAI = {
    "object": "page",
    "data": [
        {
            "object": "bucket",
            "start_time": SINCE,
            "end_time": SINCE + DAY,
            "results": [
                {"input_tokens": 2_000_000, "output_tokens": 2_000_400, "num_model_requests": 2, "api_key_id": "key_1", "model": "gpt-4o-mini-2026-01-01"},
                {"input_tokens": 10, "output_tokens": 10, "num_model_requests": 1, "api_key_id": "key_2", "model": "o9"},
            ],
        }
    ],
}  # fmt: skip


def test_an_export_is_compared_with_the_record(recorded: Standing) -> None:
    asked = {
        "provider": "first",
        "shape": "openai_usage",
        "data": OPENAI,
        "models": {"gpt-4o-mini-2026-01-01": "gpt-4o-mini-2026"},
    }
    said = ask(recorded, "POST", "reconcile", asked)
    assert said.status == 201, said.body
    rows = {one["model"]: one for one in said.body["items"]}
    ours = rows["gpt-4o-mini-2026"]
    assert (ours["status"], ours["input_bp"], ours["output_bp"], ours["key"]) == ("match", 0, 2, "key_1")
    assert (rows["o9"]["status"], rows["o9"]["ours"]) == ("only_theirs", None)
    assert said.body["matches"] is False
    kept = ask(recorded, "GET", f"reconciliations/{said.body['id']}").body
    assert kept == said.body
    assert [one["id"] for one in ask(recorded, "GET", "reconciliations").body["items"]] == [said.body["id"]]
    missing = ask(recorded, "GET", "reconciliations/rec_none", tenant="globex")
    theirs = ask(recorded, "GET", f"reconciliations/{said.body['id']}", tenant="globex")
    assert (theirs.status, theirs.body["message"]) == (404, missing.body["message"])
    assert ask(recorded, "GET", "reconciliations", tenant="globex").body["items"] == []


@pytest.mark.parametrize(
    "change",
    [
        {"data": {"secret": "sk-1"}},
        {"data": None},
        {"shape": "aws_cur", "csv": "a,b\nsk-1,2\n"},
        {"data": {"data": []}},
    ],
)
def test_what_is_no_export_is_refused_by_its_field(recorded: Standing, change: dict[str, Any]) -> None:
    said = ask(recorded, "POST", "reconcile", {"provider": "first", "shape": "openai_usage", "data": OPENAI, **change})
    assert (said.status, said.body["error_code"]) == (400, "REQUEST_INVALID")
    assert said.body["message"].startswith(("data", "csv"))
    assert "sk-1" not in said.raw.decode()


def test_the_forecast_says_how_it_was_made(recorded: Standing) -> None:
    said = ask(recorded, "GET", "forecast")
    assert said.status == 200, said.body
    assert "weekday" in said.body["method"]
    assert said.body["covers"] == 0.8
    assert said.body["days"][0]["day"].endswith("-01")
    assert Decimal(said.body["usage"]["expected"]) >= Decimal(said.body["spent"])
    assert ask(recorded, "GET", "forecast?format=csv").raw.startswith(b"day,actual,expected")


LATER = SINCE + 70 * DAY
"""2026-10-10 in UTC."""
OCTOBER = {"since": "2026-10-10", "until": "2026-10-11"}


def rated(standing: Standing, model: str, **more: Any) -> Any:
    asked = {**OCTOBER, "model": model, "prices": FIXED, "reason": "typing error", **more}
    said = ask(standing, "POST", "rerate", asked)
    assert said.status == 200, said.body
    return said.body


def test_what_was_adjusted_is_not_taken_back_because_requests_were_deleted_for_their_age(recorded: Standing) -> None:
    rows = [spread(220 + one, LATER + one, cost_nano=1_000_000_000, model="aged", **TOKENS) for one in range(2)]
    plant(recorded, *rows)
    first = rated(recorded, "aged", dry_run=False)
    assert (first["differences"], first["complete"]) == ({"USD": "8.00"}, True)
    with opened(recorded) as connection, connection:
        connection.execute("DELETE FROM usage_facts WHERE receipt_id = ?", (rows[0].receipt_id,))
    second = rated(recorded, "aged", dry_run=False)
    assert (second["differences"], second["complete"]) == ({}, False)


def test_what_was_adjusted_is_known_of_somebody_who_was_erased(recorded: Standing) -> None:
    plant(recorded, spread(230, float(LATER), cost_nano=1_000_000_000, model="whose", user="leaving", **TOKENS))
    assert rated(recorded, "whose", dry_run=False)["differences"] == {"USD": "4.00"}
    asked = {"user": "leaving", "reason": "asked to be forgotten"}
    assert recorded.ask("POST", f"{ADMIN}/audit/erasures", key_of("admin"), asked).status == 200
    assert rated(recorded, "whose")["differences"] == {}
    assert "leaving" not in ask(recorded, "GET", "adjustments?limit=1000").raw.decode()


def test_what_was_recorded_in_another_currency_is_taken_off_in_that_one(recorded: Standing) -> None:
    plant(recorded, spread(240, float(LATER), cost_nano=400_000_000_000, currency="INR", model="moved", **TOKENS))
    assert rated(recorded, "moved", dry_run=False)["differences"] == {"INR": "-400.00", "USD": "5.00"}
    assert rated(recorded, "moved")["differences"] == {}


def test_an_invoice_waits_for_whoever_is_rating_again_and_bills_what_came_of_it(recorded: Standing) -> None:
    if not url_of(recorded).startswith("postgres"):
        pytest.skip("SQLite has one writer at a time")
    day = SINCE - 30 * DAY
    plant(recorded, spread(250, float(day), cost_nano=1_000_000_000, model="raced", tenant="globex", **TOKENS))
    group = Group(day, "finance", "books", "ann", "key-1", "raced", "first", "USD")
    period = {"since": "2026-07-02", "until": "2026-07-03", "issue": True}
    with opened(recorded) as rating, opened(recorded) as looking, ThreadPoolExecutor(1) as pool:
        with rating:
            adjustments.lock(rating, "globex")
            adjustments.keep(rating, "globex", f"rrt_{0:028x}", [Rerated(group, 1, 10**9, 8 * 10**9, 7 * 10**9)])
            issuing = pool.submit(ask, recorded, "POST", "invoice", period, "admin", "globex")

            def waits() -> bool:
                row = looking.execute("SELECT COUNT(*) FROM pg_locks WHERE NOT granted").fetchone()
                return issuing.done() or row[0] > 0

            assert until(waits, 10)
        said = issuing.result()
    assert said.status == 201, said.body
    assert "7.00" in [line["amount"] for line in said.body["lines"] if line["kind"] == "adjustment"]


@pytest.mark.parametrize(
    ("since", "until", "field"), [("0001-01-01", "2026-01-01", "since"), ("2026-01-01", "9999-12-31", "until")]
)
def test_days_that_usage_does_not_know_are_refused_by_their_field(
    recorded: Standing, since: str, until: str, field: str
) -> None:
    said = ask(recorded, "POST", "rerate", {"since": since, "until": until, "reason": "typing error"})
    assert (said.status, said.body["details"]) == (400, {"field": field})
