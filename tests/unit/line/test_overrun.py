from __future__ import annotations

from datetime import datetime

from torana.line.overrun import refusal_of
from torana.ports.store import Charge, Overrun

NOW = datetime.fromisoformat("2026-11-21T16:00:00+00:00").timestamp()


def test_a_denial_for_money_is_402_and_not_to_be_tried_again() -> None:
    budget = Charge("team-day", "s", 0.0, "spend", 10_000_000_000, "money")
    error = refusal_of(Overrun(budget, 9_999_500_000, 8 * 3600), "USD", NOW)
    assert (error.code, error.status, error.retryable, error.retry_after_s) == ("BUDGET_EXCEEDED", 402, False, None)
    assert error.details == {
        "rule": "team-day",
        "reset_at": "2026-11-22T00:00:00.000Z",
        "limit": "10.00",
        "used": "9.9995",
        "currency": "USD",
    }
    assert "team-day" in error.message and "10.00 USD" in error.message


def test_a_denial_for_tokens_names_them_and_says_when() -> None:
    error = refusal_of(Overrun(Charge("t", "s", 60.0, "sliding_window", 500, "tokens"), 480, 12.5), "USD", NOW)
    assert (error.code, error.status, error.retry_after_s) == ("RATE_LIMIT_EXCEEDED", 429, 12.5)
    assert error.message == "The limit t allows 500 tokens per 60 s."
    assert error.details["current_count"] == 480


def test_a_buckets_burst_is_named() -> None:
    error = refusal_of(Overrun(Charge("t", "s", 60.0, "token_bucket", 60, "requests", 5), 5, 1.0), "USD", NOW)
    assert error.message == "The limit t allows 60 requests per 60 s, 5 at once."


def test_a_denial_for_concurrency_has_a_code_of_its_own() -> None:
    error = refusal_of(Overrun(Charge("c", "s", 0.0, "held", 4, "concurrency"), 4, 0.0), "USD", NOW)
    assert (error.code, error.message) == ("CONCURRENCY_EXCEEDED", "The limit c allows 4 requests at once.")
    assert error.retry_after_s is not None and error.retry_after_s > 0
