from __future__ import annotations

from datetime import datetime

from torana.core.errors import LimitReached
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


def test_a_limit_says_what_is_left_of_it_and_when_there_is_more() -> None:
    error = refusal_of(Overrun(Charge("t", "s", 60.0, "sliding_window", 500, "tokens"), 480, 12.5), "USD", NOW, 90)
    assert isinstance(error, LimitReached)
    assert (error.room, error.retryable) == (("tokens", 500, 20, 12.5), True)
    assert error.message.endswith("This request may use 90.") and error.details["requested"] == 90


def test_what_is_larger_than_its_limit_is_told_so_and_need_not_be_tried_again() -> None:
    bucket = Charge("t", "s", 60.0, "token_bucket", 500, "tokens", 100)
    error = refusal_of(Overrun(bucket, 0, 12.0), "USD", NOW, 101)
    assert not error.retryable
    assert "never fits" in error.message and "max_tokens" in error.message
    assert refusal_of(Overrun(bucket, 50, 12.0), "USD", NOW, 100).retryable


def test_a_budget_that_is_used_up_is_not_helped_by_fewer_tokens() -> None:
    budget = Charge("day", "s", 0.0, "spend", 1_000, "money")
    assert "max_tokens" in refusal_of(Overrun(budget, 999, 1.0), "USD", NOW).message
    assert "max_tokens" not in refusal_of(Overrun(budget, 1_000, 1.0), "USD", NOW).message


def test_a_buckets_burst_is_named() -> None:
    error = refusal_of(Overrun(Charge("t", "s", 60.0, "token_bucket", 60, "requests", 5), 5, 1.0), "USD", NOW)
    assert error.message == "The limit t allows 60 requests per 60 s, 5 at once."


def test_a_denial_for_concurrency_has_a_code_of_its_own() -> None:
    error = refusal_of(Overrun(Charge("c", "s", 0.0, "held", 4, "concurrency"), 4, 0.0), "USD", NOW)
    assert (error.code, error.message) == ("CONCURRENCY_EXCEEDED", "The limit c allows 4 requests at once.")
    assert error.retry_after_s is not None and error.retry_after_s > 0
