"""openai_chat: what a body asks for, bodies for providers, plain answers."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.call import Ask, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, StatusFault, UpstreamFault
from torana.dialects import openai_chat as chat

USER = [{"role": "user", "content": "hi"}]
ASK = Ask("m")


def body(**members: object) -> bytes:
    return json.dumps({"model": "m", "messages": USER, **members}).encode()


def refused(raw: bytes) -> GatewayError:
    with pytest.raises(GatewayError) as caught:
        chat.read(raw)
    assert caught.value.code == "REQUEST_INVALID"
    return caught.value


def test_a_plain_body_is_read() -> None:
    assert chat.read(body()) == Ask("m", False, None, True, 1, frozenset(), None)


def test_a_stream_without_include_usage_does_not_want_usage() -> None:
    assert chat.read(body(stream=True)).wants_usage is False
    assert chat.read(body(stream=True, stream_options=None)).wants_usage is False
    assert chat.read(body(stream=True, stream_options={"include_usage": False})).wants_usage is False
    assert chat.read(body(stream=True, stream_options={"include_usage": True})).wants_usage is True


def test_max_completion_tokens_goes_before_max_tokens() -> None:
    assert chat.read(body(max_tokens=5)).max_tokens == 5
    assert chat.read(body(max_tokens=5, max_completion_tokens=7)).max_tokens == 7
    assert chat.read(body(max_tokens=-1)).max_tokens is None


def test_nulls_and_absence_are_the_same() -> None:
    nulls = dict.fromkeys(["stream", "n", "max_tokens", "stream_options", "user", "tools", "response_format", "model"])
    assert chat.read(body(**nulls)) == Ask(None)
    assert chat.read(json.dumps({"messages": USER}).encode()).model is None


@pytest.mark.parametrize(("members", "need"), [
    ({"tools": [{"type": "function"}]}, {"tools"}),
    ({"tools": []}, set()),
    ({"functions": [{"name": "f"}]}, {"tools"}),
    ({"response_format": {"type": "json_schema", "json_schema": {}}}, {"json_schema"}),
    ({"response_format": {"type": "text"}}, set()),
    ({"modalities": ["text", "audio"]}, {"audio"}),
    ({"messages": [{"role": "user", "content": [{"type": "image_url", "image_url": {"url": "x"}}]}]}, {"vision"}),
    ({"messages": [{"role": "user", "content": [{"type": "input_audio"}, {"type": "text"}]}]}, {"audio"}),
    ({"messages": [{"role": "user", "content": 'say "image_url"'}]}, set()),
    ({"messages": [{"role": "user", "content": ["bare text"]}]}, set()),
    ({"messages": [{"role": "assistant", "content": None, "tool_calls": [{}]}]}, set()),
])  # fmt: skip
def test_what_a_body_needs(members: dict, need: set[str]) -> None:
    assert chat.read(body(**members)).needs == need


@pytest.mark.parametrize(("members", "param"), [
    ({"messages": []}, "messages"),
    ({"messages": "hi"}, "messages"),
    ({"messages": {}}, "messages"),
    ({"messages": [1]}, "messages[0]"),
    ({"messages": [*USER, {"content": "x"}]}, "messages[1].role"),
    ({"messages": [{"role": 1}]}, "messages[0].role"),
    ({"messages": [{"role": "user", "content": 1}]}, "messages[0].content"),
    ({"model": 3}, "model"),
    ({"stream": "true"}, "stream"),
    ({"n": 0}, "n"),
    ({"n": 10**30}, "n"),
    ({"max_tokens": 10**400}, "max_tokens"),
    ({"max_tokens": "5"}, "max_tokens"),
    ({"stream_options": {"include_usage": "yes"}}, "stream_options.include_usage"),
    ({"tools": {}}, "tools"),
    ({"user": 5}, "user"),
])  # fmt: skip
def test_a_wrong_member_is_named(members: dict, param: str) -> None:
    error = refused(body(**members))
    assert error.param == param
    assert param in error.message


def test_a_body_without_messages_is_refused() -> None:
    assert refused(b'{"model":"m"}').param == "messages"


def test_a_refusal_never_holds_the_content() -> None:
    assert "swordfish" not in refused(body(messages=[{"role": "user", "content": {"swordfish": "swordfish"}}])).message


def test_a_schema_that_refers_to_itself_does_no_harm() -> None:
    schema = {"$ref": "#/$defs/a", "$defs": {"a": {"$ref": "#/$defs/a"}}}
    tool = {"type": "function", "function": {"name": "f", "parameters": schema}}
    assert chat.read(body(tools=[tool])).needs == {"tools"}


def code_of(raw: bytes) -> str | None:
    """The code of the refusal; None when the body was read."""
    try:
        chat.read(raw)
    except GatewayError as error:
        return error.code
    return None


@given(st.binary(max_size=300))
def test_any_bytes_are_read_or_refused(raw: bytes) -> None:
    assert code_of(raw) in (None, "REQUEST_INVALID")


VALID = body(
    stream=True, n=2, tools=[{"type": "function", "function": {"name": "f"}}], temperature=0.5, user="é",
    stream_options={"include_usage": True}, max_tokens=9, response_format={"type": "json_schema"},
)  # fmt: skip


@given(st.integers(0, len(VALID) - 1), st.integers(0, 12), st.binary(max_size=4))
def test_a_damaged_body_is_read_or_refused(at: int, cut: int, put: bytes) -> None:
    assert code_of(VALID[:at] + put + VALID[at + cut :]) in (None, "REQUEST_INVALID")


members = st.dictionaries(
    st.sampled_from(["temperature", "logit_bias", "x_vendor", "seed", "é"]),
    st.none() | st.integers() | st.text() | st.dictionaries(st.text(), st.text(), max_size=2),
)
options = st.none() | st.fixed_dictionaries(
    {}, optional={"include_usage": st.booleans(), "include_obfuscation": st.booleans()}
)


@given(members, options | st.just("absent"), st.booleans(), st.booleans(), st.text(), st.sampled_from([None, 2]))
def test_a_body_for_a_provider_differs_by_the_intended_change_alone(
    others: dict, wish: object, stream: bool, takes_usage: bool, model: str, indent: int | None
) -> None:
    value = {"messages": USER, **others, "model": "m", "stream": stream}
    if wish != "absent":
        value["stream_options"] = wish
    raw = json.dumps(value, indent=indent).encode()
    ask = chat.read(raw)
    out = chat.retarget(raw, ask, model, takes_usage)
    expected = {**value, "model": model}
    if stream and takes_usage and not ask.wants_usage:
        expected["stream_options"] = {**(wish if isinstance(wish, dict) else {}), "include_usage": True}
    if stream and not takes_usage and ask.wants_usage:
        del expected["stream_options"]
    assert json.loads(out) == expected
    if expected == value:
        assert out is raw


def test_only_the_models_value_changes() -> None:
    raw = b'{ "messages": [{"role":"user","content":"\\u0041 1.0"}],  "model" : "m" , "seed":1e2}'
    assert chat.retarget(raw, chat.read(raw), "other", True) == raw.replace(b'"m"', b'"other"')


def test_a_missing_model_is_added() -> None:
    raw = b'{"messages":[{"role":"user"}]}'
    assert chat.retarget(raw, chat.read(raw), "x", True) == b'{"messages":[{"role":"user"}],"model":"x"}'


def test_only_stream_options_are_added_before_the_closing_brace() -> None:
    raw = b'{"model":"m","messages":[{"role":"user"}],"stream":true }\n'
    out = chat.retarget(raw, chat.read(raw), "m", True)
    assert out == raw.replace(b" }\n", b' ,"stream_options":{"include_usage":true}}\n')


# --- plain answers


ANSWER = {
    "id": "c", "choices": [{"index": 0, "message": {"role": "assistant", "content": "é"}, "finish_reason": "stop"}],
    "usage": {"prompt_tokens": 10, "completion_tokens": 4, "prompt_tokens_details": {"cached_tokens": 6}},
}  # fmt: skip


def test_a_whole_answer_is_one_chunk_byte_for_byte() -> None:
    raw = json.dumps(ANSWER, ensure_ascii=False, indent=1).encode()
    chunk = chat.read_answer(raw, ASK)
    assert (chunk.wire, chunk.content, chunk.finish) == (raw, True, "stop")
    assert chunk.usage == Usage(uncached=4, cache_read=6, output=4)


@pytest.mark.parametrize(("answer", "status"), [
    ({"error": {"message": "x", "code": 429}}, 429),
    ({"error": {"message": "x", "code": "503"}}, 503),
    ({"error": {"message": "x", "code": "insufficient_quota"}}, 429),
    ({"error": {"message": "x", "type": "invalid_request_error", "code": "invalid_api_key"}}, 401),
    ({"error": {"message": "x", "type": "server_error", "code": None}}, 500),
    ({"error": {"message": "x", "code": "who knows"}}, 502),
    ({"error": {"message": "x", "status": 400}}, 400),
    ({"error": {"message": "x", "code": 200}}, 502),
    ({"error": {"message": "x", "code": True}}, 502),
    ({"error": "overloaded"}, 502),
    ({"object": "error", "message": "x", "code": 404}, 404),
    ({"choices": [{"finish_reason": "error", "error": {"code": 500}}]}, 500),
])  # fmt: skip
def test_an_error_inside_a_good_answer_is_a_status_fault(answer: dict, status: int) -> None:
    raw = json.dumps(answer).encode()
    with pytest.raises(StatusFault) as caught:
        chat.read_answer(raw, ASK)
    assert (caught.value.status, caught.value.body, caught.value.dialect) == (status, raw, "openai_chat")


@pytest.mark.parametrize(
    "raw", [b"", b"<html>", b"[]", b"{}", b'{"choices":3}', b'{"choices":[{"m":"\xff"}]}', b"[" * 9999]
)
def test_what_is_no_answer_is_malformed(raw: bytes) -> None:
    with pytest.raises(AnswerMalformed):
        chat.read_answer(raw, ASK)


@given(st.binary(max_size=300))
def test_any_answer_is_a_chunk_or_a_fault(raw: bytes) -> None:
    try:
        assert chat.read_answer(raw, ASK).wire == raw
    except UpstreamFault:
        pass
