from __future__ import annotations

from torana.records.feed import FeedFacts
from torana.records.gauges import process_families, recorder_families
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


def test_the_process_is_told() -> None:
    told = {family.name: family.samples[0] for family in process_families("1.2.3")}
    assert told["process_resident_memory_bytes"][1] > 1_000_000
    assert told["process_cpu_seconds_total"][1] > 0
    assert told["ai_gateway_build_info"][0]["version"] == "1.2.3"
