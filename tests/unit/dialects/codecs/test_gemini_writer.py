"""Events as Gemini's answers: what a client of that API gets, streamed and whole."""

from __future__ import annotations

import json
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.call import Usage
from torana.core.events import (
    Began,
    Cited,
    Counted,
    Ended,
    Event,
    RefusalPiece,
    Request,
    TextPiece,
    ThinkingPiece,
    ToolBegan,
    ToolPiece,
)
from torana.core.faults import AnswerMalformed
from torana.dialects.codecs import gemini
from torana.dialects.codecs.gemini_writer import usage_told

ASKED = Request("m", ())


def whole(*events: Event) -> dict:
    return json.loads(gemini.write_whole(events, ASKED))  # type: ignore[no-any-return]


def parts(*events: Event) -> list[dict]:
    return whole(*events)["candidates"][0]["content"]["parts"]  # type: ignore[no-any-return]


def streamed(*rows: list[Event]) -> list[dict]:
    writer = gemini.writer(ASKED)
    wire = b"".join(writer.write(row) for row in rows) + writer.finish()
    assert wire.endswith(b"\r\n\r\n")
    return [json.loads(event.removeprefix(b"data: ")) for event in wire.split(b"\r\n\r\n")[:-1]]


def test_a_whole_answer() -> None:
    usage = Usage(uncached=3, cache_read=2, cache_write=1, output=9, reasoning=4)
    assert whole(Began("r", "m"), TextPiece("a"), TextPiece("b"), Ended("length"), Counted(usage)) == {
        "candidates": [
            {"content": {"role": "model", "parts": [{"text": "ab"}]}, "finishReason": "MAX_TOKENS", "index": 0}
        ],
        "usageMetadata": {
            "promptTokenCount": 6, "cachedContentTokenCount": 2, "candidatesTokenCount": 5, "thoughtsTokenCount": 4,
            "totalTokenCount": 15,
        },
        "modelVersion": "m", "responseId": "r",
    }  # fmt: skip


def test_a_stream_tells_finish_and_usage_last() -> None:
    first, last = streamed([Began("r", "m")], [TextPiece("a")], [Ended("stop")], [Counted(Usage(output=1))])
    assert first["candidates"] == [{"content": {"role": "model", "parts": [{"text": "a"}]}, "index": 0}]
    assert last["candidates"][0]["finishReason"] == "STOP"
    assert last["usageMetadata"]["candidatesTokenCount"] == 1


def test_a_call_goes_out_when_it_is_whole_byte_for_byte() -> None:
    writer = gemini.writer(ASKED)
    assert writer.write([ToolBegan(0, "c1", "f", 0, "YQ=="), ToolPiece(0, '{ "a"')]) == b""
    assert writer.write([ToolPiece(0, ":1.0 }")]) == b""
    wire = writer.write([Ended("tools")])
    assert b'"args":{ "a":1.0 }' in wire
    assert b'"thoughtSignature":"YQ=="' in wire


def test_calls_in_one_another_are_kept_apart() -> None:
    calls = parts(
        ToolBegan(0, "a", "f"), ToolBegan(1, "b", "g"), ToolPiece(1, '{"x":1}'), ToolPiece(0, "{}"), Ended("tools")
    )
    assert [one["functionCall"] for one in calls] == [
        {"id": "a", "name": "f", "args": {}},
        {"id": "b", "name": "g", "args": {"x": 1}},
    ]


def test_arguments_that_are_no_object_are_told_as_the_api_tells_them() -> None:
    (candidate,) = whole(ToolBegan(0, "a", "f"), ToolPiece(0, '{"half'), Ended("tools"))["candidates"]
    assert candidate["finishReason"] == "MALFORMED_FUNCTION_CALL"
    assert '{"half' in candidate["finishMessage"]


@pytest.mark.parametrize(
    ("reason", "told"),
    [("stop", "STOP"), ("tools", "STOP"), ("sequence", "STOP"), ("length", "MAX_TOKENS"), ("filtered", "SAFETY"),
     ("refused", "SAFETY"), ("paused", "CONTINUATION")],
)  # fmt: skip
def test_reasons(reason: str, told: str) -> None:
    assert whole(Ended(reason))["candidates"][0]["finishReason"] == told


