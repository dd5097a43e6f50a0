"""The provider of the Messages API: address, key, version and betas; other dialects are refused before they are sent."""

from __future__ import annotations

import json

import pytest

from tests.contract.provider.memory import Canned, MemoryUpstream, attempt_of
from torana.core.call import Call, Prompt, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed, ConnectFailed, StatusFault
from torana.core.secret import Secret
from torana.core.trail import Trail
from torana.dialects import anthropic_count_tokens, anthropic_messages, embeddings, openai_chat
from torana.providers import anthropic

BODY = json.dumps({"model": "m", "max_tokens": 9, "messages": [{"role": "user", "content": "hi"}]}).encode()
ANSWER = json.dumps(
    {"type": "message", "content": [], "stop_reason": "end_turn", "usage": {"input_tokens": 3, "output_tokens": 2}}
).encode()
KEY = "sk-ant-of-the-tests"


def prompt(
    module: object = anthropic_messages, body: bytes = BODY, carried: tuple[tuple[str, str], ...] = ()
) -> Prompt:
    call = Call(module.ID, module.OPERATION, body, (), module.read, Trail("r", "i", 0, 0))  # type: ignore[attr-defined]
    call.carried = carried
    return Prompt(call, "m", body)


def opened(upstream: MemoryUpstream, **settings: object) -> anthropic.Anthropic:
    return anthropic.open(anthropic.Settings(api_key=Secret(KEY), **settings), upstream)  # type: ignore[arg-type]


async def sent_with(carried: tuple[tuple[str, str], ...], **settings: object) -> tuple[dict[str, str], dict[str, str]]:
    upstream = MemoryUpstream(Canned(pieces=[ANSWER]))
    reply = await opened(upstream, **settings).send(attempt_of(), prompt(carried=carried))
    (outgoing,) = upstream.sent
    return dict(outgoing.headers), dict(reply.headers)


async def test_a_message_goes_to_its_path_with_key_and_version_and_comes_back_exact() -> None:
    upstream = MemoryUpstream(Canned(pieces=[ANSWER]))
    reply = await opened(upstream).send(attempt_of("up"), prompt())
    (outgoing,) = upstream.sent
    assert outgoing.url == "https://api.anthropic.com/v1/messages"
    assert json.loads(outgoing.body)["model"] == "up"
    assert dict(outgoing.headers) | {"x-api-key": KEY, "anthropic-version": "2023-06-01"} == dict(outgoing.headers)
    assert KEY not in repr(outgoing)
    chunk = await reply.source.__anext__()
    assert chunk.wire == ANSWER


async def test_counting_has_a_path_of_its_own() -> None:
    upstream = MemoryUpstream(Canned(pieces=[b'{"input_tokens": 4}']))
    await opened(upstream).send(attempt_of(), prompt(anthropic_count_tokens))
    assert upstream.sent[0].url.endswith("/v1/messages/count_tokens")


async def test_the_callers_version_and_betas_go_on() -> None:
    headers, _ = await sent_with((("anthropic-version", "2024-01-01"), ("anthropic-beta", "a-1, b-2")))
    assert (headers["anthropic-version"], headers["anthropic-beta"]) == ("2024-01-01", "a-1,b-2")


async def test_betas_that_are_not_listed_are_dropped_and_named() -> None:
    headers, answered = await sent_with((("anthropic-beta", "a-1,b-2"),), betas=("a-1",))
    assert headers["anthropic-beta"] == "a-1"
    assert answered["x-torana-dropped"] == "anthropic-beta b-2"


@pytest.mark.parametrize("value", ["evil\r\nx-api-key: other", "x" * 100, "a b"])
async def test_a_beta_that_is_no_name_never_goes_on(value: str) -> None:
    headers, _ = await sent_with((("anthropic-beta", value), ("anthropic-version", value)))
    assert "anthropic-beta" not in headers
    assert headers["anthropic-version"] == anthropic.VERSION


