from __future__ import annotations

from torana.records.feed import FeedFacts
from torana.records.gauges import (
    MOST_DEPLOYMENTS,
    DeploymentFacts,
    alert_families,
    credential_family,
    deployment_families,
    probe_family,
    process_families,
    recorder_families,
)
from torana.records.recorder import RecorderFacts

FACTS = RecorderFacts(
    queued=1,
    spooled=20,
    dropped=3,
    full=True,
    spool_bytes=400,
    spool_segments=2,
    spool_unreadable=5,
    spool_error="no space",
    sinks=(FeedFacts("jsonl", True, 10, 10, 0, 7, ""), FeedFacts("database", False, 0, 20, 0, 0, "")),
)


def test_the_recorder_is_told_in_numbers() -> None:
    told = {family.name: [value for _, value in family.samples] for family in recorder_families(FACTS)}
    assert told["ai_gateway_receipts_spooled_total"] == [20]
    assert told["ai_gateway_receipts_dropped_total"] == [3]
    assert told["ai_gateway_receipts_refusing"] == [1]
    assert told["ai_gateway_spool_bytes"] == [400]
    assert told["ai_gateway_receipts_sink_failures_total"] == [7, 0]


def test_each_sink_has_its_own_lag() -> None:
    (lag,) = [family for family in recorder_families(FACTS) if family.name == "ai_gateway_receipts_sink_lag"]
    assert lag.samples == (({"sink": "jsonl"}, 10), ({"sink": "database"}, 20))


def test_how_each_sink_is_doing_is_told() -> None:
    away = FeedFacts("soc", True, 10, 10, 2, 7, "no answer", sent=5, away_s=41.0, set_aside=3, missed=9)
    facts = FACTS._replace(sinks=(FACTS.sinks[1], away))
    told = {family.name: [value for _, value in family.samples] for family in recorder_families(facts)}
    assert told["ai_gateway_sink_up"] == [1, 0]
    assert told["ai_gateway_sink_away_seconds"] == [0, 41]
    assert told["ai_gateway_sink_records_total"] == [0, 5]
    assert told["ai_gateway_sink_set_aside_total"] == [0, 3]
    assert told["ai_gateway_sink_missed_total"] == [0, 9]


def test_the_process_is_told() -> None:
    told = {family.name: family.samples[0] for family in process_families("1.2.3")}
    assert told["process_resident_memory_bytes"][1] > 1_000_000
    assert told["process_cpu_seconds_total"][1] > 0
    assert told["ai_gateway_build_info"][0]["version"] == "1.2.3"


def deployment(name: str, breaker: str = "closed", cooling: bool = False, opened: int = 0) -> DeploymentFacts:
    return DeploymentFacts("p", name, breaker, cooling, opened)


def test_a_breaker_is_a_number_and_counts_how_often_it_opened() -> None:
    facts = [deployment("a"), deployment("b", "open", opened=3), deployment("c", "half_open", opened=1)]
    state, opened, cooling, _ = deployment_families([*facts, deployment("d", cooling=True)])
    assert {labels["model"]: value for labels, value in state.samples} == {"a": 0, "b": 2, "c": 1, "d": 0}
    assert {labels["model"]: value for labels, value in opened.samples} == {"b": 3, "c": 1}
    assert {labels["model"]: value for labels, value in cooling.samples} == {"a": 0, "b": 0, "c": 0, "d": 1}


def test_however_many_models_callers_name_those_in_trouble_are_shown() -> None:
    many = [deployment(f"m{number}") for number in range(MOST_DEPLOYMENTS)]
    state, _, _, _ = deployment_families(
        [*many, deployment("down", "open", opened=1), deployment("tired", cooling=True)]
    )
    assert [labels["model"] for labels, _ in state.samples[:2]] == ["down", "tired"]
    assert len(state.samples) == MOST_DEPLOYMENTS


def test_what_probes_found_is_told_where_somebody_looked_and_those_that_are_down_come_first() -> None:
    told = [deployment("never")._replace(opened=1), deployment("up")._replace(down=False)]
    families = deployment_families([*told, deployment("dead")._replace(down=True)])
    down = next(one for one in families if one.name == "ai_gateway_deployment_down")
    assert [(labels["model"], value) for labels, value in down.samples] == [("dead", 1.0), ("up", 0.0)]


def test_probes_are_counted_by_provider_and_outcome() -> None:
    (sample,) = probe_family({("p", "connect"): 3}).samples
    assert sample == ({"provider": "p", "outcome": "connect"}, 3.0)


def test_parked_credentials_are_told_by_provider() -> None:
    assert credential_family({"p": 2, "q": 0}).samples == (({"provider": "p"}, 2), ({"provider": "q"}, 0))


def test_alerts_are_counted_by_budget_and_share_and_by_how_telling_went() -> None:
    passed, posted = alert_families({("cap", "0.5"): 2}, {"sent": 1, "failed": 3})
    assert passed.samples == (({"budget": "cap", "share": "0.5"}, 2.0),)
    assert [(labels["outcome"], value) for labels, value in posted.samples] == [("sent", 1.0), ("failed", 3.0)]
