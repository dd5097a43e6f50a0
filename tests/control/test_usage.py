"""Usage over HTTP: who sees which rows, what they add up to, files, the tail, what a request cost and why."""

from __future__ import annotations

import csv
import io
import json
import threading
import urllib.request
from decimal import Decimal
from typing import Any

import pytest

from tests.control.standing import ADMIN, Said, Standing, key_of
from tests.control.usage import DAY, plant, spread
from torana.core.tickets import Dropped, Found

SINCE = 1_780_000_000 // DAY * DAY
"""Midnight of a Thursday, 2026-05-28."""
PERIOD = "since=2026-05-28&until=2026-06-07"
SECRET = 987_654_321_000
"""A cost that no row of acme has."""


@pytest.fixture(scope="module")
def used(standing: Standing) -> Standing:
    found = Found("pii@1", "email", "input", "messages[0].content", 0, 5, "aa", "redact")
    plant(
        standing,
        spread(1, SINCE + 3600.0, model="m1", cost_nano=5_000_000_000, duration_ms=100, stream=True, saved_nano=7),
        spread(2, SINCE + 7200.0, model="m2", cost_nano=7_000_000_000, duration_ms=300, cache="hit"),
        spread(
            3, SINCE + DAY, user="bob", cost_nano=11, ending="upstream_error", status=502, error_code="UPSTREAM_ERROR"
        ),
        spread(
            4,
            SINCE + DAY + 1.0,
            user="eve",
            team="web",
            department="engineering",
            findings=[found],
            verdicts=["pii@1:redact"],
        ),
        spread(5, SINCE + 3601.0, user="=HYPERLINK(1)", team="tax", dropped=[Dropped("q", "x", "breaker open")]),
        spread(6, SINCE + 3602.0, tenant="globex", cost_nano=SECRET),
        spread(7, SINCE + 3603.0, tenant="globex", user="zed", model="only-globex", findings=[found]),
    )
    return standing


def see(standing: Standing, path: str, role: str = "admin", tenant: str = "acme", query: str = PERIOD) -> Any:
    said = standing.ask("GET", f"{ADMIN}/{path}?{query}", key_of(role, tenant))
    assert said.status == 200, said.body
    return said.body


def test_the_dashboard_adds_up_what_the_tenant_used(used: Standing) -> None:
    seen = see(used, "usage/dashboard")
    totals = seen["totals"]
    assert (totals["requests"], totals["errors"], totals["success_rate"]) == (5, 1, 0.8)
    assert (totals["cost"], totals["currency"], totals["saved"]) == ("12.000024701", "USD", "0.000000007")
    assert (totals["input_tokens"], totals["output_tokens"], totals["total_tokens"]) == (500, 100, 600)
    assert seen["active_users"] == 4
    assert [one["name"] for one in seen["top_models"]] == ["m2", "m1", "gpt-4o-mini"]
    assert seen["findings"] == {"total": 1, "kinds": {"email": 1}, "complete": True}
    latency = seen["latency"]
    assert (latency["p50_ms"], latency["p99_ms"], latency["of_requests"], latency["complete"]) == (298, 810, 4, True)
    assert latency["first_chunk_p50_ms"] == 298
    assert latency["relative_error"] == 0.05
    of_bob = see(used, "usage/dashboard", query=f"{PERIOD}&user=bob")["latency"]
    assert (of_bob["relative_error"], of_bob["complete"]) == (0.0, True)


PATHS = (
    "usage/dashboard", "usage/timeseries", "usage/hourly", "usage/by/user", "usage/by/model", "usage/by/team",
    "usage/by/department", "usage/by/key", "usage/by/provider", "usage/requests",
)  # fmt: skip
REACHES = {"admin": 5, "viewer": 5, "auditor": 5, "operator": 5, "manager": 4, "user": 2, "service": 0}


@pytest.mark.parametrize("role", REACHES)
def test_each_role_sees_the_rows_it_reaches_and_no_other_tenant_s(used: Standing, role: str) -> None:
    for path in PATHS:
        said = used.ask("GET", f"{ADMIN}/{path}?{PERIOD}", key_of(role))
        if path == "usage/requests" and role in ("viewer", "service"):
            assert said.status == 403
            continue
        assert said.status == 200, said.body
        assert counted(said.body) == REACHES[role], path
        for stranger in ("globex", "zed", "987.65"):
            assert stranger not in said.raw.decode(), path


def counted(body: dict[str, Any]) -> int:
    if "totals" in body:
        return int(body["totals"]["requests"])
    return sum(one.get("requests", 1) for one in body["items"])


