"""Access tokens: fetched once for all, renewed in time, and no word of the identity provider gets out."""

from __future__ import annotations

import asyncio
from urllib.parse import parse_qs

import pytest

from tests.contract.provider.memory import Canned, MemoryIncoming, MemoryUpstream
from torana.core.faults import ConnectFailed, ConnectionBroken, StatusFault, UpstreamFault
from torana.core.secret import Secret
from torana.upstream.seam import Outgoing
from torana.upstream.tokens import QUIET_S, RENEW_S, Grant, Tokens

GRANT = Grant("https://login.test/token", (("client_id", Secret("app")), ("client_secret", Secret("s&="))), "proxy")


class Hands:
    """A clock that is moved by hand."""

    def __init__(self) -> None:
        self.at = 0.0

    def now(self) -> float:
        return self.at


class Slow(MemoryUpstream):
    """Answers when it is told to."""

    def __init__(self, *answers: Canned | UpstreamFault) -> None:
        super().__init__(*answers)
        self.go = asyncio.Event()

    async def send(self, outgoing: Outgoing) -> MemoryIncoming:
        incoming = await super().send(outgoing)
        await self.go.wait()
        return incoming


def token(name: str, life_s: object = 3600) -> Canned:
    return Canned(pieces=[f'{{"access_token":"{name}","expires_in":{life_s}}}'.encode()])


def tokens(upstream: MemoryUpstream) -> tuple[Tokens, Hands]:
    hands = Hands()
    return Tokens(GRANT, upstream, hands.now), hands


async def test_the_form_goes_to_the_address_and_the_token_comes_back() -> None:
    upstream = MemoryUpstream(token("t"))
    assert (await tokens(upstream)[0].current()).reveal() == "t"
    (sent,) = upstream.sent
    assert (sent.method, sent.url, sent.network) == ("POST", GRANT.url, "proxy")
    assert parse_qs(sent.body.decode()) == {"client_id": ["app"], "client_secret": ["s&="]}
    assert "s&=" not in repr(GRANT)


async def test_a_token_is_kept_until_shortly_before_its_end() -> None:
    upstream = MemoryUpstream(token("a"), token("b", '"100"'), token("c"))
    kept, hands = tokens(upstream)
    await kept.current()
    hands.at = 3600 - RENEW_S - 1
    assert (await kept.current()).reveal() == "a"
    hands.at += 1
    assert (await kept.current()).reveal() == "b"
    hands.at += 49
    assert (await kept.current()).reveal() == "b"
    hands.at += 1
    assert (await kept.current()).reveal() == "c"


async def test_many_who_ask_at_once_send_one_request() -> None:
    upstream = Slow(token("a"))
    kept, _ = tokens(upstream)
    waiting = [asyncio.ensure_future(kept.current()) for _ in range(20)]
    await asyncio.sleep(0)
    upstream.go.set()
    assert {one.reveal() for one in await asyncio.gather(*waiting)} == {"a"}
    assert len(upstream.sent) == 1


async def test_the_next_one_fetches_when_the_first_is_cancelled() -> None:
    upstream = Slow(token("a"), token("b"))
    kept, _ = tokens(upstream)
    first, second = asyncio.ensure_future(kept.current()), asyncio.ensure_future(kept.current())
    await asyncio.sleep(0)
    first.cancel()
    upstream.go.set()
    assert (await second).reveal() == "b"
    with pytest.raises(asyncio.CancelledError):
        await first


@pytest.mark.parametrize("status", [400, 401, 403])
async def test_a_refused_credential_is_a_401_without_the_identity_providers_words(status: int) -> None:
    upstream = MemoryUpstream(Canned(status=status, pieces=[b'{"error_description":"AADSTS7000215 tenant"}']))
    with pytest.raises(StatusFault) as fault:
        await tokens(upstream)[0].current()
    assert (fault.value.status, fault.value.body, fault.value.sent) == (401, b"", False)
    assert upstream.given[0].given_back


@pytest.mark.parametrize(
    "answer",
    [
        Canned(status=503), Canned(status=429), ConnectFailed(), ConnectionBroken(), Canned(pieces=[b"<html>"]),
        Canned(pieces=[b"{}"]), Canned(pieces=[ConnectionBroken()]), token("a", -1), token("a", '"soon"'), token("a\\r\\nb"),
        token(" "),
    ],
)  # fmt: skip
async def test_whatever_else_goes_wrong_nothing_was_sent_to_the_model(answer: Canned | UpstreamFault) -> None:
    with pytest.raises(ConnectFailed) as fault:
        await tokens(MemoryUpstream(answer))[0].current()
    assert not fault.value.sent


async def test_a_failure_stands_for_a_while_for_all_who_ask() -> None:
    upstream = MemoryUpstream(Canned(status=401), token("a"))
    kept, hands = tokens(upstream)
    for _ in range(3):
        with pytest.raises(StatusFault):
            await kept.current()
    assert len(upstream.sent) == 1
    hands.at = QUIET_S
    assert (await kept.current()).reveal() == "a"


async def test_a_forgotten_token_is_fetched_anew_and_an_old_one_forgets_nothing() -> None:
    kept, _ = tokens(MemoryUpstream(token("a"), token("b")))
    first = await kept.current()
    kept.forget(first)
    assert (await kept.current()).reveal() == "b"
    kept.forget(first)
    assert (await kept.current()).reveal() == "b"


async def test_a_form_that_is_made_anew_is_made_for_each_request() -> None:
    made: list[int] = []

    def form() -> tuple[tuple[str, Secret], ...]:
        made.append(len(made))
        return (("assertion", Secret(f"a{len(made)}")),)

    upstream = MemoryUpstream(token("t", 100), token("u", 100))
    hands = Hands()
    kept = Tokens(Grant("https://login.test/token", form), upstream, hands.now)
    await kept.current()
    hands.at = 99
    await kept.current()
    assert [sent.body for sent in upstream.sent] == [b"assertion=a1", b"assertion=a2"]
