"""``torana export``: usage and requests that the real sink wrote, the trail and the stored configuration, as files."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from tests.receipts import AT, a_receipt
from tests.unit.wiring.cli.conftest import Run
from torana.core.clock import SystemClock
from torana.ports.receipt import Receipt
from torana.wiring.database import open_sink

DATABASE = "sqlite:///data/torana.db"
MANY = 2_300
"""More than two pages."""


def record(
    receipts: list[Receipt], time_zone: str = "UTC", clock: SystemClock | None = None, url: str = DATABASE
) -> None:
    Path("data").mkdir(exist_ok=True)
    with closing(open_sink(url, time_zone, clock=clock)) as sink:
        sink.write(receipts, len(receipts))


def some() -> list[Receipt]:
    """Two tenants, two days, two users, one of whom tries a formula."""
    return [
        a_receipt(1, cost_nano=1_500_000_000, saved_nano=5),
        a_receipt(2, cost_nano=1, ending="refused", status=429),
        a_receipt(3, user="=cmd()", cost_nano=2),
        a_receipt(86_400, cost_nano=7),
        a_receipt(4, tenant="globex", currency="INR", cost_nano=12_000_000_000),
    ]


def table(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def lines(text: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def ready(run: Run, tmp_path: Path) -> Run:
    (tmp_path / "torana.yaml").write_text("tenants: [{id: acme}, {id: globex}, {id: initech}]\n")
    record(some())
    return run


def test_usage_is_summed_by_day_and_everything_else(ready: Run) -> None:
    ran = ready("export", "usage")
    assert ran.code == 0, ran.err
    # Within a day their order is any, and always the same.
    rows = sorted(table(ran.out), key=lambda one: (one["tenant"], one["day"], one["user"]))
    assert [(one["tenant"], one["day"], one["requests"], one["cost"]) for one in rows] == [
        ("acme", "2025-06-15", "1", "0.000000002"),
        ("acme", "2025-06-15", "2", "1.500000001"),
        ("acme", "2025-06-16", "1", "0.000000007"),
        ("globex", "2025-06-15", "1", "12.00"),
    ]
    first = {"department": "finance", "team": "finance-team", "user": "priya", "key": "key-1", "provider": "first"}
    first |= {"model": "gpt-4o-mini", "currency": "USD", "errors": "1", "saved": "0.000000005"}
    first |= {"input_tokens": "200", "cache_read_tokens": "20", "cache_write_tokens": "10"}
    first |= {"output_tokens": "40", "reasoning_tokens": "6"}
    assert first.items() <= rows[1].items()
    assert rows[3]["currency"] == "INR"
    assert "4 rows of usage written to standard output" in ran.err


def test_a_cell_that_would_be_a_formula_is_harmless_in_csv_and_itself_in_json(ready: Run) -> None:
    assert "'=cmd()" in {one["user"] for one in table(ready("export", "usage").out)}
    assert "'=cmd()" in {one["user"] for one in table(ready("export", "requests").out)}
    assert "=cmd()" in {one["user"] for one in lines(ready("export", "usage", "--format", "jsonl").out)}


def test_both_forms_tell_the_same(ready: Run) -> None:
    for what in ("usage", "requests"):
        as_lines = lines(ready("export", what, "--format", "jsonl").out)
        as_table = table(ready("export", what).out)
        assert [list(one) for one in as_lines] == [list(one) for one in as_table]
        assert [one["cost"] for one in as_lines] == [one["cost"] for one in as_table]


def test_requests_come_newest_first_without_texts(ready: Run) -> None:
    rows = table(ready("export", "requests", "--tenant", "acme").out)
    assert [one["receipt_id"] for one in rows] == [a_receipt(n).receipt_id for n in (86_400, 3, 2, 1)]
    assert (rows[3]["tenant"], rows[3]["at"], rows[3]["cost"]) == ("acme", "2025-06-15T15:06:41.000Z", "1.50")
    assert not {"address", "attempts", "findings", "verdicts"} & rows[0].keys()


def test_both_databases_are_exported(run: Run, database_url: str, tmp_path: Path) -> None:
    (tmp_path / "torana.yaml").write_text(f"database_url: {database_url}\n")
    record(some(), url=database_url, clock=SystemClock())
    assert sum(int(one["requests"]) for one in table(run("export", "usage").out)) == 5
    assert len(table(run("export", "requests").out)) == 5
    assert run("export", "audit", "--out", "trail.jsonl").code == 0
    assert "whole" in run("audit", "verify", "trail.jsonl").out


def test_every_request_of_many_pages_is_there_once(run: Run) -> None:
    record([a_receipt(n, at=AT + n // 7) for n in range(MANY)])
    ran = run("export", "requests", "--format", "jsonl")
    found = [one["receipt_id"] for one in lines(ran.out)]
    assert len(found) == len(set(found)) == MANY
    assert f"{MANY:,} rows" in ran.err


def test_every_sum_of_many_pages_is_there_once(run: Run) -> None:
    record([a_receipt(n, user=f"u{n}", cost_nano=n) for n in range(MANY)])
    rows = lines(run("export", "usage", "--format", "jsonl").out)
    assert {one["user"] for one in rows} == {f"u{n}" for n in range(MANY)}
    assert len(rows) == MANY


def test_no_tenant_is_in_the_export_of_another(ready: Run) -> None:
    for what in ("usage", "requests"):
        assert {one["tenant"] for one in table(ready("export", what, "--tenant", "globex").out)} == {"globex"}
        assert table(ready("export", what, "--tenant", "initech").out) == []


@pytest.mark.parametrize(
    ("words", "requests"),
    [
        (["--since", "2025-06-16"], {86_400}),
        (["--until", "2025-06-16"], {1, 2, 3}),
        (["--since", "2025-06-15T15:06:42Z", "--until", "2025-06-15T20:36:43+05:30"], {2}),
    ],
)
def test_a_stretch_of_time_is_exported(ready: Run, words: list[str], requests: set[int]) -> None:
    rows = table(ready("export", "requests", "--tenant", "acme", *words).out)
    assert {one["receipt_id"] for one in rows} == {a_receipt(n).receipt_id for n in requests}


def test_a_date_is_a_day_of_the_installation_s_time_zone(run: Run, tmp_path: Path) -> None:
    (tmp_path / "torana.yaml").write_text("time_zone: Asia/Kolkata\n")
    # 18:29:59 and 18:30:00 UTC: the last second of a day in India, and the first of the next.
    record([a_receipt(12_199), a_receipt(12_200)], "Asia/Kolkata")
    days = [one["day"] for one in table(run("export", "usage").out)]
    assert days == ["2025-06-15", "2025-06-16"]
    for what in ("usage", "requests"):
        assert len(table(run("export", what, "--since", "2025-06-16").out)) == 1
        assert len(table(run("export", what, "--until", "2025-06-16").out)) == 1
    within = ["--since", "2025-06-16T09:00:00+05:30"]
    assert len(table(run("export", "usage", *within).out)) == 1, "the whole day that the time lies in"
    assert table(run("export", "requests", *within).out) == []


def test_a_file_is_written_whole_and_not_over_another(ready: Run, tmp_path: Path) -> None:
    ran = ready("export", "usage", "--out", "usage.jsonl")
    assert (ran.code, ran.out) == (0, "")
    before = (tmp_path / "usage.jsonl").read_text()
    assert len(lines(before)) == 4, "the name says the form"
    again = ready("export", "usage", "--out", "usage.jsonl", "--format", "csv")
    assert (again.code, "--force" in again.err) == (1, True)
    assert (tmp_path / "usage.jsonl").read_text() == before
    assert ready("export", "usage", "--out", "usage.jsonl", "--format", "csv", "--force").code == 0
    assert len(table((tmp_path / "usage.jsonl").read_text())) == 4
    assert sorted(one.name for one in tmp_path.iterdir() if "usage" in one.name) == ["usage.jsonl"]


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["usage", "--since", "yesterday"], "--since: give a date such as"),
        (["usage", "--since", "2025-07-01", "--until", "2025-06-01"], "--since: it must be before --until"),
        (["requests", "--since", "2400-01-01"], "--until, which is now"),
        (["usage", "--tenant", "acne"], 'did you mean "acme"'),
        (["audit", "--tenant", "acne"], 'did you mean "acme"'),
        (["audit", "--since", "2025-06-01"], "--since does not go with audit"),
        (["audit", "--format", "csv"], "--format csv does not go with audit"),
        (["config", "--tenant", "acme"], "--tenant does not go with config"),
        (["config", "--format", "jsonl"], "it is always yaml"),
        (["usage", "--out", "data"], "no ordinary file"),
        (["usage", "--out", "missing/usage.csv"], "missing"),
    ],
)
def test_what_means_nothing_is_refused_with_a_remedy(ready: Run, words: list[str], why: str) -> None:
    ran = ready("export", *words)
    assert (ran.code, ran.out) == (1, "")
    assert why in ran.err


def test_an_empty_database_says_so(run: Run) -> None:
    ran = run("export", "usage")
    assert (ran.code, ran.out) == (1, "")
    assert "nothing was recorded yet" in ran.err


def test_the_trail_is_that_of_the_audit_command_and_proves_itself(run: Run, tmp_path: Path) -> None:
    record(some(), clock=SystemClock())
    assert run("export", "audit", "--tenant", "acme", "--out", "trail.jsonl").code == 0
    assert run("audit", "export", "other.jsonl", "--tenant", "acme").code == 0
    assert (tmp_path / "trail.jsonl").read_bytes() == (tmp_path / "other.jsonl").read_bytes()
    assert "whole" in run("audit", "verify", "trail.jsonl").out


def test_the_configuration_is_that_of_the_config_command(run: Run, tmp_path: Path) -> None:
    limits = "limits:\n  - {id: slow, scope: user, requests: 5, per: 1m}\n"
    (tmp_path / "wanted.yaml").write_text(limits)
    assert run("config", "apply", "wanted.yaml").code == 0
    plain = run("config", "export").out
    assert "slow" in plain
    assert run("export", "config").out == plain
    assert run("export", "config", "--out", "stored.yaml").code == 0
    assert run("config", "diff", "stored.yaml").code == 0


def test_a_reader_that_goes_away_ends_it_quietly(run: Run) -> None:
    record([a_receipt(n) for n in range(MANY)])
    command = [sys.executable, "-m", "torana.wiring.cli", "export", "requests"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=os.environ.copy()) as started:
        assert started.stdout is not None
        assert started.stderr is not None
        started.stdout.readline()
        started.stdout.close()
        assert b"Traceback" not in started.stderr.read()
    assert started.returncode != 0
