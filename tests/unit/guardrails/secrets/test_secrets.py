"""Each secret is found once, at its place, unless it is ignored or not sure enough; streams hold what may become one."""

from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.guardrails import secrets
from torana.guardrails.secrets import Settings, issuers
from torana.ports.guardrail import Guardrail

TOKEN = "glpat-" + "n2VbQ7xLd0KfT3aYwRz9"
VALUE = "q8Zt4Lm2Xv7Rb1Nc5Kd9"


@pytest.fixture(scope="module")
def guardrail() -> Guardrail:
    return secrets.open(Settings())


def test_what_several_rules_find_is_one_finding_of_the_surest(guardrail: Guardrail) -> None:
    text = f'Authorization: Bearer {TOKEN} and api_key="{VALUE}"'
    assert [(one.kind, text[one.start : one.end]) for one in guardrail.check(text)] == [
        ("gitlab_token", TOKEN), ("assigned_secret", VALUE),
    ]  # fmt: skip


def test_values_that_are_ignored_pass() -> None:
    assert not secrets.open(Settings(ignore=(TOKEN,))).check(f"token={TOKEN}")


def test_findings_below_the_threshold_pass() -> None:
    strict = secrets.open(Settings(threshold=0.85))
    assert strict.check(TOKEN)
    assert not strict.check(f"api_key={VALUE}")


@given(st.text(), st.text())
def test_findings_do_not_overlap_and_are_in_order(before: str, after: str) -> None:
    found = secrets_found(f"{before} password={VALUE} {after} {TOKEN}")
    assert all(one.end <= two.start for one, two in pairwise(found))


OPENED = secrets.open(Settings())


def secrets_found(text: str) -> list[secrets.Finding]:
    return list(OPENED.check(text))


@pytest.mark.parametrize(
    ("text", "held"),
    [
        ("an ordinary wo", "wo"),
        ("an ordinary word ", ""),
        ('password = "correct horse', "correct horse"),
        ("see -----BEGIN RSA PRIV", "-----BEGIN RSA PRIV"),
        ("see -----BEGIN RSA PRIVATE KEY-----\nMIIE ow", "-----BEGIN RSA PRIVATE KEY-----\nMIIE ow"),
        ("भाषा", ""),
        ("का ghp_ab", "ghp_ab"),
    ],
)
def test_what_may_become_a_secret_is_held_and_no_more(guardrail: Guardrail, text: str, held: str) -> None:
    assert text[guardrail.tail(text) :] == held


def test_a_private_key_that_has_ended_is_not_held(guardrail: Guardrail) -> None:
    text = "-----BEGIN PRIVATE KEY-----\nMIIE\n-----END PRIVATE KEY-----\nand "
    assert guardrail.tail(text) == len(text)


def test_published_samples_are_found_on_request(monkeypatch: pytest.MonkeyPatch) -> None:
    known = issuers.load()._replace(published=frozenset({issuers.digest(TOKEN)}))
    monkeypatch.setattr(issuers, "load", lambda: known)
    assert list(secrets.open(Settings()).check(f"use {TOKEN} here")) == []
    assert len(secrets.open(Settings(samples=True)).check(f"use {TOKEN} here")) == 1


def test_bare_values_are_found_unless_that_is_switched_off() -> None:
    text = "use this one instead: 9Kq" + "T4vZ1mW8xR2bL7pN3cJ6sH0dF5gY"
    assert [one.kind for one in secrets.open(Settings()).check(text)] == ["high_entropy"]
    assert list(secrets.open(Settings(bare=False)).check(text)) == []
