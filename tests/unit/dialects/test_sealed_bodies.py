"""A body that stays in its dialect loses what another provider sealed, and no other byte."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.contract.provider.memory import prompt_of
from torana.core.call import Prompt
from torana.core.snapshot import Deployment
from torana.core.tickets import Attempted
from torana.dialects.codecs.gemini_wire import wrapped
from torana.dialects.sealed import MARK
from torana.dialects.sealed_bodies import readable

HERE = Deployment("here", "gpt-5")
OURS = MARK + "00000000abc"
REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "gAAAA"}
SIGNED = {"type": "thinking", "thinking": "t", "signature": "s"}
CALLED = {"type": "tool_use", "id": "t1", "name": "f", "input": {}}


def prompt(body: dict[str, Any], dialect: str, failed_at: str = "", model: str = "m") -> Prompt:
    made = prompt_of(json.dumps(body).encode(), dialect)
    if failed_at:
        made.trail.attempted.append(Attempted(failed_at, model, "500", 1))
    return made


def responses(*items: dict[str, Any]) -> dict[str, Any]:
    return {"model": "m", "input": [{"role": "user", "content": "x"}, *items], "odd": 1.50}


def messages(*blocks: dict[str, Any], **members: Any) -> dict[str, Any]:
    asked = [{"role": "user", "content": "x"}, {"role": "assistant", "content": list(blocks)}]
    return {"model": "m", "max_tokens": 9, "messages": asked, **members}


def left(made: Prompt, deployment: Deployment = HERE) -> tuple[dict[str, Any], str]:
    body, headers = readable(made, deployment)
    return json.loads(body), dict(headers).get("x-torana-dropped", "")


@pytest.mark.parametrize("failed_at", ["", "here"])
def test_nothing_is_touched_while_the_provider_is_the_same(failed_at: str) -> None:
    for body, dialect in ((responses(REASONING), "openai_responses"), (messages(SIGNED, CALLED), "anthropic_messages")):
        made = prompt(body, dialect, failed_at)
        found, headers = readable(made, HERE)
        assert found is made.body
        assert headers == ()


def test_sealed_reasoning_does_not_follow_a_failover() -> None:
    call = {"type": "function_call", "call_id": "c", "name": "f", "arguments": "{}"}
    body, named = left(prompt(responses(REASONING, call), "openai_responses", "there"))
    assert body["input"] == [{"role": "user", "content": "x"}, call]
    assert named == "reasoning.encrypted_content"


def test_reasoning_that_anybody_can_read_does_follow_it() -> None:
    plain = {"type": "reasoning", "summary": [{"type": "summary_text", "text": "t"}], "encrypted_content": None}
    made = prompt(responses(plain), "openai_responses", "there")
    assert readable(made, HERE) == (made.body, ())


def test_marked_reasoning_never_goes_to_a_provider_of_the_same_dialect() -> None:
    body, named = left(prompt(responses({**REASONING, "encrypted_content": OURS}, REASONING), "openai_responses"))
    assert body["input"][1:] == [REASONING]
    assert named == "reasoning.encrypted_content"


def test_thinking_does_not_follow_a_failover_between_other_models() -> None:
    body, named = left(prompt(messages(SIGNED, CALLED), "anthropic_messages", "there"), Deployment("here", "kimi"))
    assert body["messages"][1]["content"] == [CALLED]
    assert named == "thinking"


def test_thinking_of_claude_follows_to_another_host_of_the_same_model() -> None:
    made = prompt(messages(SIGNED, CALLED), "anthropic_messages", "there", "claude-opus-4-6")
    assert readable(made, Deployment("here", "claude-opus-4-6@20260205")) == (made.body, ())
    assert left(made, Deployment("here", "claude-opus-5-5"))[1] == "thinking"


def test_a_message_that_was_nothing_but_thinking_goes_whole_and_a_budget_with_it() -> None:
    sealed = messages({**SIGNED, "signature": OURS}, thinking={"type": "enabled", "budget_tokens": 2048})
    body, _ = left(prompt(sealed, "anthropic_messages"))
    assert [one["role"] for one in body["messages"]] == ["user"]
    assert "thinking" not in body


def test_marked_signatures_of_calls_go_and_the_calls_stay() -> None:
    call = {"id": "c", "type": "function", "function": {"name": "f", "arguments": "{}"}}
    signed = {**call, "extra_content": {"google": {"thought_signature": OURS}}}
    blocks = [{"type": "thinking", "thinking": "t", "signature": OURS}]
    answer = {"role": "assistant", "content": None, "tool_calls": [signed], "thinking_blocks": blocks}
    asked = [{"role": "user", "content": "x"}, answer]
    body, named = left(prompt({"model": "m", "messages": asked}, "openai_chat"))
    assert body["messages"][1] == {"role": "assistant", "content": None, "tool_calls": [call]}
    assert named == "thinking_blocks, thought_signature"


def test_a_text_that_speaks_of_the_mark_is_no_seal() -> None:
    for body, dialect in (
        ({"model": "m", "messages": [{"role": "user", "content": OURS}]}, "openai_chat"),
        (responses({"role": "user", "content": OURS}), "openai_responses"),
        (messages({"type": "text", "text": OURS}), "anthropic_messages"),
        ({"input": OURS}, "embeddings"),
    ):
        made = prompt(body, dialect)
        assert readable(made, HERE) == (made.body, ())


@pytest.mark.parametrize("dialect", ["openai_chat", "openai_responses", "anthropic_messages"])
def test_a_body_of_another_shape_is_left_to_the_provider(dialect: str) -> None:
    made = prompt_of(b'{"model":"m"}', "other")
    made.dialect = dialect
    made.body = b'{"input":[1],"messages":[1],"x":"' + OURS.encode() + b'"}'
    assert readable(made, HERE) == (made.body, ())


@pytest.mark.parametrize("signature", [OURS, wrapped(OURS), wrapped(OURS, data=True)])
def test_a_signature_of_another_model_is_taken_from_geminis_parts(signature: str) -> None:
    signed = {"text": "", "thoughtSignature": signature}
    call = {"functionCall": {"name": "f", "args": {}}, "thoughtSignature": signature}
    own = {"text": "x", "thoughtSignature": "b3du"}
    contents = [{"role": "user", "parts": [{"text": "x"}]}, {"role": "model", "parts": [signed, call, own]}]
    body, named = left(prompt({"contents": contents}, "gemini_content"))
    skip = "skip_thought_signature_validator"
    assert body["contents"][1]["parts"] == [{"text": ""}, {**call, "thoughtSignature": skip}, own]
    assert named == "thought_signature"


def test_geminis_own_signatures_stay_with_it() -> None:
    contents = [{"role": "model", "parts": [{"text": "x", "thoughtSignature": "b3du"}]}]
    made = prompt({"contents": contents}, "gemini_content")
    assert readable(made, HERE) == (made.body, ())
    assert left(prompt({"contents": contents}, "gemini_content", "there"))[1] == "thought_signature"
