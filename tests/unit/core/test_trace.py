"""Trace context: what is read, what is handed on, who is traced."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.ids import id_maker
from torana.core.trace import MOST_TIMED, NO_PARENT, Trace, Tracing, read_parent, span_id, trace_id_of

TRACE, SPAN = "0af7651916cd43dd8448eb211c80319c", "b7ad6b7169203331"
PARENT = f"00-{TRACE}-{SPAN}-01"
OURS = "0197e2f3a1b2" + "00ff00ff00ff00ff"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (PARENT, (TRACE, SPAN, True)),
        (f" {PARENT} ", (TRACE, SPAN, True)),
        (f"00-{TRACE}-{SPAN}-00", (TRACE, SPAN, False)),
        (f"00-{TRACE}-{SPAN}-03", (TRACE, SPAN, True)),
        (f"cc-{TRACE}-{SPAN}-01-what-comes-later", (TRACE, SPAN, True)),
        (f"ff-{TRACE}-{SPAN}-01", None),
        (f"{PARENT}-more", None),
        (f"00-{'0' * 32}-{SPAN}-01", None),
        (f"00-{TRACE}-{NO_PARENT}-01", None),
        (f"00-{TRACE.upper()}-{SPAN}-01", None),
        (f"00-{TRACE[1:]}-{SPAN}-01", None),
        (f"{PARENT}\r\nx-evil: 1", None),
        ("", None),
    ],
)
def test_a_parent_is_read_as_the_recommendation_says(text: str, read: tuple[str, str, bool] | None) -> None:
    assert read_parent(text) == read


@given(st.text())
def test_no_text_breaks_a_head(text: str) -> None:
    trace = Tracing(1.0, on=True).begin(text or PARENT, text, OURS)
    assert trace is not None
    lines = trace.lines(1)
    assert lines.count(b"\r\n") in (1, 2)
    assert lines.replace(b"\r\n", b"").isascii()
    assert b"\r" not in lines.replace(b"\r\n", b"")
    assert b"\n" not in lines.replace(b"\r\n", b"")


def test_where_nobody_traces_a_trace_goes_on_as_it_came_and_none_is_begun() -> None:
    off = Tracing()
    assert off.begin("", "", OURS) is None
    assert off.begin("nonsense", "", OURS) is None
    trace = off.begin(PARENT, "a=1", OURS)
    assert trace is not None
    assert not trace.sampled
    assert trace.lines(1) == f"traceparent: {PARENT}\r\ntracestate: a=1\r\n".encode()
    assert trace.text == f"00-{TRACE}-{SPAN}-00"


def test_the_caller_decides_whether_it_is_traced() -> None:
    never, always = Tracing(0.0, on=True), Tracing(1.0, on=True)
    assert getattr(never.begin(PARENT, "", OURS), "sampled", None) is True
    assert getattr(always.begin(PARENT[:-1] + "0", "", OURS), "sampled", None) is False
    assert getattr(never.begin("", "", OURS), "sampled", None) is False


def test_a_try_is_handed_on_under_a_span_of_its_own() -> None:
    trace = Tracing(1.0, on=True).begin(PARENT, "", OURS)
    assert trace is not None
    assert trace.lines(1) == f"traceparent: 00-{TRACE}-{span_id(OURS, 1)}-01\r\n".encode()
    assert len({span_id(OURS, number) for number in range(-50, 50)}) == 100


def test_about_the_share_that_was_asked_for_is_traced() -> None:
    tracing, new_id = Tracing(0.25, on=True), id_maker("", lambda: 1_750_000_000.0)
    traces = [tracing.begin("", "", new_id()) for _ in range(4000)]
    share = sum(one.sampled for one in traces if one is not None) / 4000
    assert 0.22 < share < 0.28
    assert all(one is not None and one.lines(1) == b"" for one in traces if one is not None and not one.sampled)


def test_a_trace_id_tells_its_receipt() -> None:
    assert trace_id_of(OURS) == "70aa" + OURS
    assert len(trace_id_of("rcp-of-another-form")) == 32


def test_a_stream_is_not_timed_without_end_but_each_try_is() -> None:
    trace = Trace(TRACE, SPAN, True, "", OURS)
    for number in range(MOST_TIMED + 10):
        trace.note("guardrail", "pii@1", number, number + 1)
    trace.note("attempt", "a/b", 1.0, 1.5, "ok", 1)
    assert len(trace.timed) == MOST_TIMED + 1
    assert (trace.timed[-1].began_us, trace.timed[-1].took_us) == (1_000_000, 500_000)
