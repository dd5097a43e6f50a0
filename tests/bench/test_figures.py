"""The arithmetic and the fixed bytes of the bench; nothing here is timed."""

import json
from itertools import pairwise

import pytest

from tests.bench import wire
from tests.bench.answers import AnswerReader
from tests.bench.figures import percentile, ratios, slope, spread
from tests.bench.planes import own
from tests.bench.report import bounds
from tests.bench.stream_upstream import whole


def test_request_and_answer_have_the_size_the_figures_were_taken_with() -> None:
    assert [len(wire.request(wire.ONCE)), len(wire.request(wire.STREAM, stream=True)), len(wire.answer())] == [730] * 3


def test_anthropics_request_and_answer_have_the_same_size() -> None:
    bodies = [wire.message_request(wire.ONCE), wire.message_request(wire.STREAM, stream=True), wire.message()]
    assert [len(body) for body in bodies] == [730] * 3
    assert all(json.loads(body) for body in bodies)


def test_anthropics_stream_has_102_events_too() -> None:
    events = wire.message_events(wire.CLAUDE_STREAM)
    assert len(events) == 102
    assert [event.count(b"data:") for event in events] == [1] * 102
    assert events[-1] == b'event: message_stop\ndata: {"type":"message_stop"}\n\n'


def test_every_translated_road_has_its_bound() -> None:
    ratios = {"messages to chat": {"ratio": 1.5}, "chat to messages": {"ratio": 2.5}}
    rows = [row for row in bounds({"translated": ratios, "translated_event": ratios}) if "same dialect" in row]
    assert [row.split(" | ")[-1] for row in rows] == ["reached |", "**not reached** |"] * 2


def test_a_stream_has_102_events_and_ends_with_done() -> None:
    events = wire.events(wire.STREAM)
    assert len(events) == 102
    assert all(event.startswith(b"data: ") and event.count(b"data:") == 1 for event in events)
    assert events[-1] == b"data: [DONE]\n\n"


def test_a_percentile_is_a_value_that_was_seen() -> None:
    assert [percentile([1.0, 2.0, 3.0, 4.0], share) for share in (0.25, 0.5, 0.99)] == [1.0, 2.0, 4.0]
    assert percentile([], 0.5) == 0.0


def test_ratios_are_taken_round_by_round() -> None:
    assert ratios([20.0, 60.0], [10.0, 20.0]) == [2.0, 3.0]
    assert spread([3.0, 1.0, 2.0]) == (2.0, 1.0, 3.0, 3)


def test_the_slope_is_that_of_the_line_through_the_points() -> None:
    assert slope([(0, 5), (10, 25), (20, 45)]) == pytest.approx(2.0)
    assert slope([(7, 1), (7, 9)]) == 0.0
    assert slope([(7, 1)]) == 0.0


@pytest.mark.parametrize(
    "answer",
    [
        b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
    ],
)
def test_an_answer_ends_with_its_last_byte_wherever_it_is_split(answer: bytes) -> None:
    for first, second in pairwise([0, *range(1, len(answer)), len(answer)]):
        reader = AnswerReader()
        assert not reader.feed(answer[:first])
        assert reader.feed(answer[first:second]) is (second == len(answer))
        if second < len(answer):
            assert reader.feed(answer[second:])
        assert reader.status == 200


def test_the_scripted_upstream_waits_for_the_whole_request() -> None:
    request = b"POST / HTTP/1.1\r\ncontent-length: 3\r\n\r\nabc"
    assert not whole(request[:-1])
    assert whole(request)
    assert whole(b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n")


def test_a_bound_that_was_not_measured_is_not_called_reached() -> None:
    rows = list(bounds({"request": {"torana": {"ratio": 12.0}}, "cold": {"median_ms": 900.0}}))
    assert "**not reached**" in rows[2]
    assert "not measured" in rows[3]
    assert rows[4].endswith("| 900 ms | reached |")


def test_bounds_with_guardrails_are_told_of_runs_with_guardrails_only() -> None:
    plain = {"request": {"torana": {"ratio": 10.0}}}
    guarded = {"request": {"torana": {"ratio": 10.0}, "torana guarded": {"ratio": 15.5}}}
    assert not any("guardrails" in row for row in bounds(plain))
    assert [row for row in bounds(guarded) if "guardrails" in row] == [
        "| CPU a request with guardrails, times nginx | 15.0 × | 15.5 × | **not reached** |"
    ]


def test_what_the_machine_does_to_the_upstream_alone_is_taken_out_round_by_round() -> None:
    assert own([3.0, 1.5, 1.0], [1.5, 1.5, 2.0]) == 1.0
