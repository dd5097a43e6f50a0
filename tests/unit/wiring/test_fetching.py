"""Guardrails reach servers through the one client; its faults become what guardrails raise."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from typing import Any

import pytest

from torana.core.faults import AnswerTooLarge, ConnectFailed, ConnectTimeout, IdleTimeout, TotalTimeout, UpstreamFault
from torana.core.secret import Secret
from torana.guardrails import presidio_server, webhook
from torana.ports.guardrail import Answered, Finding, Request, Said, Tools, Where
from torana.testing.fake_upstream import FakeUpstream
from torana.testing.plays import Plain, gated
from torana.upstream.seam import Outgoing
from torana.wiring.fetching import Fetching, fetching


class Incoming:
    def __init__(self, status: int, body: bytes | Exception) -> None:
        self.status = status
        self.body = body
        self.closed = False

    async def read(self) -> bytes:
        if isinstance(self.body, Exception):
            raise self.body
        return self.body

    async def aclose(self) -> None:
        self.closed = True


class Client:
    def __init__(self, answer: Incoming | Exception) -> None:
        self.answer = answer
        self.got: list[Outgoing] = []
        self.closed = False

    async def send(self, outgoing: Outgoing) -> Any:
        self.got.append(outgoing)
        if isinstance(self.answer, Exception):
            raise self.answer
        return self.answer

    async def aclose(self) -> None:
        self.closed = True


REQUEST = Request("https://checks.example.com/v1", (("x-a", "b"),), b"{}", 3.0, 1000)


async def test_a_request_is_sent_once_with_its_bounds_and_the_answer_given_back() -> None:
    incoming = Incoming(500, b"no")
    client = Client(incoming)
    assert await Fetching(lambda private: client)(REQUEST) == Answered(500, b"no")
    (got,) = client.got
    assert (got.method, got.url, got.body, got.max_answer_bytes) == ("POST", REQUEST.url, b"{}", 1000)
    assert got.deadlines.total_s == got.deadlines.connect_s == 3.0
    assert dict(got.headers)["x-a"] == "b" and dict(got.headers)["user-agent"].startswith("torana/")
    assert incoming.closed


async def test_clients_for_any_address_and_for_public_ones_are_two_each_opened_once_and_closed() -> None:
    clients = {True: Client(Incoming(200, b"")), False: Client(Incoming(200, b""))}
    opened: list[bool] = []

    def open_client(private: bool) -> Any:
        opened.append(private)
        return clients[private]

    fetch = Fetching(open_client)
    for private in (False, True, False):
        await fetch(REQUEST._replace(allow_private=private))
    await fetch.aclose()
    assert opened == [False, True]
    assert all(client.closed for client in clients.values())


@pytest.mark.parametrize(
    ("fault", "raised"),
    [
        (ConnectFailed("refused"), OSError),
        (ConnectTimeout("late"), OSError),
        (TotalTimeout("late"), TimeoutError),
        (IdleTimeout("late"), TimeoutError),
        (AnswerTooLarge("long"), ValueError),
    ],
)
async def test_faults_on_the_way_become_what_a_guardrail_raises(fault: UpstreamFault, raised: type[Exception]) -> None:
    for answer in (fault, Incoming(200, fault)):
        client = Client(answer)
        with pytest.raises(raised, match=str(fault)):
            await Fetching(lambda private, client=client: client)(REQUEST)
        assert len(client.got) == 1


@pytest.mark.parametrize("url", ["http://127.0.0.1:9/", "http://169.254.169.254/latest", "http://localhost:9/"])
async def test_addresses_inside_are_refused_unless_the_settings_allow_them(url: str) -> None:
    fetch = fetching()
    with pytest.raises(OSError, match="not public"):
        await fetch(REQUEST._replace(url=url))
    await fetch.aclose()


@pytest.fixture
async def server() -> AsyncIterator[FakeUpstream]:
    async with FakeUpstream() as fake:
        yield fake


@pytest.fixture
async def fetch() -> AsyncIterator[Fetching]:
    opened = fetching()
    yield opened
    await opened.aclose()


async def test_a_webhook_is_asked_over_a_real_connection_and_its_verdict_taken(
    server: FakeUpstream, fetch: Fetching
) -> None:
    server.then(Plain(b'{"verdict": "findings", "findings": [{"text": 0, "kind": "name", "start": 3}]}'))
    settings = webhook.Settings(Secret(f"{server.url}/check"), Secret("k" * 24), allow_private=True)
    judge = webhook.open(settings, Tools(nobody, fetch))
    assert await judge.judge([("Hi Priya", Where())]) == [[Finding("name", 3, 8)]]
    (request,) = server.requests
    assert request.method == "POST" and request.target == "/check"
    assert request.header("webhook-signature") and request.header("content-type") == "application/json"


async def test_a_presidio_server_is_asked_over_a_real_connection(server: FakeUpstream, fetch: Fetching) -> None:
    server.then(Plain(b'[{"entity_type": "PERSON", "start": 3, "end": 8, "score": 0.85}]'))
    judge = presidio_server.open(presidio_server.Settings(server.url, allow_private=True), Tools(nobody, fetch))
    assert await judge.judge([("Hi Priya", Where())]) == [[Finding("person", 3, 8, 0.85)]]


async def test_redirects_are_not_followed_and_long_or_late_answers_are_no_verdict(
    server: FakeUpstream, fetch: Fetching
) -> None:
    settings = webhook.Settings(Secret(f"{server.url}/check"), Secret("k" * 24), 0.5, allow_private=True)
    judge = webhook.open(settings, Tools(nobody, fetch))
    server.then(
        Plain(b"", 302, (("location", f"{server.url}/inside"),)),
        Plain(b" " * (webhook.MAX_ANSWER_BYTES + 1)),
        gated(asyncio.Event(), Plain(b'{"verdict": "allow"}')),
    )
    for raised in (OSError, ValueError, TimeoutError):
        with pytest.raises(raised):
            await judge.judge([("Hi Priya", Where())])
    assert [request.target for request in server.requests] == ["/check"] * 3


async def nobody(
    messages: Sequence[Said], model: str, /, *, max_tokens: int | None = None, stop: Sequence[str] = ()
) -> str:
    raise AssertionError("no model is asked")
