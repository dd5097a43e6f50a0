from __future__ import annotations

from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from tests.receipts import a_receipt, some_receipts
from torana.core.tickets import Attempted, Dropped
from torana.records.gauges import DeploymentFacts, alert_families
from torana.records.metrics import Live, Metrics, MetricsSettings


def metrics(known: tuple[str, ...] = ("gpt-4o-mini",), **settings: Any) -> Metrics:
    return Metrics(lambda: known, Live({"ai_gateway_in_flight": lambda: 3}), MetricsSettings(**settings))


def samples(page: Metrics) -> dict[tuple[str, tuple[tuple[str, str], ...]], float]:
    """Every sample of the page, as a Prometheus server would read it."""
    return {
        (sample.name, tuple(sorted(sample.labels.items()))): sample.value
        for family in text_string_to_metric_families(page.render())
        for sample in family.samples
    }


def one(page: Metrics, name: str, **labels: str) -> float | None:
    return samples(page).get((name, tuple(sorted(labels.items()))))


def test_requests_are_counted_by_model_and_status() -> None:
    page = metrics()
    page.count([*some_receipts(3), a_receipt(3, ending="upstream_error", error_code="UPSTREAM_ERROR", status=502)])
    assert one(page, "ai_gateway_requests_total", model="gpt-4o-mini", status="success") == 3
    assert one(page, "ai_gateway_requests_total", model="gpt-4o-mini", status="error") == 1
    assert one(page, "ai_gateway_errors_total", code="UPSTREAM_ERROR") == 1
    assert one(page, "ai_gateway_endings_total", ending="completed") == 3


def test_names_that_users_have_keep_their_names_without_a_suffix() -> None:
    page = metrics()
    page.count([a_receipt(1), a_receipt(2, ending="refused", error_code="RATE_LIMIT_EXCEEDED", provider="")])
    assert one(page, "ai_gateway_tokens_used", model="gpt-4o-mini") == 120
    assert one(page, "ai_gateway_rate_limit_hits", model="gpt-4o-mini", limit="rate") == 1


def test_a_duration_lands_in_every_bucket_that_holds_it() -> None:
    page = metrics()
    page.count([a_receipt(1, duration_ms=500), a_receipt(2, duration_ms=501), a_receipt(3, duration_ms=10_000_000)])
    name = "ai_gateway_request_duration_seconds"
    assert one(page, name + "_bucket", model="gpt-4o-mini", le="0.25") == 0
    assert one(page, name + "_bucket", model="gpt-4o-mini", le="0.5") == 1
    assert one(page, name + "_bucket", model="gpt-4o-mini", le="1") == 2
    assert one(page, name + "_bucket", model="gpt-4o-mini", le="+Inf") == 3
    assert one(page, name + "_count", model="gpt-4o-mini") == 3
    assert one(page, name + "_sum", model="gpt-4o-mini") == pytest.approx(10_001.001)


def test_first_chunk_and_overhead_are_of_answers_that_began() -> None:
    page = metrics()
    page.count([a_receipt(1), a_receipt(2, ending="refused", status=403, provider="", attempts=[])])
    assert one(page, "ai_gateway_first_chunk_seconds_count", model="gpt-4o-mini") == 1
    assert one(page, "ai_gateway_overhead_seconds_sum", model="gpt-4o-mini") == pytest.approx(0.0007)


def test_cost_and_tokens_by_kind_add_up() -> None:
    page = metrics()
    page.count([a_receipt(1, cost_nano=2_500_000_000), a_receipt(2, cost_nano=500_000_000, currency="INR")])
    assert one(page, "ai_gateway_cost_total", model="gpt-4o-mini", currency="USD") == 2.5
    assert one(page, "ai_gateway_cost_total", model="gpt-4o-mini", currency="INR") == 0.5
    assert one(page, "ai_gateway_tokens_by_kind_total", model="gpt-4o-mini", kind="cache_read") == 20


def test_requests_at_a_price_nobody_knows_are_counted_apart() -> None:
    page = metrics()
    page.count([a_receipt(1, priced=False), a_receipt(2), a_receipt(3, priced=False, provider="", attempts=[])])
    assert one(page, "ai_gateway_unpriced_requests_total", model="gpt-4o-mini") == 1


def test_every_try_is_counted_by_provider_and_outcome() -> None:
    page = metrics()
    tries = [Attempted("first", "m", "503", 5), Attempted("second", "m", "ok", 5)]
    page.count([a_receipt(1, attempts=tries), a_receipt(2, attempts=tries)])
    assert one(page, "ai_gateway_upstream_attempts_total", provider="first", outcome="503") == 2
    assert one(page, "ai_gateway_upstream_attempts_total", provider="second", outcome="ok") == 2


