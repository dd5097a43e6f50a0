"""Rules of single keys become rows of limits, budgets and policies, for keys that count still."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from torana.core.snapshot import KeyEntry
from torana.ports.store import StoredKey
from torana.wiring.key_rules import with_key_rules
from torana.wiring.settings import Settings
from torana.wiring.settings_policies import Attach, Policy

ENTRY = KeyEntry("key_1", "one", "sk-", "acme")
RULES = (
    '{"limits": [{"requests": 5, "per_s": 60.0}, {"concurrency": 2}],'
    ' "budgets": [{"limit": "12.5", "per": "day", "hard": false, "alerts": [0.8]}], "policy": "narrow"}'
)
SETTINGS = Settings(policies=(Policy(name="narrow", attach=(Attach(team="x"),)), Policy(name="all")))


def test_without_rules_the_settings_stay_the_same() -> None:
    assert with_key_rules(SETTINGS, [StoredKey(b"1", ENTRY)]) is SETTINGS


def test_limits_and_budgets_are_of_the_key_alone_and_keep_their_ids() -> None:
    made = with_key_rules(SETTINGS, [StoredKey(b"1", ENTRY, RULES)])
    assert [(one.scope, one.match, one.id, one.requests, one.concurrency, one.per) for one in made.limits] == [
        ("key", "key_1", "key_1-requests-per-60s", 5, None, 60.0),
        ("key", "key_1", "key_1-concurrency", None, 2, None),
    ]
    budget = made.budgets[0]
    assert (budget.scope, budget.match, budget.limit, budget.per, budget.hard) == (
        "key",
        "key_1",
        Decimal("12.5"),
        "day",
        False,
    )


def test_a_policy_is_about_the_key_besides_and_one_for_everybody_stays_so() -> None:
    made = with_key_rules(
        SETTINGS, [StoredKey(b"1", ENTRY, RULES), StoredKey(b"2", replace(ENTRY, key_id="key_2"), '{"policy": "all"}')]
    )
    assert made.policies[0].attach == (Attach(team="x"), Attach(tenant="acme", key="key_1"))
    assert made.policies[1].attach == ()


def test_a_rotated_key_has_its_rules_once_and_a_revoked_one_none() -> None:
    twice = [StoredKey(b"1", ENTRY, RULES), StoredKey(b"2", ENTRY, RULES)]
    assert len(with_key_rules(SETTINGS, twice).limits) == 2
    assert with_key_rules(SETTINGS, [StoredKey(b"1", replace(ENTRY, revoked=True), RULES)]) is SETTINGS
