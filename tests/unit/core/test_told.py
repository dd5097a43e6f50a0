"""The words of records for places of security events."""

from __future__ import annotations

from typing import Any

import pytest
from msgspec import structs

from tests.receipts import a_receipt
from torana.core.told import Told, told


def of(**fields: Any) -> Told:
    return told("request", structs.asdict(a_receipt(1, **fields)))


def test_a_request_is_told_by_its_ending() -> None:
    good = of()
    assert (good.action, good.outcome, good.actor, good.address, good.level) == (
        "ai.chat", "success", "priya", "192.0.2.7", "info",
    )  # fmt: skip
    assert good.message == "ai.chat gpt-4o-mini by priya: completed"
    refused = of(ending="refused", error_code="GUARDRAIL_BLOCKED", status=403)
    assert (refused.outcome, refused.level) == ("failure", "warning")
    assert refused.message.endswith("refused (GUARDRAIL_BLOCKED)")
    assert of(ending="internal", error_code="INTERNAL", status=500).level == "error"
    assert of(ending="unknown").outcome == "unknown"
    assert of(user="").actor == "key-1"
    assert of(ending="refused", status=401, error_code="X").severity > of(ending="refused", status=429).severity


@pytest.mark.parametrize(
    ("kind", "fields", "outcome", "level"),
    [
        ("admin", {"action": "key.create", "outcome": "success"}, "success", "info"),
        ("admin", {"action": "key.create", "outcome": "denied"}, "failure", "warning"),
        ("security", {"action": "login", "outcome": "Failed"}, "failure", "error"),
        ("security", {}, "unknown", "error"),
        ("admin", {"action": None, "outcome": 7, "actor": None}, "unknown", "info"),
    ],
)
def test_an_entry_says_its_own_words(kind: str, fields: dict[str, Any], outcome: str, level: str) -> None:
    said = told(kind, fields)
    assert (said.outcome, said.level) == (outcome, level)
    assert said.action == (fields.get("action") or kind)


def test_an_actor_may_be_a_text_or_have_an_id() -> None:
    assert told("admin", {"actor": "asha"}).actor == told("admin", {"actor": {"id": "asha"}}).actor == "asha"