def test_models_that_do_not_exist_share_one_label() -> None:
    page = metrics()
    page.count([a_receipt(n, model=f"made-up-{n}", error_code="MODEL_NOT_FOUND", ending="refused") for n in range(50)])
    assert one(page, "ai_gateway_requests_total", model="other", status="error") == 50


def test_names_beyond_the_bound_share_one_label_but_known_models_never_do() -> None:
    page = metrics(known=("late",), max_models=5)
    page.count([a_receipt(n, model=f"pass-through-{n}") for n in range(20)])
    page.count([a_receipt(99, model="late")])
    models = {dict(labels)["model"] for name, labels in samples(page) if name == "ai_gateway_requests_total"}
    assert len(models) == 7
    assert one(page, "ai_gateway_requests_total", model="other", status="success") == 15
    assert one(page, "ai_gateway_requests_total", model="late", status="success") == 1


def test_a_request_without_a_model_is_counted_as_none() -> None:
    page = metrics()
    page.count([a_receipt(1, model="", ending="refused", error_code="KEY_INVALID")])
    assert one(page, "ai_gateway_requests_total", model="none", status="error") == 1


def test_users_are_a_label_only_when_asked_for_and_then_bounded() -> None:
    refused = [a_receipt(n, user=f"u{n}", ending="refused", error_code="CONCURRENCY_EXCEEDED") for n in range(5)]
    plain, by_user = metrics(), metrics(user_label=True, max_users=2)
    plain.count(refused)
    by_user.count(refused)
    assert one(plain, "ai_gateway_rate_limit_hits", model="gpt-4o-mini", limit="concurrency") == 5
    hits = {"model": "gpt-4o-mini", "limit": "concurrency"}
    assert one(by_user, "ai_gateway_rate_limit_hits", user_id="u0", **hits) == 1
    assert one(by_user, "ai_gateway_rate_limit_hits", user_id="other", **hits) == 3


@pytest.mark.parametrize("name", ['quo"te', "back\\slash", "new\nline", "हिन्दी", "lone\ud800"])
def test_any_model_name_gives_a_page_that_parses(name: str) -> None:
    page = metrics()
    page.count([a_receipt(1, model=name)])
    expected = name.encode("utf-8", "replace").decode()
    assert one(page, "ai_gateway_requests_total", model=expected, status="success") == 1


def test_live_gauges_are_asked_when_the_page_is_rendered() -> None:
    assert one(metrics(), "ai_gateway_in_flight") == 3


def test_every_name_has_our_prefix_or_is_about_the_process() -> None:
    page = metrics()
    page.count(some_receipts(1))
    assert {name for name, _ in samples(page) if not name.startswith(("ai_gateway_", "process_"))} == set()


def test_tries_that_a_resting_deployment_was_spared_are_counted_by_why() -> None:
    page = metrics()
    breaker, cooldown, other = (
        Dropped("p", "m", reason)
        for reason in (
            "breaker open until 2025-06-15T15:07:40Z",
            "cooling down until 2025-06-15T15:07:40Z",
            "no such model",
        )
    )
    page.count([a_receipt(1, dropped=[breaker, cooldown, other]), a_receipt(2, dropped=[breaker], provider="")])
    assert one(page, "ai_gateway_short_circuits_total", provider="p", reason="breaker") == 2
    assert one(page, "ai_gateway_short_circuits_total", provider="p", reason="cooldown") == 1
    assert "no such model" not in page.render()


def test_deployments_and_parked_credentials_are_on_the_page() -> None:
    facts = [DeploymentFacts("p", "m", "open", False, 1)]
    page = Metrics(lambda: (), Live({}, None, lambda: facts, lambda: {"p": 2}), MetricsSettings())
    assert one(page, "ai_gateway_breaker_state", provider="p", model="m") == 2
    assert one(page, "ai_gateway_breaker_opened_total", provider="p", model="m") == 1
    assert one(page, "ai_gateway_credentials_parked", provider="p") == 2


def test_a_request_that_cost_more_than_was_held_is_counted() -> None:
    page = metrics()
    assert one(page, "ai_gateway_hold_overruns_total") == 0
    page.count([a_receipt(1, cost_nano=5, held_nano=5), a_receipt(2, cost_nano=6, held_nano=5)])
    assert one(page, "ai_gateway_hold_overruns_total") == 1


def test_alerts_are_on_the_page() -> None:
    page = Metrics(
        lambda: (), Live({}, alerts=lambda: alert_families({("cap", "1"): 2}, {"sent": 2})), MetricsSettings()
    )
    assert one(page, "ai_gateway_budget_alerts_total", budget="cap", share="1") == 2
