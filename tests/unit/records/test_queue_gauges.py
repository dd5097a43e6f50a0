from __future__ import annotations

from torana.records.queue_gauges import CapacityFacts, QueueFacts, WaitedFacts, queue_families


def test_capacities_and_queues_are_told_in_numbers() -> None:
    facts = QueueFacts(
        [CapacityFacts("p", "m", 3, {"batch": 2, "normal": 0}), CapacityFacts("q", "", 1, {"batch": 0})],
        {"batch": WaitedFacts(9, 1.5, 4)},
    )
    told = {family.name: family.samples for family in queue_families(facts)}
    assert told["ai_gateway_capacity_in_use"] == (
        ({"provider": "p", "model": "m"}, 3),
        ({"provider": "q", "model": ""}, 1),
    )
    assert told["ai_gateway_queue_waiting"][0] == ({"provider": "p", "model": "m", "class": "batch"}, 2)
    assert told["ai_gateway_queued_total"] == (({"class": "batch"}, 9),)
    assert told["ai_gateway_queue_waited_seconds_total"] == (({"class": "batch"}, 1.5),)
    assert told["ai_gateway_queue_left_total"] == (({"class": "batch"}, 4),)


def test_without_a_capacity_nothing_is_told() -> None:
    assert list(queue_families(QueueFacts())) == []
