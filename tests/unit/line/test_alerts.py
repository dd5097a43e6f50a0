from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from torana.core.snapshot import BudgetRule
from torana.line.alerts import Alert, Alerts
from torana.ports.store import Charge

RULE = BudgetRule("b", "team", None, 1000, "month", alerts=(0.5, 0.8, 1.0))
CHARGE = Charge("b", "acme\0red\0month\x002026-11-01", 0.0, "spend", 1000, "money")


def alerts() -> tuple[Alerts, list[Alert]]:
    told: list[Alert] = []
    made = Alerts([told.append])
    made.heed([RULE])
    return made, told


def test_an_alert_says_whose_budget_which_share_and_how_much() -> None:
    made, told = alerts()
    made(CHARGE, 500, 499)
    assert told == [Alert("b", "acme/red/month/2026-11-01", 0.5, 500, 1000, True)]


@given(st.lists(st.integers(0, 400), max_size=20))
def test_each_share_is_told_once_by_whoever_passed_it(costs: list[int]) -> None:
    made, told = alerts()
    spent = 0
    for cost in costs:
        made(CHARGE, spent + cost, spent)
        spent += cost
    assert [one.share for one in told] == [share for share in RULE.alerts if spent >= share * 1000]


def test_budgets_that_want_no_alerts_are_silent() -> None:
    made, told = alerts()
    made(CHARGE._replace(rule_id="other"), 1000, 0)
    made.heed([])
    made(CHARGE, 1000, 0)
    assert told == []
