"""The optional extra: loaded when it is opened, called with what callers may say and no more, its failures as faults."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Sequence
from types import ModuleType, SimpleNamespace
from typing import Any

import pytest

from tests.contract.provider.memory import attempt_of
from torana.core.call import Call, Prompt, Reply, Usage
from torana.core.errors import GatewayError
from torana.core.faults import (
    AnswerMalformed,
    AnswerTooLarge,
    ConnectionBroken,
    FirstTokenTimeout,
    IdleTimeout,
    StatusFault,
    TotalTimeout,
    UpstreamFault,
)
from torana.core.secret import Secret
from torana.core.trail import Trail
from torana.dialects import anthropic_messages, embeddings, openai_chat
from torana.providers import litellm
from torana.upstream.reach import Credential, Timeouts

HI = {"model": "m", "messages": [{"role": "user", "content": "hi"}]}
COUNTS = {"prompt_tokens": 4, "completion_tokens": 2, "total_tokens": 6}
MESSAGE = {"index": 0, "message": {"role": "assistant", "content": "hello"}, "finish_reason": "stop"}
ANSWER = {"id": "c", "object": "chat.completion", "created": 1, "choices": [MESSAGE], "usage": COUNTS}


def delta(said: dict[str, Any], finish: str | None = None) -> dict[str, Any]:
    choice = {"index": 0, "delta": said, **({"finish_reason": finish} if finish else {})}
    return {"id": "c", "object": "chat.completion.chunk", "created": 1, "choices": [choice]}


CHUNKS = [delta({"role": "assistant", "content": "hel"}), delta({"content": "lo"}), delta({}, "stop"),
          {"id": "c", "object": "chat.completion.chunk", "choices": [], "usage": COUNTS}]  # fmt: skip


class Said:
    """An answer of the package: a model that writes itself as JSON."""

    def __init__(self, value: object) -> None:
        self.value = value

    def model_dump_json(self, *, exclude_none: bool) -> str:
        assert exclude_none
        return json.dumps(self.value)


class Streamed:
    """A stream of the package. An exception among its chunks is raised; ``None`` never comes."""

    def __init__(self, chunks: Sequence[object]) -> None:
        self.left = list(chunks)
        self.closed = False

    def __aiter__(self) -> AsyncIterator[Said]:
        return self

    async def __anext__(self) -> Said:
        if not self.left:
            raise StopAsyncIteration
        chunk = self.left.pop(0)
        if chunk is None:
            await asyncio.Event().wait()
        if isinstance(chunk, Exception):
            raise chunk
        return Said(chunk)

    async def aclose(self) -> None:
        self.closed = True


class Package(ModuleType):
    """The package as far as it is called. Gives its answers in turn; keeps what it was called with."""

    def __init__(self, *answers: object) -> None:
        super().__init__("litellm")
        self.answers = list(answers)
        self.called: list[dict[str, Any]] = []

    async def acompletion(self, **given: Any) -> object:
        self.called.append(given)
        answer = self.answers.pop(0)
        if answer is None:
            await asyncio.Event().wait()
        if isinstance(answer, Exception):
            raise answer
        return answer


def raised(kind: str, status: int | None = None, message: str = "no", **headers: str) -> Exception:
    """An exception named as the package names its own."""
    fault: Exception = type(kind, (Exception,), {})(message)
    fault.message = message  # type: ignore[attr-defined]
    if status is not None:
        fault.status_code = status  # type: ignore[attr-defined]
    fault.response = SimpleNamespace(headers=headers)  # type: ignore[attr-defined]
    return fault


def opened(package: Package, **settings: Any) -> litellm.LiteLLM:
    def load(name: str) -> ModuleType:
        assert name == "litellm"
        return package

    return litellm.LiteLLM(litellm.Settings(**settings), load)


async def sent(provider: litellm.LiteLLM, body: dict[str, Any] = HI, dialect: ModuleType = openai_chat) -> Reply:
    wire = json.dumps(body).encode()
    call = Call(dialect.ID, dialect.OPERATION, wire, (), dialect.read, Trail("r", "c", 1.0, 0.0))
    return await provider.send(attempt_of("openai/gpt-x"), Prompt(call, "m", wire))


async def fault_of(provider: litellm.LiteLLM, body: dict[str, Any] = HI) -> UpstreamFault:
    with pytest.raises(UpstreamFault) as caught:
        async for _ in (await sent(provider, body)).source:
            pass
    return caught.value


def test_without_the_package_the_refusal_says_what_to_install() -> None:
    def load(name: str) -> ModuleType:
        raise ModuleNotFoundError(name=name)

    with pytest.raises(ValueError, match='litellm is not installed: pip install "torana\\[litellm\\]"'):
        litellm.LiteLLM(litellm.Settings(), load)


def test_the_package_is_told_to_keep_quiet() -> None:
    package = Package()
    opened(package)
    assert (package.telemetry, package.suppress_debug_info) == (False, True)


async def test_a_whole_answer_comes_with_usage_and_finish() -> None:
    package = Package(Said(ANSWER))
    reply = await sent(opened(package, api_key=Secret("k"), base_url="http://h.test"), {**HI, "seed": 3})
    (chunk,) = [chunk async for chunk in reply.source]
    assert json.loads(chunk.wire) == ANSWER
    assert (chunk.usage, chunk.finish) == (Usage(uncached=4, output=2), "stop")
    assert package.called == [{
        "messages": HI["messages"], "seed": 3, "model": "openai/gpt-x", "timeout": 600.0, "num_retries": 0,
        "max_retries": 0, "_skip_mcp_handler": True, "api_key": "k", "api_base": "http://h.test",
    }]  # fmt: skip


async def test_a_stream_becomes_events_and_ends_with_done() -> None:
    given = Streamed(CHUNKS)
    package = Package(given)
    body = {**HI, "stream": True, "stream_options": {"include_usage": True}}
    chunks = [chunk async for chunk in (await sent(opened(package), body)).source]
    wire = b"".join(chunk.wire for chunk in chunks)
    events = [json.loads(one[6:]) for one in wire.split(b"\n\n") if one.startswith(b"data: {")]
    assert events == CHUNKS
    assert wire.endswith(b"data: [DONE]\n\n")
    assert [chunk.usage for chunk in chunks if chunk.usage] == [Usage(uncached=4, output=2)]
    assert given.closed


async def test_usage_is_asked_for_and_kept_from_a_caller_who_did_not() -> None:
    package = Package(Streamed(CHUNKS))
    chunks = [chunk async for chunk in (await sent(opened(package), {**HI, "stream": True})).source]
    assert package.called[0]["stream_options"] == {"include_usage": True}
    assert b"prompt_tokens" not in b"".join(chunk.wire for chunk in chunks)
    assert [chunk.usage for chunk in chunks if chunk.usage] == [Usage(uncached=4, output=2)]


async def test_callers_of_another_dialect_are_translated() -> None:
    package = Package(Said(ANSWER))
    reply = await sent(opened(package), {**HI, "max_tokens": 9}, anthropic_messages)
    (chunk,) = [chunk async for chunk in reply.source]
    assert json.loads(chunk.wire)["content"] == [{"type": "text", "text": "hello"}]
    assert package.called[0]["max_tokens"] == 9


@pytest.mark.parametrize("name", ["api_base", "base_url", "api_key", "custom_llm_provider", "extra_headers", "mock_response",
                                  "metadata", "num_retries", "fallbacks", "x"])  # fmt: skip
async def test_a_member_that_would_be_an_argument_of_the_package_goes_nowhere(name: str) -> None:
    package = Package(Said(ANSWER))
    reply = await sent(opened(package), {**HI, name: "http://evil.test"})
    assert "http://evil.test" not in package.called[0].values()
    assert reply.headers == (("x-torana-dropped", name),)


async def test_options_go_with_every_call_and_cannot_take_our_places() -> None:
    package = Package(Said(ANSWER))
    await sent(opened(package, options={"api_version": "v", "drop_params": True}))
    assert (package.called[0]["api_version"], package.called[0]["drop_params"]) == ("v", True)
    with pytest.raises(ValueError, match="options: api_key has a place of its own"):
        opened(package, options={"api_key": "SECRET"})


@pytest.mark.parametrize(("body", "dialect", "missing"), [
    ({**HI, "tools": [{"type": "function", "function": {"name": "f"}}]}, openai_chat, "tools"),
    ({"model": "m", "input": "a"}, embeddings, "embeddings"),
])  # fmt: skip
async def test_what_was_not_declared_is_refused_before_a_call(
    body: dict[str, Any], dialect: ModuleType, missing: str
) -> None:
    package = Package()
    with pytest.raises(GatewayError) as caught:
        await sent(opened(package, capabilities=()), body, dialect)
    assert (caught.value.code, caught.value.details) == ("CAPABILITY_MISSING", {"missing": [missing]})
    assert package.called == []


@pytest.mark.parametrize(("kind", "status", "code"), [
    ("BadRequestError", 400, "BadRequestError"), ("ContextWindowExceededError", 400, "context_length_exceeded"),
    ("ContentPolicyViolationError", 400, "content_policy_violation"), ("AuthenticationError", 401, "AuthenticationError"),
    ("NotFoundError", 404, "NotFoundError"), ("InternalServerError", 500, "InternalServerError"),
])  # fmt: skip
async def test_an_exception_with_a_status_is_that_status_without_the_key(kind: str, status: int, code: str) -> None:
    fault = await fault_of(opened(Package(raised(kind, status, "bad key k-1234")), api_key=Secret("k-1234")))
    assert isinstance(fault, StatusFault)
    assert (fault.status, fault.dialect, fault.credential) == (status, "openai_chat", "0")
    assert json.loads(fault.body) == {"error": {"message": "bad key ***", "type": kind, "code": code}}


async def test_a_limit_says_when_to_come_again_and_another_key_is_used() -> None:
    package = Package(raised("RateLimitError", 429, **{"retry-after": "7"}), Said(ANSWER))
    pool = (Credential(api_key=Secret("one")), Credential(api_key=Secret("two")))
    provider = opened(package, credentials=pool)
    fault = await fault_of(provider)
    assert isinstance(fault, StatusFault)
    assert (fault.retry_after_s, fault.another) == (7.0, True)
    assert (await sent(provider)).credential == "1"
    assert [one["api_key"] for one in package.called] == ["one", "two"]


@pytest.mark.parametrize(("answer", "fault"), [
    (raised("APIConnectionError", 500), ConnectionBroken), (raised("Timeout", 408), FirstTokenTimeout),
    (KeyError("x"), ConnectionBroken), (raised("Odd", 200), ConnectionBroken), (Said([]), AnswerMalformed),
])  # fmt: skip
async def test_whatever_else_it_does_is_a_fault_that_may_have_cost_money(
    answer: object, fault: type[Exception]
) -> None:
    found = await fault_of(opened(Package(answer)))
    assert type(found) is fault
    assert found.sent


async def test_a_failure_in_the_middle_is_a_fault_and_the_stream_is_closed() -> None:
    given = Streamed([CHUNKS[0], raised("ServiceUnavailableError", 503)])
    fault = await fault_of(opened(Package(given)), {**HI, "stream": True})
    assert isinstance(fault, StatusFault)
    assert given.closed


@pytest.mark.parametrize(("answer", "times", "fault"), [
    (None, {"first_token": 0.01}, FirstTokenTimeout), (None, {"total": 0.01}, TotalTimeout),
    (Streamed([None]), {"first_token": 0.01}, FirstTokenTimeout), (Streamed([CHUNKS[0], None]), {"idle": 0.01}, IdleTimeout),
])  # fmt: skip
async def test_deadlines_hold_though_the_connection_is_not_ours(
    answer: object, times: dict[str, float], fault: type[Exception]
) -> None:
    provider = opened(Package(answer), timeout_s=Timeouts(**times))
    assert type(await fault_of(provider, {**HI, "stream": True})) is fault


async def test_a_caller_who_leaves_closes_the_stream() -> None:
    given = Streamed([CHUNKS[0], None])
    reply = await sent(opened(Package(given)), {**HI, "stream": True})
    await reply.source.__anext__()
    await reply.source.aclose()
    await reply.source.aclose()
    assert given.closed


async def test_an_answer_over_the_bound_is_refused() -> None:
    long = {**ANSWER, "choices": [{**MESSAGE, "message": {"role": "assistant", "content": "x" * (1 << 20)}}]}
    assert isinstance(await fault_of(opened(Package(Said(long)), max_answer_mb=1)), AnswerTooLarge)


async def test_closing_takes_nothing_away() -> None:
    await opened(Package()).aclose()
