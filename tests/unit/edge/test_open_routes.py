"""The routes that need no key, and what they tell anybody."""

from __future__ import annotations

import pytest

from tests.line.asgi import Visit, house_of
from tests.line.world import World
from torana.edge.house import House, Views
from torana.edge.open_routes import OPEN_ROUTES


async def got(house: House, path: str, method: str = "GET") -> Visit:
    return await Visit(house, path, method, headers=()).run()


def house(ready: bool = True) -> House:
    return house_of(
        World(), views=Views(lambda: (ready, {"spool": "ok", "keys": "stale"}), lambda: b"up 1\n", lambda: False)
    )


@pytest.mark.parametrize("path", ["/health", "/health/live"])
async def test_an_answering_process_is_alive(path: str) -> None:
    visit = await got(house(ready=False), path)
    assert (visit.status, visit.json()) == (200, {"status": "ok"})


async def test_ready_names_each_dependency() -> None:
    visit = await got(house(), "/health/ready")
    assert (visit.status, visit.json()) == (200, {"status": "ok", "dependencies": {"spool": "ok", "keys": "stale"}})
    assert visit.head["cache-control"] == "no-store"


async def test_a_process_that_cannot_serve_is_not_ready() -> None:
    visit = await got(house(ready=False), "/health/ready")
    assert (visit.status, visit.json()["status"], visit.head["retry-after"]) == (503, "unavailable", "1")


async def test_a_draining_process_is_alive_but_not_ready() -> None:
    draining = house()
    draining.draining = True
    visit = await got(draining, "/health/ready")
    assert (visit.status, visit.json()["status"]) == (503, "draining")
    assert (await got(draining, "/health")).status == 200


async def test_metrics_are_prometheus_text() -> None:
    visit = await got(house(), "/metrics")
    assert visit.text == b"up 1\n"
    assert visit.head["content-type"].startswith("text/plain; version=0.0.4")


@pytest.mark.parametrize("path", OPEN_ROUTES)
async def test_head_has_the_headers_of_get_and_no_body(path: str) -> None:
    served = house()
    get, head = await got(served, path), await got(served, path, "HEAD")
    assert head.text == b""
    assert head.status == get.status
    assert {**head.head, "x-request-id": ""} == {**get.head, "x-request-id": ""}
    assert head.head["x-request-id"] != get.head["x-request-id"]
