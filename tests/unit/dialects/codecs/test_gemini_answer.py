"""Gemini's answers as events: whole and streamed, every finish, blocked prompts, usage, errors inside a 200."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.call import Usage
from torana.core.events import Began, Cited, Counted, Ended, Event, TextPiece, ThinkingPiece, ToolBegan, ToolPiece
from torana.core.faults import AnswerMalformed, ConnectionBroken, StatusFault, UpstreamFault
from torana.dialects.codecs import gemini
from torana.dialects.codecs.gemini_answer import Counts, usage_of

# after the answers shown in https://ai.google.dev/api/generate-content and https://ai.google.dev/gemini-api/docs/thinking
HEAD = {"modelVersion": "gemini-2.5-flash", "responseId": "r1"}
STREAM: list[dict] = [
    {"candidates": [{"content": {"parts": [{"text": "hm", "thought": True}], "role": "model"}, "index": 0}],
     "usageMetadata": {"promptTokenCount": 11, "totalTokenCount": 11}, **HEAD},
    {"candidates": [{"content": {"parts": [{"text": "Grüß"}], "role": "model"}, "index": 0}], **HEAD},
    {"candidates": [{"content": {"parts": [{"text": " Gott"}], "role": "model"}, "finishReason": "STOP", "index": 0}],
     "usageMetadata": {"promptTokenCount": 11, "cachedContentTokenCount": 4, "candidatesTokenCount": 7,
                       "thoughtsTokenCount": 20, "totalTokenCount": 38}, **HEAD},
]  # fmt: skip


def sse(*answers: object, end: str = "\r\n\r\n") -> bytes:
    return b"".join(f"data: {json.dumps(one, ensure_ascii=False)}{end}".encode() for one in answers)


def streamed(*pieces: bytes) -> list[Event]:
    reader = gemini.reader()
    events: list[Event] = []
    for piece in pieces:
        events += reader.feed(piece)
    return [*events, *reader.finish()]


def whole(*parts: object, reason: str = "STOP", **more: object) -> list[Event]:
    candidate = {"content": {"parts": list(parts), "role": "model"}, "finishReason": reason, **more}
    return list(gemini.read_whole(json.dumps({"candidates": [candidate], **HEAD}).encode()))


EVENTS = [
    Began("r1", "gemini-2.5-flash"), ThinkingPiece("hm"), Counted(Usage(uncached=11)), TextPiece("Grüß"),
    TextPiece(" Gott"), Counted(Usage(uncached=7, cache_read=4, output=27, reasoning=20)), Ended("stop"),
]  # fmt: skip


def test_a_stream() -> None:
    assert streamed(sse(*STREAM)) == EVENTS


def test_a_stream_cut_at_every_byte_is_the_same_stream() -> None:
    for end in ("\r\n\r\n", "\n\n"):
        wire = sse(*STREAM, end=end)
        for at in range(len(wire) + 1):
            assert streamed(wire[:at], wire[at:]) == EVENTS


@given(st.lists(st.sampled_from(["a", "é", "\n\n", "data: x"]), max_size=6), st.data())
def test_generated_streams_may_be_cut_anywhere(texts: list[str], data: st.DataObject) -> None:
    answers = [{"candidates": [{"content": {"parts": [{"text": text}]}, "finishReason": "STOP"}]} for text in texts]
    wire = sse(*answers, {"candidates": [{"finishReason": "MAX_TOKENS"}]})
    cuts = sorted(data.draw(st.lists(st.integers(0, len(wire)), max_size=5)))
    pieces = [wire[a:b] for a, b in zip([0, *cuts], [*cuts, len(wire)], strict=True)]
    events = streamed(*pieces)
    assert [event.text for event in events if isinstance(event, TextPiece)] == texts
    assert events[-1] == Ended("length")


def test_a_finish_reason_with_every_event_ends_the_answer_once() -> None:
    early = [{**one, "candidates": [{**one["candidates"][0], "finishReason": "STOP"}]} for one in STREAM]
    assert streamed(sse(*early)) == EVENTS


def test_a_last_event_without_its_blank_line_is_read() -> None:
    assert streamed(sse(*STREAM).rstrip()) == EVENTS


@pytest.mark.parametrize("given", [STREAM[:2], [], [{"usageMetadata": {"promptTokenCount": 1}}]])
def test_a_stream_without_its_end_is_broken(given: list[dict]) -> None:
    with pytest.raises(ConnectionBroken):
        streamed(sse(*given))


def test_half_an_event_at_the_end_is_broken() -> None:
    with pytest.raises(ConnectionBroken):
        streamed(sse(*STREAM)[:-30])


def test_a_second_candidate_must_end_too() -> None:
    other = {"candidates": [{"content": {"parts": [{"text": "x"}]}, "index": 1}]}
    with pytest.raises(ConnectionBroken):
        streamed(sse(*STREAM, other))
    ended = {"candidates": [{"finishReason": "SAFETY", "index": 1}]}
    assert streamed(sse(*STREAM, other, ended))[-2:] == [Ended("stop", 0), Ended("filtered", 1)]


ERROR = {"error": {"code": 429, "message": "slow", "status": "RESOURCE_EXHAUSTED"}}


@pytest.mark.parametrize(
    "wire", [sse(ERROR), json.dumps(ERROR, indent=2).encode(), json.dumps(ERROR).encode() + b"\n\n"]
)
def test_an_error_in_a_stream_is_a_status_after_what_came(wire: bytes) -> None:
    for start, before in ((b"", []), (sse(STREAM[1]), EVENTS[:1] + EVENTS[3:4])):
        reader = gemini.reader()
        events: list[Event] = []
        with pytest.raises(StatusFault) as fault:
            events += reader.feed(start + wire)
            assert reader.finish() is None
        assert (fault.value.status, fault.value.sent, fault.value.dialect, events) == (
            429,
            False,
            "gemini_content",
            before,
        )


def test_a_bad_event_stands_behind_the_good_ones() -> None:
    reader = gemini.reader()
    assert len(reader.feed(sse(STREAM[0]) + b"data: {half\n\n")) == 3
    assert isinstance(reader.fault, AnswerMalformed)
    with pytest.raises(AnswerMalformed):
        reader.feed(b"")


@pytest.mark.parametrize(
    ("error", "status"),
    [({"code": 503}, 503), ({"status": "PERMISSION_DENIED"}, 403), ({"code": 7}, 502), ("odd", 502)],
)
def test_an_error_inside_a_whole_answer(error: object, status: int) -> None:
    with pytest.raises(StatusFault) as fault:
        gemini.read_whole(json.dumps({"error": error}).encode())
    assert fault.value.status == status


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b"\xff", b"{}", b'{"candidates":[]}', b'{"candidates":"x"}'])
def test_what_is_no_answer_is_malformed(body: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        gemini.read_whole(body)


@given(st.binary(max_size=60))
def test_any_bytes_are_events_or_a_fault(raw: bytes) -> None:
    for read in (gemini.read_whole, streamed):
        try:
            read(raw)
        except UpstreamFault:
            continue
        raise AssertionError("this is no answer")


@pytest.mark.parametrize(
    ("told", "ours"),
    [("STOP", "stop"), ("MAX_TOKENS", "length"), ("OTHER", "filtered"), ("OF_TOMORROW", "filtered")]
    + [(one, "filtered") for one in ("SAFETY", "RECITATION", "BLOCKLIST", "PROHIBITED_CONTENT", "SPII", "LANGUAGE")],
)
def test_reasons(told: str, ours: str) -> None:
    assert whole({"text": "a"}, reason=told)[-1] == Ended(ours)


@pytest.mark.parametrize("reason", ["MALFORMED_FUNCTION_CALL", "UNEXPECTED_TOOL_CALL"])
def test_an_answer_its_own_api_could_not_read_is_malformed(reason: str) -> None:
    with pytest.raises(AnswerMalformed, match=reason):
        whole(reason=reason)


def test_a_blocked_prompt_is_a_filtered_answer() -> None:
    body = {"promptFeedback": {"blockReason": "SAFETY"}, "usageMetadata": {"promptTokenCount": 3}}
    assert gemini.read_whole(json.dumps(body).encode())[-2:] == (Counted(Usage(uncached=3)), Ended("filtered"))
    assert streamed(sse(body))[-1] == Ended("filtered")


def test_calls_keep_their_bytes_and_get_ids_that_differ_by_answer() -> None:
    def answer(name: str) -> list[Event]:
        args = b'{ "a":1.50, "b":"\\u0041" }'
        calls = b'{"functionCall":{"name":"f","args":%s}}' % args
        return list(gemini.read_whole(
            b'{"candidates":[{"content":{"parts":[%s,%s]},"finishReason":"STOP"}],"responseId":"%s"}'
            % (calls, calls, name.encode())
        ))  # fmt: skip

    events = answer("r1")
    begun = [event for event in events if isinstance(event, ToolBegan)]
    assert [event.place for event in begun] == [0, 1]
    assert [event.text for event in events if isinstance(event, ToolPiece)] == ['{ "a":1.50, "b":"\\u0041" }'] * 2
    assert events[-1] == Ended("tools")
    assert answer("r1") == events
    ids = {event.id for event in (*begun, *answer("r2")) if isinstance(event, ToolBegan)}
    assert len(ids) == 4
    assert all(len(one) <= 40 for one in ids)


def test_signatures() -> None:
    events = whole(
        {"functionCall": {"id": "c", "name": "f"}, "thoughtSignature": "YQ=="},
        {"text": "t", "thoughtSignature": "Yg=="},
        {"text": "", "thoughtSignature": "Yw=="},
    )
    assert events[1:-1] == [
        ToolBegan(0, "c", "f", 0, "YQ=="), ToolPiece(0, "{}"), TextPiece("t"), ThinkingPiece("", "gemini-text:Yg=="),
        ThinkingPiece("", "gemini:Yw=="),
    ]  # fmt: skip


def test_code_and_pictures_become_text_rather_than_nothing() -> None:
    events = whole(
        {"executableCode": {"language": "PYTHON", "code": "1+1"}},
        {"codeExecutionResult": {"outcome": "OUTCOME_OK", "output": "2"}},
        {"inlineData": {"mimeType": "image/png", "data": "AAAA"}},
    )
    text = "".join(event.text for event in events if isinstance(event, TextPiece))
    assert text == "```python\n1+1\n```\n```\n2\n```\n![image](data:image/png;base64,AAAA)"


def test_sources_and_logprobs_come_with_the_text() -> None:
    events = whole(
        {"text": "Grüße"},
        citationMetadata={"citationSources": [{"startIndex": 2, "endIndex": 7, "uri": "https://a.test"}]},
        logprobsResult={"chosenCandidates": [{"token": "G", "logProbability": -0.5}]},
    )
    assert Cited("https://a.test", start=2, end=5) in events
    (piece,) = [event for event in events if isinstance(event, TextPiece)]
    assert json.loads(piece.logprobs) == [{"token": "G", "logprob": -0.5, "bytes": [71], "top_logprobs": []}]


@pytest.mark.parametrize(
    ("counts", "usage"),
    [
        (Counts(10, 4, 5, 3, None, 18), Usage(6, 4, 0, 8, 3)),
        (Counts(10, None, 5, 3, None, 15), Usage(10, 0, 0, 5, 3)),
        (Counts(10, None, 5, None, 100, 115), Usage(110, 0, 0, 5)),
        (Counts(-1, 99, 1 << 50), None),
        (Counts(None, None, 5), Usage(0, 0, 0, 5)),
    ],
)
def test_usage(counts: Counts, usage: Usage | None) -> None:
    assert usage_of(counts) == usage