async def test_another_dialect_goes_translated_and_comes_back_translated() -> None:
    upstream = MemoryUpstream(Canned(pieces=[ANSWER]))
    asked = {"messages": [{"role": "user", "content": "hi"}], "logit_bias": {"1": 1}}
    reply = await opened(upstream).send(attempt_of("up"), prompt(openai_chat, json.dumps(asked).encode()))
    body = json.loads(upstream.sent[0].body)
    assert (body["model"], body["messages"][0]["role"]) == ("up", "user")
    assert (reply.dialect, dict(reply.headers)["x-torana-dropped"]) == ("openai_chat", "logit_bias")
    chunk = await reply.source.__anext__()
    assert json.loads(chunk.wire)["choices"][0]["finish_reason"] == "stop"
    assert chunk.usage == Usage(uncached=3, output=2)


async def test_what_nobody_can_translate_is_refused_before_anything_is_sent() -> None:
    upstream = MemoryUpstream(Canned())
    with pytest.raises(GatewayError) as refused:
        await opened(upstream).send(attempt_of(), prompt(embeddings, b'{"input": "x"}'))
    assert (refused.value.code, upstream.sent) == ("CAPABILITY_MISSING", [])


async def test_an_error_status_is_a_fault_with_its_credential() -> None:
    upstream = MemoryUpstream(Canned(status=529, pieces=[b"{}"]))
    with pytest.raises(StatusFault) as fault:
        await opened(upstream).send(attempt_of(), prompt())
    assert (fault.value.status, fault.value.credential) == (529, "0")


async def test_a_page_instead_of_json_is_malformed() -> None:
    upstream = MemoryUpstream(Canned(headers={"content-type": "text/html"}, pieces=[b"<html>"]))
    with pytest.raises(AnswerMalformed):
        await opened(upstream).send(attempt_of(), prompt())


async def test_a_provider_that_cannot_be_reached_is_a_fault() -> None:
    upstream = MemoryUpstream(ConnectFailed())
    with pytest.raises(ConnectFailed):
        await opened(upstream).send(attempt_of(), prompt())


def test_it_does_not_open_without_a_key_or_with_a_bad_address() -> None:
    with pytest.raises(ValueError, match="api_key"):
        anthropic.open(anthropic.Settings(), MemoryUpstream(Canned()))
    with pytest.raises(ValueError, match="base_url"):
        opened(MemoryUpstream(Canned()), base_url="ftp://x")


@pytest.mark.parametrize(
    ("module", "more", "carried", "named"),
    [
        (openai_chat, {"logit_bias": {"1": 1}}, (), "logit_bias"),
        (
            openai_chat,
            {
                "response_format": {
                    "type": "json_schema",
                    "json_schema": {
                        "name": "s",
                        "schema": {
                            "type": "object",
                            "properties": {"a": {"type": "string", "minLength": 1}},
                            "required": ["a"],
                            "additionalProperties": False,
                        },
                    },
                }
            },
            (),
            "response_format#/properties/a/minLength",
        ),
        (anthropic_messages, {"max_tokens": 9}, (("anthropic-beta", "b-2"),), "anthropic-beta b-2"),
    ],
)
async def test_a_strict_caller_is_refused_what_would_be_dropped_and_nothing_is_sent(
    module: object, more: dict[str, object], carried: tuple[tuple[str, str], ...], named: str
) -> None:
    upstream = MemoryUpstream(Canned(pieces=[ANSWER]))
    asked = json.dumps({"messages": [{"role": "user", "content": "hi"}], **more}).encode()
    strict = prompt(module, asked, carried)
    strict.trail.strict = True
    with pytest.raises(GatewayError) as refused:
        await opened(upstream, betas=("a-1",)).send(attempt_of("claude-opus-4-6"), strict)
    assert (refused.value.code, refused.value.details["dropped"]) == ("REQUEST_INVALID", [named])
    assert upstream.sent == []


async def test_a_strict_caller_whose_request_can_be_said_whole_is_answered() -> None:
    upstream = MemoryUpstream(Canned(pieces=[ANSWER]))
    strict = prompt(openai_chat, b'{"messages": [{"role": "user", "content": "hi"}]}')
    strict.trail.strict = True
    reply = await opened(upstream).send(attempt_of("up"), strict)
    assert (reply.status, len(upstream.sent)) == (200, 1)
