"""Browsers of listed origins, and of no others, are let in."""

from __future__ import annotations

import pytest

from tests.line.asgi import CHAT, Visit, body_of, house_of
from tests.line.world import KEY, World
from torana.edge.house import Bounds

LISTED = "https://app.example.com"


async def visited(origins: tuple[str, ...], origin: str | None, method: str = "POST", path: str = CHAT) -> Visit:
    headers = [("x-api-key", KEY), *([("origin", origin)] if origin else [])]
    if method == "OPTIONS":
        headers.append(("access-control-request-headers", "authorization, content-type"))
    return await Visit(house_of(World(), Bounds(cors_origins=origins)), path, method, [body_of()], headers).run()


@pytest.mark.parametrize("origins", [(LISTED,), ("https://other.example.com", LISTED), ("*",)])
async def test_a_listed_origin_may_read_the_answer(origins: tuple[str, ...]) -> None:
    visit = await visited(origins, LISTED)
    assert visit.status == 200
    assert visit.head["access-control-allow-origin"] == LISTED
    assert visit.head["vary"] == "origin"


@pytest.mark.parametrize(
    "origin",
    ["https://evil.example.com", LISTED + ".evil.example", LISTED.upper(), "http://app.example.com", "null", None],
)
async def test_no_other_origin_may(origin: str | None) -> None:
    visit = await visited((LISTED,), origin)
    assert visit.status == 200, "the browser judges, not we"
    assert "access-control-allow-origin" not in visit.head


async def test_without_listed_origins_nothing_is_said_and_options_is_no_method() -> None:
    assert "access-control-allow-origin" not in (await visited((), LISTED)).head
    assert (await visited((), LISTED, "OPTIONS")).status == 405


async def test_a_preflight_of_a_listed_origin_is_answered_without_a_key_and_without_a_receipt() -> None:
    visit = await visited((LISTED,), LISTED, "OPTIONS")
    assert visit.status == 204 and visit.text == b""
    assert visit.head["access-control-allow-origin"] == LISTED
    assert "POST" in visit.head["access-control-allow-methods"]
    assert visit.head["access-control-allow-headers"] == "authorization, content-type"


async def test_a_preflight_of_a_stranger_allows_nothing() -> None:
    visit = await visited((LISTED,), "https://evil.example.com", "OPTIONS")
    assert not [name for name in visit.head if name.startswith("access-control")]


async def test_errors_too_may_be_read_by_a_listed_origin() -> None:
    visit = await visited((LISTED,), LISTED, "GET", "/nope")
    assert visit.status == 404
    assert visit.head["access-control-allow-origin"] == LISTED


async def test_cookies_are_never_allowed_across_origins() -> None:
    assert "access-control-allow-credentials" not in (await visited(("*",), LISTED)).head