def test_a_filter_does_not_widen_what_somebody_reaches(used: Standing) -> None:
    for query in ("user=bob", "team=web", "department=engineering"):
        assert see(used, "usage/dashboard", "user", query=f"{PERIOD}&{query}")["totals"]["requests"] == 0
        assert see(used, "usage/requests", "user", query=f"{PERIOD}&{query}")["items"] == []
    assert see(used, "usage/dashboard", "manager", query=f"{PERIOD}&department=engineering")["totals"]["requests"] == 0
    assert see(used, "usage/dashboard", "manager", query=f"{PERIOD}&team=books")["totals"]["requests"] == 3


def test_a_series_has_a_line_for_each_day_and_name(used: Standing) -> None:
    days = see(used, "usage/timeseries")
    assert days["grain"] == "day"
    assert [(one["at"], one["requests"]) for one in days["items"]] == [
        ("2026-05-28T00:00:00Z", 3),
        ("2026-05-29T00:00:00Z", 2),
    ]
    hours = see(used, "usage/timeseries", query=f"{PERIOD}&grain=hour&by=model")
    assert ("2026-05-28T01:00:00Z", "m1", 1) in [(one["at"], one["name"], one["requests"]) for one in hours["items"]]


def test_names_beyond_the_dearest_are_told_together(used: Standing) -> None:
    some = see(used, "usage/timeseries", query=f"{PERIOD}&by=user&limit=1")["items"]
    assert {one["name"] for one in some} == {"ann", "(others)"}
    assert sum(one["requests"] for one in some) == 5
    by_name = {name: sum(Decimal(one["cost"]) for one in some if one["name"] == name) for name in ("ann", "(others)")}
    assert by_name == {"ann": Decimal(12), "(others)": Decimal("0.000024701")}
    all_of_them = see(used, "usage/timeseries", query=f"{PERIOD}&by=user&limit=4")["items"]
    assert {one["name"] for one in all_of_them} == {"ann", "bob", "eve", "=HYPERLINK(1)"}


def test_the_hours_of_the_week_are_all_there(used: Standing) -> None:
    cells = see(used, "usage/hourly")["items"]
    assert len(cells) == 168
    busy = {(one["weekday"], one["hour"]): one["requests"] for one in cells if one["requests"]}
    assert busy == {(3, 1): 2, (3, 2): 1, (4, 0): 2}


def test_names_come_in_the_order_asked_for(used: Standing) -> None:
    split = see(used, "usage/by/user", query=f"{PERIOD}&order=requests&limit=1")
    assert [(one["name"], one["requests"]) for one in split["items"]] == [("ann", 2)]
    said = used.ask("GET", f"{ADMIN}/usage/by/secret?{PERIOD}", key_of("admin"))
    assert said.status == 400


def test_the_usage_of_a_user_is_for_those_who_reach_them(used: Standing) -> None:
    own = see(used, "users/ann/usage", "user")
    assert (own["totals"]["requests"], own["user_id"]) == (2, "ann")
    assert {one["name"] for one in own["models"]} == {"m1", "m2"}
    missing = used.ask("GET", f"{ADMIN}/users/nobody-at-all/usage?{PERIOD}", key_of("admin"))
    for role, user in (("admin", "zed"), ("user", "bob"), ("manager", "eve")):
        said = used.ask("GET", f"{ADMIN}/users/{user}/usage?{PERIOD}", key_of(role))
        assert (said.status, said.body["message"]) == (404, missing.body["message"]), (role, user)


@pytest.mark.parametrize(
    ("query", "numbers"),
    [
        ("status=502", [3]),
        ("ending=upstream_error", [3]),
        ("error_code=UPSTREAM_ERROR", [3]),
        ("cache=hit", [2]),
        ("model=m1", [1]),
        ("user=bob", [3]),
        ("team=books&cache=bypass", [3, 1]),
        ("key=key-1&provider=first&department=finance", [3, 2, 5, 1]),
        ("ending=internal", []),
    ],
)
def test_the_log_is_filtered(used: Standing, query: str, numbers: list[int]) -> None:
    page = see(used, "usage/requests", query=f"{PERIOD}&{query}")
    assert [int(one["request_id"].rpartition("-")[2]) for one in page["items"]] == numbers
    assert page["next_cursor"] is None


def test_pages_follow_each_other(used: Standing) -> None:
    seen, cursor = [], ""
    for _ in range(10):
        page = see(used, "usage/requests", query=f"{PERIOD}&limit=2&cursor={cursor}")
        seen += [one["request_id"] for one in page["items"]]
        cursor = page["next_cursor"] or ""
        if not cursor:
            break
    assert [int(one.rpartition("-")[2]) for one in seen] == [4, 3, 2, 5, 1]
    said = used.ask("GET", f"{ADMIN}/usage/requests?cursor=nonsense", key_of("admin"))
    assert said.status == 400


