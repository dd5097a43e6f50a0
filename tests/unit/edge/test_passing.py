"""``/passthrough/{provider}/…`` goes down the line as everything else does: judged, held, recorded, once."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from tests.line.asgi import Visit, house_of
from tests.line.world import KEY, KEY_ENTRY, PRICES, Script, ScriptedProvider, World, snapshot, text
from torana.core.call import Prompt, Reply, Usage
from torana.core.errors import GatewayError
from torana.core.faults import ConnectionBroken
from torana.core.snapshot import LimitRule
from torana.core.tickets import Attempt
from torana.edge.passing import way_of
from torana.line.passed import PERMISSION
from torana.line.worth import cost_of

WHOLE = text('{"id":"file-1"}', usage=Usage())
HEADERS = [("authorization", f"Bearer {KEY}"), ("cookie", "a=b"), ("openai-beta", "assistants=v2"), (":path", "/evil")]


class Listening(ScriptedProvider):
    """Remembers the prompts."""

    def __init__(self, *scripts: Script) -> None:
        super().__init__(*scripts)
        self.prompts: list[Prompt] = []

    async def send(self, attempt: Attempt, prompt: Prompt) -> Reply:
        self.prompts.append(prompt)
        reply = await super().send(attempt, prompt)
        return replace(reply, stream=False)


def world_of(*scripts: Script, permissions: tuple[str, ...] = (PERMISSION,), **facts: Any) -> World:
    key = replace(KEY_ENTRY, permissions=frozenset(permissions))
    seen = replace(snapshot(key=key, **facts), passthrough=frozenset({"p"}))
    return World(seen, providers={"p": Listening(*(scripts or (Script([WHOLE]),)))})


async def visit(world: World, path: str = "/passthrough/p/files", method: str = "GET", body: bytes = b"") -> Visit:
    return await Visit(house_of(world), path=path, method=method, body=[body], headers=HEADERS).run()


def only_prompt(world: World) -> Prompt:
    provider = world.providers["p"]
    assert isinstance(provider, Listening)
    (prompt,) = provider.prompts
    return prompt


async def test_a_request_is_passed_on_with_its_path_and_recorded() -> None:
    world = world_of()
    answer = await visit(world)
    assert (answer.status, answer.text) == (200, WHOLE.wire)
    assert dict(only_prompt(world).carried) == {
        ":method": "GET", ":path": "/files", ":query": "", "openai-beta": "assistants=v2",
    }  # fmt: skip
    (receipt,) = world.recorder.receipts
    assert (receipt.operation, receipt.provider, receipt.ending, receipt.priced) == (
        "passthrough",
        "p",
        "completed",
        False,
    )
    assert (receipt.input_tokens, receipt.output_tokens, receipt.usage_estimated) == (0, 0, False)
    assert (world.tally.holds_open, world.tally.in_flight) == (0, 0)


async def test_a_model_of_ours_is_priced_as_always() -> None:
    usage = Usage(uncached=5, output=7)
    world = world_of(Script([text("{}", usage=usage)]))
    await visit(world, "/passthrough/p/chat/completions", "POST", b'{"model":"up-m","messages":[]}')
    (receipt,) = world.recorder.receipts
    assert (receipt.model, receipt.upstream_model, receipt.cost_nano) == ("m", "up-m", cost_of(PRICES, usage))
    assert receipt.priced


async def test_an_answer_without_a_body_has_none() -> None:
    world = world_of(Script([text("", usage=Usage())]))
    answer = await visit(world, method="DELETE")
    assert (answer.status, answer.text, answer.head["content-length"]) == (200, b"", "0")
    assert world.recorder.receipts[0].ending == "completed"


@pytest.mark.parametrize(
    ("world", "status"),
    [(world_of(permissions=()), 403), (world_of(kinds={"p": "openai"}), 200)],
    ids=["without permission", "with it"],
)
async def test_without_the_permission_nothing_is_sent(world: World, status: int) -> None:
    answer = await visit(world)
    assert answer.status == status
    assert len(world.sources) == (status == 200)
    assert len(world.recorder.receipts) == 1, "a refusal has its Receipt too"


async def test_a_stranger_is_nobody_here_too() -> None:
    world = world_of()
    answer = await Visit(house_of(world), path="/passthrough/p/files", method="GET", headers=[]).run()
    assert (answer.status, len(world.sources)) == (401, 0)


async def test_limits_hold_here_too() -> None:
    world = world_of(limits=(LimitRule("one", "key", None, "requests", 1, 60.0),))
    assert [(await visit(world)).status, (await visit(world)).status] == [200, 429]


async def test_what_breaks_counts_for_the_breaker_and_is_told() -> None:
    world = world_of(Script(before=[ConnectionBroken()]))
    answer = await visit(world)
    assert answer.status == 502
    (receipt,) = world.recorder.receipts
    assert (receipt.ending, receipt.attempts[0].outcome) == ("upstream_error", "broken")


@pytest.mark.parametrize(
    "path",
    [
        "/passthrough/p/../admin",
        "/passthrough/p//evil.example",
        "/passthrough/p/http://evil.example",
        "/passthrough/p/%2e%2e/x",
        "/passthrough//x",
        "/passthrough/p",
        "/passthrough/p/",
        "/passthrough/..%2f/x",
    ],
)
async def test_nobody_leaves_the_providers_address(path: str) -> None:
    world = world_of()
    assert (await visit(world, path)).status == 404
    assert world.sources == []


async def test_a_body_that_cannot_be_looked_into_is_refused() -> None:
    world = world_of()
    headers = [*HEADERS, ("content-encoding", "gzip")]
    answer = await Visit(house_of(world), path="/passthrough/p/x", body=[b"\x1f\x8b"], headers=headers).run()
    assert (answer.status, world.sources) == (400, [])


@pytest.mark.parametrize("method", ["TRACE", "CONNECT", "PROPFIND"])
def test_odd_methods_are_not_passed_on(method: str) -> None:
    scope = Visit(house_of(world_of()), path="/passthrough/p/x", method=method).scope()
    with pytest.raises(GatewayError) as caught:
        way_of(scope)
    assert caught.value.code == "METHOD_NOT_ALLOWED"


def test_a_credential_in_the_query_stays_here_and_is_named() -> None:
    scope = Visit(house_of(world_of()), path="/passthrough/p/x", method="GET").scope() | {
        "query_string": b"key=AIza&a=1"
    }
    way, dropped = way_of(scope)
    assert (way.query, dropped) == ("a=1", ("key",))
