"""Which path leads where, by which method; everything else is refused in a shape that SDKs read."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.line.asgi import CHAT, Visit, body_of, house_of
from tests.line.world import KEY, World
from torana.edge.app import application
from torana.edge.house import Message, Receive, Scope, Send

EMBED = b'{"model":"m","input":"hello"}'


async def visited(path: str, method: str = "GET", world: World | None = None, **facts: Any) -> Visit:
    house = house_of(world or World(), **facts)
    return await Visit(house, path, method, [body_of()], [("x-api-key", KEY), ("x-request-id", "mine")]).run()


@pytest.mark.parametrize("path", [CHAT, "/api" + CHAT])
async def test_chat_is_served_under_its_path_and_its_alias(path: str) -> None:
    world = World()
    assert (await visited(path, "POST", world)).status == 200
    assert world.recorder.receipts[0].operation == "chat"


@pytest.mark.parametrize("path", ["/v1/embeddings", "/api/v1/embeddings"])
async def test_embeddings_are_served_under_their_path_and_its_alias(path: str) -> None:
    world = World()
    visit = await Visit(house_of(world), path, body=[EMBED]).run()
    assert visit.status == 200
    assert world.recorder.receipts[0].operation == "embeddings"


@pytest.mark.parametrize("method", ["GET", "PUT", "PATCH", "DELETE", "OPTIONS", "HEAD", "TRACE", "BREW"])
async def test_a_path_of_a_dialect_takes_post_alone_and_says_so(method: str) -> None:
    visit = await visited(CHAT, method)
    assert (visit.status, visit.head["allow"]) == (405, "POST")
    assert (visit.text == b"") is (method == "HEAD")


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/v1",
        "/v1/chat",
        CHAT + "/",
        CHAT.upper(),
        "/v1//chat/completions",
        "/v2/models",
        "/health/",
        "/v1/modelsx",
        "",
    ],
)
@pytest.mark.parametrize("method", ["GET", "POST", "HEAD", "DELETE"])
async def test_a_path_nobody_serves_is_not_found(path: str, method: str) -> None:
    visit = await visited(path, method)
    assert visit.status == 404
    assert visit.head["x-request-id"] == "mine"
    if method != "HEAD":
        assert visit.json()["error_code"] == "NOT_FOUND"


@given(st.text(max_size=200), st.sampled_from(["GET", "POST"]))
async def test_any_path_is_answered_and_repeated_only_in_part(path: str, method: str) -> None:
    visit = Visit(house_of(World()), method=method, body=[b"{}"])
    scope = {**visit.scope(), "path": "/" + path}
    await application(visit.house)(scope, visit.receive, visit.send)
    assert visit.ended and 200 <= visit.status < 500
    assert len(visit.text) < 2000


@pytest.mark.parametrize("path", ["/health", "/metrics", "/v1/models"])
@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE"])
async def test_open_and_own_routes_are_read_only(path: str, method: str) -> None:
    assert (await visited(path, method)).status == 404


# --- control


class Control:
    """A control plane that says where it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, str]] = []

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        self.asked.append((scope["method"], scope["path"]))
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"office"})


CONTROLLED = ["/api/v1/admin/tenants", "/admin/policy", "/openapi.json", "/docs", "/scim/v2/Users"]


@pytest.mark.parametrize("path", CONTROLLED)
@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
async def test_the_offices_paths_are_handed_on_whatever_the_method(path: str, method: str) -> None:
    control = Control()
    assert (await visited(path, method, control=control)).text == b"office"
    assert control.asked == [(method, path)]


@pytest.mark.parametrize(("wanted", "status", "code"), [(True, 503, "OVERLOADED"), (False, 404, "NOT_FOUND")])
async def test_an_office_that_is_not_there_is_still_starting_or_elsewhere(wanted: bool, status: int, code: str) -> None:
    visit = await visited("/api/v1/admin/tenants", control_wanted=wanted)
    assert (visit.status, visit.json()["error_code"]) == (status, code)
    assert ("retry-after" in visit.head) is wanted


# --- other protocols


async def spoken(kind: str, *messages: str) -> list[str]:
    """What the application says to these messages."""
    asked = list(messages)
    said: list[Message] = []

    async def receive() -> Message:
        return {"type": asked.pop(0)}

    async def send(message: Message) -> None:
        said.append(message)

    await application(house_of(World()))({"type": kind, "path": CHAT}, receive, send)
    assert asked == []
    return [message["type"] for message in said]


async def test_lifespan_is_accepted() -> None:
    assert await spoken("lifespan", "lifespan.startup", "lifespan.shutdown") == [
        "lifespan.startup.complete", "lifespan.shutdown.complete",
    ]  # fmt: skip


async def test_a_websocket_is_refused() -> None:
    assert await spoken("websocket") == ["websocket.close"]
