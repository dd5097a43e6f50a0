"""What every networked way to a model does with a pool of credentials, against an upstream in memory."""

from __future__ import annotations

import json
from importlib import import_module

import msgspec
import pytest

from tests.contract.provider.memory import JSON, SSE, Canned, MemoryUpstream, attempt_of, prompt_of
from torana.core.call import Prompt
from torana.core.faults import ConnectFailed, CredentialsParked, StatusFault, UpstreamFault
from torana.core.secret import Secret
from torana.ports.provider import Provider
from torana.providers.catalogue import rows
from torana.upstream.reach import PARK_S, Credential

WAYS = sorted(rows())
ANSWER = b'{"choices":[{"message":{"content":"x"},"finish_reason":"stop"}]}'
FINISH = b'data: {"choices":[{"delta":{"content":"x"},"finish_reason":"stop"}]}\n\n'
REFUSALS = [401, 402, 403]


def opened(way: str, upstream: MemoryUpstream, *keys: str) -> Provider:
    """The row's provider with these keys."""
    module = import_module("torana.providers.openai_compatible")
    given = {"base_url": "http://own.test/v1", **rows()[way].defaults()}
    pool = tuple(Credential(api_key=Secret(key)) for key in keys)
    settings = msgspec.structs.replace(msgspec.convert(given, module.Settings), credentials=pool)
    return module.open(settings, upstream)  # type: ignore[no-any-return]


def prompt(stream: bool = False) -> Prompt:
    return prompt_of(
        json.dumps({"model": "m", "messages": [{"role": "user", "content": "hi"}], "stream": stream}).encode()
    )


def refusal(status: int, **headers: str) -> Canned:
    return Canned(status, {**JSON, **headers}, [b'{"error":{"message":"no"}}'])


def good(stream: bool = False) -> Canned:
    return Canned(headers=SSE, pieces=[FINISH]) if stream else Canned(pieces=[ANSWER])


async def fault_of(provider: Provider, stream: bool = False) -> UpstreamFault:
    with pytest.raises(UpstreamFault) as caught:
        await provider.send(attempt_of(), prompt(stream))
    return caught.value


async def used(provider: Provider, times: int, stream: bool = False) -> list[str]:
    """Which credentials the next requests go out with, told by the provider itself."""
    return [(await provider.send(attempt_of(), prompt(stream))).credential for _ in range(times)]


def keys_sent(upstream: MemoryUpstream) -> list[str]:
    return ["one" if "k-one" in str(sent.headers) else "two" for sent in upstream.sent]


@pytest.mark.parametrize("stream", [True, False])
@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.parametrize("way", WAYS)
async def test_a_refused_credential_is_parked_and_the_next_one_is_used(way: str, status: int, stream: bool) -> None:
    upstream = MemoryUpstream(refusal(status), *(good(stream) for _ in range(3)))
    provider = opened(way, upstream, "k-one", "k-two")
    fault = await fault_of(provider, stream)
    assert isinstance(fault, StatusFault)
    assert (fault.status, fault.credential, fault.another) == (status, "0", True)
    assert await used(provider, 3, stream) == ["1", "1", "1"]
    assert keys_sent(upstream) == ["one", "two", "two", "two"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_limited_credential_rests_and_the_others_are_used(way: str) -> None:
    upstream = MemoryUpstream(refusal(429, **{"retry-after": "60"}), *(good() for _ in range(3)))
    provider = opened(way, upstream, "k-one", "k-two")
    assert (await fault_of(provider)).another
    assert await used(provider, 3) == ["1", "1", "1"]


@pytest.mark.parametrize("status", REFUSALS)
@pytest.mark.parametrize("way", WAYS)
async def test_a_pool_that_is_parked_is_not_asked(way: str, status: int) -> None:
    upstream = MemoryUpstream(refusal(status), refusal(status))
    provider = opened(way, upstream, "k-one", "k-two")
    assert (await fault_of(provider)).another
    assert not (await fault_of(provider)).another
    parked = await fault_of(provider)
    assert isinstance(parked, CredentialsParked)
    assert not parked.sent
    assert 0 < parked.retry_after_s <= PARK_S
    assert len(upstream.sent) == 2


INVALID_KEY = b'{"error":{"message":"no","type":"invalid_request_error","param":null,"code":"invalid_api_key"}}'
NO_QUOTA = b'{"error":{"message":"no","type":"insufficient_quota","param":null,"code":"insufficient_quota"}}'


@pytest.mark.parametrize("late", [True, False], ids=["after content", "at once"])
@pytest.mark.parametrize("error", [INVALID_KEY, NO_QUOTA], ids=["refused", "used up"])
@pytest.mark.parametrize("way", WAYS)
async def test_a_refusal_inside_a_good_answer_sends_the_credential_away_too(way: str, error: bytes, late: bool) -> None:
    content = b'data: {"choices":[{"delta":{"content":"x"}}]}\n\n'
    event = b"data: " + error + b"\n\n"
    refused = Canned(headers=SSE, pieces=[content, event] if late else [event])
    provider = opened(way, MemoryUpstream(refused, good(True), good(True)), "k-one", "k-two")
    reply = await provider.send(attempt_of(), prompt(True))
    with pytest.raises(StatusFault) as caught:
        [chunk async for chunk in reply.source]
    assert (caught.value.credential, caught.value.another) == ("0", True)
    assert await used(provider, 2, True) == ["1", "1"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_refusal_in_place_of_a_whole_answer_sends_the_credential_away_too(way: str) -> None:
    provider = opened(way, MemoryUpstream(Canned(pieces=[INVALID_KEY]), good(), good()), "k-one", "k-two")
    reply = await provider.send(attempt_of(), prompt())
    with pytest.raises(StatusFault) as caught:
        [chunk async for chunk in reply.source]
    assert (caught.value.status, caught.value.another) == (401, True)
    assert await used(provider, 2) == ["1", "1"]


@pytest.mark.parametrize("way", WAYS)
async def test_a_credential_alone_is_asked_again_after_a_429(way: str) -> None:
    upstream = MemoryUpstream(refusal(429, **{"retry-after": "60"}), good())
    provider = opened(way, upstream, "k-one")
    fault = await fault_of(provider)
    assert isinstance(fault, StatusFault)
    assert (fault.another, fault.retry_after_s) == (False, 60.0)
    assert await used(provider, 1) == ["0"]


@pytest.mark.parametrize("answer", [ConnectFailed(), *map(refusal, (400, 404, 500, 503))], ids=str)
async def test_what_is_not_the_credentials_fault_leaves_it_in_its_turn(answer: Canned | UpstreamFault) -> None:
    provider = opened("openai", MemoryUpstream(answer, good(), good()), "k-one", "k-two")
    assert not (await fault_of(provider)).another
    assert await used(provider, 2) == ["1", "0"]


async def test_one_providers_parking_is_not_anothers() -> None:
    first = opened("openai", MemoryUpstream(refusal(401)), "k-one")
    second = opened("openai", MemoryUpstream(good()), "k-one")
    await fault_of(first)
    assert await used(second, 1) == ["0"]