def test_thoughts_stand_apart_from_text_and_a_refusal_is_text() -> None:
    assert parts(ThinkingPiece("h"), ThinkingPiece("m"), RefusalPiece("no"), Ended("refused")) == [
        {"text": "hm", "thought": True},
        {"text": "no"},
    ]


def test_another_providers_signature_comes_back_as_it_was() -> None:
    said = parts(ThinkingPiece("hm"), ThinkingPiece("", "+/of=another"), ThinkingPiece(data="sealed"), Ended("stop"))
    body = json.dumps({"contents": [{"role": "model", "parts": said}]}).encode()
    (turn,) = gemini.read_request(body).turns
    assert [(part.text, part.signature, part.data) for part in turn.parts] == [  # type: ignore[union-attr]
        ("hm", "+/of=another", ""),
        ("", "", "sealed"),
    ]


def test_sources_and_logprobs() -> None:
    logprobs = b'[{"token":"G","logprob":-0.5,"bytes":[71],"top_logprobs":[{"token":"H","logprob":-1.0}]}]'
    (candidate,) = whole(TextPiece("Grüße", 0, logprobs), Cited("https://a.test", "A", start=2, end=5), Ended("stop"))[
        "candidates"
    ]
    (source,) = candidate["citationMetadata"]["citationSources"]
    assert source == {"startIndex": 2, "endIndex": 7, "uri": "https://a.test", "title": "A"}
    assert candidate["logprobsResult"] == {
        "chosenCandidates": [{"token": "G", "logProbability": -0.5}],
        "topCandidates": [{"candidates": [{"token": "H", "logProbability": -1.0}]}],
    }


def test_usage_without_caches_and_thoughts_says_nothing_of_them() -> None:
    assert usage_told(Usage(1, output=2)) == {"promptTokenCount": 1, "candidatesTokenCount": 2, "totalTokenCount": 3}


text = st.text(min_size=1, max_size=5)
signed = {"thoughtSignature": st.sampled_from(["YQ==", "c2ln"])}
part = st.one_of(
    st.fixed_dictionaries({"text": text}, optional=signed),
    st.fixed_dictionaries({"text": text, "thought": st.just(True)}, optional=signed),
    st.fixed_dictionaries(
        {"functionCall": st.fixed_dictionaries(
            {"name": st.just("f"), "args": st.dictionaries(text, st.integers(), max_size=2)}, optional={"id": text}
        )},
        optional=signed,
    ),
)  # fmt: skip


def kind(one: dict) -> tuple[bool, bool]:
    return "text" in one, bool(one.get("thought"))


def unmerged(given: list[dict]) -> bool:
    """No two parts that a stream would cut from one."""
    return all(kind(a) != kind(b) or "functionCall" in a for a, b in pairwise(given))


answers = st.lists(part, min_size=1, max_size=4).filter(unmerged)


@given(answers, st.sampled_from(["STOP", "MAX_TOKENS", "SAFETY"]))
def test_what_gemini_can_answer_goes_in_and_comes_out(given: list[dict], reason: str) -> None:
    answer = {
        "candidates": [{"content": {"role": "model", "parts": given}, "finishReason": reason, "index": 0}],
        "usageMetadata": {"promptTokenCount": 3, "candidatesTokenCount": 4, "totalTokenCount": 7},
        "modelVersion": "m",
        "responseId": "r",
    }
    assert whole(*gemini.read_whole(json.dumps(answer).encode())) == answer


def test_what_it_writes_it_reads() -> None:
    events = [Began("r", "m"), ThinkingPiece("hm"), TextPiece("a"), ToolBegan(0, "c", "f"), ToolPiece(0, "{}")]
    reader = gemini.reader()
    writer = gemini.writer(ASKED)
    wire = writer.write([*events, Ended("tools")]) + writer.finish()
    assert [*reader.feed(wire), *reader.finish()] == [*events, Ended("tools")]
    spoilt = gemini.write_whole([ToolBegan(0, "c", "f"), ToolPiece(0, "["), Ended("tools")], ASKED)
    with pytest.raises(AnswerMalformed):
        gemini.read_whole(spoilt)
