"""Every provider that says it can be probed asks something free with a credential that is at hand, and judges the answer."""

from __future__ import annotations

import json
from typing import Any

import msgspec
import pytest

from tests.contract.provider.memory import Canned, MemoryUpstream, attempt_of, prompt_of
from torana.core.faults import AnswerTooLarge, ConnectFailed, StatusFault, UpstreamFault
from torana.core.secret import Secret
from torana.core.snapshot import Deadlines
from torana.ports.provider import Probed
from torana.wiring import find

LIMITS = Deadlines(1.0, 1.0, 1.0, 1.0)
KEY = "sk-of-the-tests-3c1"
MORE: dict[str, dict[str, Any]] = {
    "openai_compatible": {"base_url": "https://host/v1"},
    "azure_openai": {"base_url": "https://acme.openai.azure.com"},
}
CAN = sorted(name for name, kind in find.available().providers.items() if kind.probes and name in find.ids("providers"))
CHAT = b'{"messages": [{"role": "user", "content": "hi"}]}'
LIST = {
    "openai_compatible": "https://host/v1/models",
    "azure_openai": "https://acme.openai.azure.com/openai/v1/models",
    "anthropic": "https://api.anthropic.com/v1/models?limit=1",
    "gemini": "https://generativelanguage.googleapis.com/v1beta/models?pageSize=1",
    "cohere": "https://api.cohere.com/v1/models?page_size=1",
}


def opened(kind: str, upstream: MemoryUpstream) -> Any:
    module = find.provider_module(kind)
    given = MORE.get(kind, {})
    return module.open(module.Settings(api_key=Secret(KEY), **given), upstream)


def test_these_can_be_probed() -> None:
    assert sorted(LIST) == CAN
    assert all(issubclass(type(opened(kind, MemoryUpstream())), Probed) for kind in CAN)


def test_no_other_kind_says_so() -> None:
    for kind in find.ids("providers") - set(CAN):
        module = find.provider_module(kind)
        assert not any(hasattr(thing, "probe") for thing in vars(module).values() if isinstance(thing, type))


@pytest.mark.parametrize("kind", CAN)
@pytest.mark.parametrize("status", [200, 401, 403, 404, 405, 429, 501])
async def test_any_answer_that_is_no_failure_of_the_host_says_that_it_is_there(kind: str, status: int) -> None:
    upstream = MemoryUpstream(Canned(status, pieces=[b"{}"]))
    assert await opened(kind, upstream).probe(LIMITS) is True
    (sent,) = upstream.sent
    assert (sent.method, sent.url, sent.body, sent.deadlines) == ("GET", LIST[kind], b"", LIMITS)
    names = [name for name, _ in sent.headers]
    assert len(names) == len(set(names))
    assert any(KEY in value for _, value in sent.headers)
    assert "content-type" not in names
    assert upstream.given[0].given_back


@pytest.mark.parametrize("kind", CAN)
@pytest.mark.parametrize("status", [500, 502, 503, 504, 529])
async def test_a_host_that_says_it_fails_is_a_fault(kind: str, status: int) -> None:
    upstream = MemoryUpstream(Canned(status, pieces=[b"no"]))
    with pytest.raises(StatusFault) as fault:
        await opened(kind, upstream).probe(LIMITS)
    assert fault.value.status == status
    assert upstream.given[0].given_back


@pytest.mark.parametrize("kind", CAN)
async def test_no_connection_and_a_broken_answer_are_faults_and_a_long_list_is_none(kind: str) -> None:
    for answer in (ConnectFailed(), Canned(pieces=[b"{", UpstreamFault()])):
        with pytest.raises(UpstreamFault):
            await opened(kind, MemoryUpstream(answer)).probe(LIMITS)
    assert await opened(kind, MemoryUpstream(Canned(pieces=[b"[", AnswerTooLarge()]))).probe(LIMITS) is True


@pytest.mark.parametrize("kind", CAN)
async def test_a_credential_that_is_parked_is_not_probed_and_a_probe_parks_none(kind: str) -> None:
    upstream = MemoryUpstream(Canned(401, pieces=[b"{}"]), Canned(401, pieces=[b"{}"]))
    provider = opened(kind, upstream)
    assert await provider.probe(LIMITS) is True
    assert provider.parked == 0
    with pytest.raises(StatusFault):
        await provider.send(attempt_of(), prompt_of(CHAT))
    assert provider.parked == 1
    assert await provider.probe(LIMITS) is False
    assert len(upstream.sent) == 2


async def test_azures_dated_api_has_its_list_elsewhere_and_an_application_its_token() -> None:
    module = find.provider_module("azure_openai")
    token = Canned(pieces=[json.dumps({"access_token": "tok-1", "expires_in": 3600}).encode()])
    credential = {"tenant_id": "acme", "client_id": "app", "client_secret": "shh"}
    given = {"base_url": "https://acme.openai.azure.com", "api_version": "2024-10-21"}

    def application(upstream: MemoryUpstream) -> Any:
        made = msgspec.convert(
            {**given, "credentials": [credential]},
            module.Settings,
            dec_hook=lambda kind, value: Secret(value) if kind is Secret else value,
        )
        return module.open(made, upstream)

    upstream = MemoryUpstream(token, Canned(pieces=[b"{}"]))
    assert await application(upstream).probe(LIMITS) is True
    assert upstream.sent[1].url == "https://acme.openai.azure.com/openai/models?api-version=2024-10-21"
    assert dict(upstream.sent[1].headers)["authorization"] == "Bearer tok-1"
    refused = MemoryUpstream(Canned(401, pieces=[b"{}"]))
    assert await application(refused).probe(LIMITS) is False
    away = MemoryUpstream(Canned(500, pieces=[b"{}"]))
    with pytest.raises(ConnectFailed):
        await application(away).probe(LIMITS)
