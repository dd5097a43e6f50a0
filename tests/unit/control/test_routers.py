from __future__ import annotations

from typing import Any

import pytest
from fastapi import FastAPI
from starlette.testclient import TestClient

from torana.control.app import ROOMS
from torana.control.routers import RoomRoute, RoomRouter


@pytest.fixture
def tried(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The paths of the routes whose patterns were tried."""
    found: list[str] = []
    matches = RoomRoute.matches

    def counted(self: RoomRoute, scope: Any) -> Any:
        found.append(self.path)
        return matches(self, scope)

    monkeypatch.setattr(RoomRoute, "matches", counted)
    return found


def application() -> TestClient:
    app = FastAPI()
    for name in ("teams", "users"):
        router = RoomRouter(prefix="/api/v1/admin", route_class=RoomRoute)
        for path in (f"/{name}", f"/{name}/{{one}}", f"/{name}/{{one}}/members"):
            router.add_api_route(path, lambda one="", said=path: {"said": said, "one": one})
        app.include_router(router)
    app.include_router(any_path := RoomRouter(prefix="/api/v1/admin", route_class=RoomRoute))
    any_path.add_api_route("/{kind}/of/{one}", lambda kind, one: {"kind": kind, "one": one})
    return TestClient(app)


@pytest.mark.parametrize(
    ("path", "answer"),
    [
        ("/api/v1/admin/users", {"said": "/users", "one": ""}),
        ("/api/v1/admin/users/ada", {"said": "/users/{one}", "one": "ada"}),
        ("/api/v1/admin/teams/blue/members", {"said": "/teams/{one}/members", "one": "blue"}),
        ("/api/v1/admin/users/of/ada", {"kind": "users", "one": "ada"}),
        ("/api/v1/admin/others/of/ada", {"kind": "others", "one": "ada"}),
    ],
)
def test_a_path_is_found_as_without_an_index(path: str, answer: dict[str, str]) -> None:
    assert application().get(path).json() == answer


@pytest.mark.parametrize("path", ["/api/v1/admin/user", "/api/v1/admin", "/api/v1/administrators/users", "/", "/users"])
def test_a_path_that_there_is_not(path: str) -> None:
    assert application().get(path).status_code == 404


def test_a_method_that_a_path_has_not_is_told_apart_from_a_path_that_there_is_not() -> None:
    assert application().delete("/api/v1/admin/users/ada").status_code == 405


def test_routes_of_another_room_are_not_tried(tried: list[str]) -> None:
    assert application().get("/api/v1/admin/users/ada").status_code == 200
    assert not [path for path in tried if "teams" in path]


def test_every_room_of_the_office_has_an_index() -> None:
    assert [router.prefix for router in ROOMS if not isinstance(router, RoomRouter) or not router._firsts()] == []
