"""Tokens for whoever asks: what is asked for stands in them, nonsense is refused, and without a mint there is no such path."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.line.asgi import house_of
from tests.line.world import World
from torana.edge.app import application
from torana.edge.dev_routes import MAX_BODY_BYTES
from torana.edge.house import House
from torana.ports.tokens import Minted


class Mint:
    """Keeps the claims."""

    def __init__(self) -> None:
        self.claims: list[Mapping[str, object]] = []

    def __call__(self, claims: Mapping[str, object]) -> Minted:
        self.claims.append(claims)
        return Minted("a.b.c", 3600)


def dev_house() -> tuple[House, Mint]:
    mint = Mint()
    house = house_of(World())
    house.mint = lambda: mint
    return house, mint


async def post(house: House, path: str, body: bytes, method: str = "POST") -> tuple[int, Any, dict[bytes, bytes]]:
    scope = {
        "type": "http", "method": method, "path": path, "query_string": b"", "client": ("127.0.0.1", 1),
        "headers": [(b"content-length", str(len(body)).encode())],
    }  # fmt: skip
    sent: list[Any] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await application(house)(scope, receive, send)
    return sent[0]["status"], json.loads(sent[1]["body"] or b"{}"), dict(sent[0]["headers"])


async def test_what_is_asked_for_stands_in_the_token() -> None:
    house, mint = dev_house()
    asked = {
        "username": "advisor@wealth.test", "lob": "wealth", "models": ["gpt-4"], "rate_limit": 100, "permissions": ["a"],
    }  # fmt: skip
    status, answer, headers = await post(house, "/auth/token", json.dumps(asked).encode())
    assert (status, answer) == (
        200, {"access_token": "a.b.c", "token": "a.b.c", "token_type": "bearer", "expires_in": 3600},
    )  # fmt: skip
    assert headers[b"cache-control"] == b"no-store"
    assert mint.claims == [
        {"sub": "advisor@wealth.test", "lob": "wealth", "models": ["gpt-4"], "rate_limit": 100, "permissions": ["a"]}
    ]


async def test_what_is_left_out_is_any_model_and_nothing_else() -> None:
    house, mint = dev_house()
    await post(house, "/auth/token", b'{"username": "ann"}')
    await post(house, "/login", b'{"user_id": "ann", "role": "admin"}')
    assert mint.claims == [{"sub": "ann", "models": ["*"]}, {"sub": "ann", "models": ["*"], "role": "admin"}]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/auth/token", b""),
        ("/auth/token", b"[]"),
        ("/auth/token", b"{}"),
        ("/auth/token", b'{"username": ""}'),
        ("/auth/token", b'{"username": 7}'),
        ("/auth/token", b'{"username": "a\\nb"}'),
        ("/auth/token", b'{"username": "a", "models": "gpt-4"}'),
        ("/auth/token", b'{"username": "a", "models": [1]}'),
        ("/auth/token", b'{"username": "a", "rate_limit": -1}'),
        ("/auth/token", b'{"username": "a", "rate_limit": true}'),
        ("/auth/token", b'{"username": "a", "rate_limit": "9"}'),
        ("/auth/token", b'{"username": "a", "lob": []}'),
        ("/auth/token", b'{"username": "a", "permissions": "all"}'),
        ("/login", b'{"role": "admin"}'),
        ("/login", b'{"user_id": "a", "role": ["admin"]}'),
        ("/login", b"[" * 5000),
    ],
)
async def test_nonsense_is_refused_and_no_token_made(path: str, body: bytes) -> None:
    house, mint = dev_house()
    status, answer, _ = await post(house, path, body)
    assert (status, answer["error_code"]) == (400, "REQUEST_INVALID")
    assert mint.claims == []


async def test_a_large_body_is_refused() -> None:
    house, _ = dev_house()
    assert (await post(house, "/login", b" " * (MAX_BODY_BYTES + 1)))[0] == 413


@pytest.mark.parametrize("path", ["/auth/token", "/login"])
async def test_without_a_mint_or_by_another_method_there_is_no_such_path(path: str) -> None:
    plain = house_of(World())
    assert (await post(plain, path, b'{"username": "a", "user_id": "a"}'))[0] == 404
    house, _ = dev_house()
    assert (await post(house, path, b"", "GET"))[0] == 404
    house.mint = lambda: None
    assert (await post(house, path, b'{"username": "a", "user_id": "a"}'))[0] == 404
