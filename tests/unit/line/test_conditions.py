"""What a condition looks at, and when it holds."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.line.world import KEY_ENTRY
from torana.core.snapshot import Deployment, ModelEntry
from torana.core.tickets import Caller
from torana.core.tokens import Token
from torana.line.conditions import broken, headers_wanted

KEY = replace(KEY_ENTRY, metadata={"plan": "paid", "beta": True, "level": 3, "tags": ["a"], "off": False})
CALLER = Caller("acme", "key-1", KEY, "dep", "red", "ann")
HEADERS = {"x-region": "eu-west-1"}


@pytest.mark.parametrize(
    ("name", "wanted", "holds"),
    [
        ("metadata.plan", "paid", True),
        ("metadata.plan", "free", False),
        ("metadata.plan", "Paid", False),
        ("metadata.beta", "true", True),
        ("metadata.off", "false", True),
        ("metadata.level", "3", True),
        ("metadata.tags", "*", False),
        ("metadata.none", "*", False),
        ("header.x-region", "eu-west-1", True),
        ("header.X-Region", "eu-*", True),
        ("header.x-region", "eu", False),
        ("header.x-other", "*", False),
        ("caller.tenant", "acme", True),
        ("caller.department", "dep", True),
        ("caller.team", "red", True),
        ("caller.user", "ann", True),
        ("caller.key", "demo", True),
        ("caller.secret", "*", False),
        ("claim.role", "*", False),
    ],
)
def test_a_condition_holds_when_what_it_looks_at_is_there_and_fits(name: str, wanted: str, holds: bool) -> None:
    assert broken([(name, wanted)], CALLER, HEADERS) == ("" if holds else name)


def test_all_must_hold_and_the_first_that_does_not_is_named() -> None:
    when = [("caller.team", "red"), ("metadata.plan", "free"), ("caller.user", "bob")]
    assert broken(when, CALLER, HEADERS) == "metadata.plan"
    assert broken([], CALLER, HEADERS) == ""


def test_only_headers_that_a_condition_looks_at_are_read() -> None:
    when = (("header.X-Region", "eu"), ("metadata.header", "x"))
    assert headers_wanted([ModelEntry("m", (Deployment("p", "a"), Deployment("p", "b", when=when)))]) == {b"x-region"}


@pytest.mark.parametrize(
    ("name", "wanted", "holds"),
    [
        ("claim.plan", "paid", True),
        ("claim.plan", "pa*", True),
        ("claim.plan", "free", False),
        ("claim.level", "3", True),
        ("claim.groups", "finance", True),
        ("claim.groups", "fin*", True),
        ("claim.groups", "sales", False),
        ("claim.access.roles", "admin", True),
        ("claim.access", "*", False),
        ("claim.none", "*", False),
        ("metadata.plan", "*", False),
    ],
)
def test_a_condition_looks_at_the_claims_of_the_callers_token(name: str, wanted: str, holds: bool) -> None:
    claims = {"plan": "paid", "level": 3, "groups": ["admins", "finance"], "access": {"roles": ["admin"]}}
    bearer = replace(CALLER, key=KEY_ENTRY, token=Token("i", "s", "", None, 1.0, claims))
    assert broken([(name, wanted)], bearer, {}) == ("" if holds else name)
