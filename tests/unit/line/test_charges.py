from __future__ import annotations

from dataclasses import replace
from datetime import datetime

import pytest

from tests.line.world import KEY_ENTRY, model
from torana.core.snapshot import BudgetRule, LimitRule
from torana.core.tickets import Caller, Grant
from torana.line.charges import CLAIMED, charge_of, owed, spending

NOW = datetime.fromisoformat("2026-11-21T16:00:00+00:00").timestamp()
TOMORROW = datetime.fromisoformat("2026-11-22T00:00:00+00:00").timestamp()
CALLER = Caller("acme", "key-1", KEY_ENTRY, "dep", "red", "ann", "retail")
GRANT = Grant(CALLER, model("m"), "default@1")
REQUESTS = LimitRule("r", "key", None, "requests", 2, 60.0)
BUDGET = BudgetRule("b", "team", None, 1000, "day")


def test_a_rule_of_several_scopes_has_a_counter_for_each_combination() -> None:
    both = replace(REQUESTS, scope="team", also=("model",))
    assert charge_of(both, GRANT).subject == "acme\0red\0m"  # type: ignore[union-attr]
    other = charge_of(both, replace(GRANT, model=model("n")))
    assert other is not None and other.subject == "acme\0red\0n"


@pytest.mark.parametrize(
    ("where", "owes"),
    [
        ({"model": "m"}, True),
        ({"model": "n"}, False),
        ({"model": "m", "user": "ann"}, True),
        ({"model": "m", "user": "bob"}, False),
    ],
)
def test_a_rule_is_about_requests_that_are_all_it_says(where: dict[str, str], owes: bool) -> None:
    rule = replace(REQUESTS, where=tuple(where.items()))
    assert (charge_of(rule, GRANT) is not None) is owes


def test_a_limit_becomes_a_charge_with_its_algorithm_and_burst() -> None:
    bucket = replace(REQUESTS, counts="tokens", algorithm="token_bucket", burst=9, on_store_failure="deny")
    charge = charge_of(bucket, GRANT)
    assert charge is not None
    assert (charge.algorithm, charge.unit, charge.burst, charge.capacity, charge.on_store_failure) == (
        "token_bucket",
        "tokens",
        9,
        9,
        "deny",
    )


def test_concurrency_is_held_whatever_the_algorithm_says() -> None:
    charge = charge_of(replace(REQUESTS, counts="concurrency", window_s=0.0), GRANT)
    assert charge is not None and charge.algorithm == "held"


def test_a_budgets_counter_is_of_one_calendar_window() -> None:
    charge = spending(BUDGET, GRANT, NOW)
    assert charge is not None
    assert (charge.subject, charge.ends_at) == ("acme\0red\0day\x002026-11-21", TOMORROW)
    assert (charge.algorithm, charge.unit, charge.limit, charge.hard) == ("spend", "money", 1000, True)
    later = spending(BUDGET, GRANT, TOMORROW)
    assert later is not None and later.subject == "acme\0red\0day\x002026-11-22"


def test_a_budgets_days_begin_where_its_time_zone_says() -> None:
    charge = spending(replace(BUDGET, zone="Asia/Kolkata"), GRANT, NOW + 3 * 3600)
    assert charge is not None and charge.subject.endswith("2026-11-22")


def test_what_is_owed_is_the_same_until_the_first_window_ends() -> None:
    due = owed([REQUESTS], [BUDGET, replace(BUDGET, rule_id="y", per="year")], GRANT, NOW)
    assert [charge.rule_id for charge in due.charges] == ["r", "b", "y"]
    assert due.until == TOMORROW


def test_amounts_are_known_beforehand_only_without_tokens_and_money() -> None:
    assert owed([REQUESTS, replace(REQUESTS, counts="concurrency")], [], GRANT, NOW).plain == (1, 1)
    assert owed([replace(REQUESTS, counts="tokens")], [], GRANT, NOW).plain is None
    assert owed([], [BUDGET], GRANT, NOW).plain is None


def test_only_a_hard_budget_caps() -> None:
    assert owed([], [BUDGET], GRANT, NOW).capped
    assert not owed([REQUESTS], [replace(BUDGET, hard=False)], GRANT, NOW).capped


def test_a_rate_in_the_callers_own_token_is_a_rule_for_its_user_by_the_hour() -> None:
    grant = replace(GRANT, caller=replace(CALLER, rate_limit=7))
    (charge,) = owed([], [], grant, NOW).charges
    assert (charge.rule_id, charge.subject, charge.limit, charge.window_s) == (CLAIMED, "acme\0ann", 7, 3600.0)