def test_a_request_is_told_in_full(used: Standing) -> None:
    found = see(used, "usage/requests", query=f"{PERIOD}&request_id=planted-{SINCE + DAY + 1}-4")["items"]
    assert len(found) == 1
    (one,) = see(used, f"usage/requests/{found[0]['request_id']}", query="")["items"]
    assert one["findings"][0]["kind"] == "email"
    assert one["verdicts"] == ["pii@1:redact"]
    missing = used.ask("GET", f"{ADMIN}/usage/requests/none-such", key_of("admin"))
    theirs = used.ask("GET", f"{ADMIN}/usage/requests/planted-{SINCE + 3602}-6", key_of("admin"))
    beyond = used.ask("GET", f"{ADMIN}/usage/requests/planted-{SINCE + DAY + 1}-4", key_of("user"))
    assert [missing.status, theirs.status, beyond.status] == [404] * 3
    assert missing.body["message"] == theirs.body["message"] == beyond.body["message"]


def chat(standing: Standing, key: str, text: str = "hello there") -> Said:
    body = {"model": "echo-1", "messages": [{"role": "user", "content": text}]}
    return standing.ask("POST", "/v1/chat/completions", key, body)


def settled(standing: Standing, request_id: str, key: str) -> dict[str, Any]:
    # Asked for at once, as by a click on what has just ended: it is written a moment later.
    said = standing.ask("GET", f"{ADMIN}/usage/requests/{request_id}", key)
    assert said.status == 200, said.body
    return dict(said.body["items"][0])


def test_the_cost_of_a_request_is_explained_by_its_parts(used: Standing) -> None:
    said = chat(used, key_of("user"))
    one = settled(used, said.headers["x-request-id"], key_of("admin"))
    why = one["explained"]
    assert why["agrees"] is True
    assert why["computed"] == one["cost"] == why["recorded"]
    by_kind = {part["kind"]: part for part in why["parts"]}
    assert by_kind["input"]["price"] == "1.00"
    assert by_kind["output"]["price"] == "2.00"
    assert by_kind["input"]["count"] == one["input_tokens"]


def test_every_table_can_be_had_as_a_file(used: Standing) -> None:
    for path in (*PATHS, "users/ann/usage"):
        asked = used.ask("GET", f"{ADMIN}/{path}?{PERIOD}&format=csv", key_of("admin"))
        accepted = used.ask("GET", f"{ADMIN}/{path}?{PERIOD}", key_of("admin"), headers={"accept": "text/csv"})
        assert asked.headers["content-type"] == "text/csv; charset=utf-8", path
        assert asked.raw == accepted.raw
        rows = list(csv.DictReader(io.StringIO(asked.raw.decode())))
        assert rows, path
        assert all(None not in row for row in rows)


def test_no_cell_of_a_file_is_a_formula(used: Standing) -> None:
    said = used.ask("GET", f"{ADMIN}/usage/by/user?{PERIOD}&format=csv", key_of("admin"))
    names = [row["name"] for row in csv.DictReader(io.StringIO(said.raw.decode()))]
    assert "'=HYPERLINK(1)" in names
    assert not any(name.startswith("=") for name in names)


@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("since=yesterday", "since"),
        ("since=2026-06-02&until=2026-06-01", "since"),
        ("since=0001-01-01", "since"),
        ("until=99999999999", "until"),
        ("grain=minute", "grain"),
        ("tenant=globex", "tenant"),
        ("since=1980-01-01", "since"),
    ],
)
def test_what_is_no_period_is_told_by_its_field(used: Standing, query: str, field: str) -> None:
    said = used.ask("GET", f"{ADMIN}/usage/dashboard?{query}", key_of("admin"))
    assert said.status == 400, said.body
    assert field in said.body["message"] or field in said.body["details"].get("field", "")
    assert "yesterday" not in said.body["message"]


def test_who_follows_sees_requests_end_that_they_reach_and_no_others(used: Standing) -> None:
    asked = urllib.request.Request(
        f"{used.origin}{ADMIN}/usage/tail", headers={"authorization": f"Bearer {key_of('user')}"}
    )
    with urllib.request.urlopen(asked, timeout=20) as stream:
        assert stream.headers["content-type"].startswith("text/event-stream")
        assert stream.readline() == b"retry: 2000\n"
        for key in (key_of("user", "globex"), key_of("admin"), key_of("user")):
            threading.Thread(target=chat, args=(used, key)).start()
        lines = iter(stream.readline, b"")
        data = next(line for line in lines if line.startswith(b"data: "))
    entry = json.loads(data.removeprefix(b"data: "))
    assert (entry["user"], entry["team"], entry["model"]) == ("ann", "books", "echo-1")
    assert "prompt" not in entry
