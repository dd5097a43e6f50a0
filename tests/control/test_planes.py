"""The two planes in processes of their own on one database: each serves its own, and what is changed in one holds in the other."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.control.conftest import made_database
from tests.control.standing import ADMIN, Standing, configuration, key_of
from tests.control.test_replicas import PASSWORD, SECRETS, WITHIN_S, chat
from tests.databases import ENGINES
from tests.e2e.process import until
from torana.control.auth.throttle import FREE_BY_ADDRESS_SSO


class Control(Standing):
    """Serves the control plane alone."""

    options = ("--dev", "--role", "control")
    shared: Path | None = None
    """The data folder of another process, where it stands on that."""

    def start(self) -> None:
        self.data = self.shared or self.data
        super().start()


class Data(Standing):
    """Serves AI requests alone."""

    options = ("--dev", "--role", "data")


class Planes(NamedTuple):
    control: Control
    data: Data


@pytest.fixture(scope="module", params=ENGINES)
def planes(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Planes]:
    """On SQLite both stand on one data folder; on PostgreSQL each has its own, as on two machines."""
    folder = tmp_path_factory.mktemp("planes")
    url = made_database(request, folder)
    config = configuration(url, auth={"registration": "open"}, cache={"exact": {"enabled": True}})
    more = SECRETS if request.param != "sqlite" else {}
    data = Data(folder / "data-plane", url, config, **more)
    control = type("Beside", (Control,), {"shared": None if more else data.data})
    made = Planes(control(folder / "control-plane", url, config, **more), data)
    yield made
    for each in made:
        assert each.process.stop() == 0, each.process.tail()


def test_each_says_which_plane_it_serves(planes: Planes) -> None:
    assert planes.control.ask("GET", f"{ADMIN}/system/info", key_of("operator")).body["role"] == "control"
    assert planes.data.ask("GET", "/health/ready").status == 200
    assert planes.control.ask("GET", "/health/ready").status == 200
    assert chat(planes.data, key_of("user")) == 200


def test_where_both_want_the_processor_ai_requests_have_it(planes: Planes) -> None:
    control, data = (os.getpriority(os.PRIO_PROCESS, each.process.child.pid) for each in planes)
    assert control > data


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/chat/completions"), ("POST", "/api/v1/messages"), ("POST", "/v1beta/models/echo-1:generateContent"),
        ("GET", "/v1/models"), ("GET", "/v1/providers/status"), ("POST", "/v1/files"), ("POST", "/passthrough/echo/x"),
        ("POST", "/generate"), ("POST", "/v1/complete"),
    ],
)  # fmt: skip
def test_the_control_plane_refuses_ai_requests_and_says_who_serves_them(planes: Planes, method: str, path: str) -> None:
    said = planes.control.ask(method, path, key_of("user"), {} if method == "POST" else None)
    assert said.status == 404
    assert "--role data" in str(said.body)


@pytest.mark.parametrize("path", [f"{ADMIN}/auth/me", "/admin/policy", "/scim/v2/Users", "/openapi.json", "/"])
def test_the_data_plane_refuses_what_people_ask_and_says_who_serves_it(planes: Planes, path: str) -> None:
    said = planes.data.ask("GET", path, key_of("admin"))
    assert said.status == 404
    assert "--role control" in str(said.body)
    assert planes.control.ask("GET", path, key_of("admin")).status != 404


def test_a_key_made_in_one_serves_in_the_other_until_it_is_revoked(planes: Planes) -> None:
    made = planes.control.ask("POST", f"{ADMIN}/api-keys", key_of("admin"), {"name": "made apart"}).body
    assert until(lambda: chat(planes.data, made["secret"]) == 200, WITHIN_S)
    assert planes.control.ask("DELETE", f"{ADMIN}/api-keys/{made['id']}", key_of("admin")).status == 200
    assert until(lambda: chat(planes.data, made["secret"]) == 401, WITHIN_S)


def test_a_limit_made_in_one_holds_in_the_other(planes: Planes) -> None:
    limit = {"name": "tight", "document": {"scope": "model", "match": "echo-1", "requests": 1, "per": "1d"}}
    assert planes.control.ask("POST", f"{ADMIN}/limits", key_of("admin", "globex"), limit).status == 201
    assert until(lambda: chat(planes.data, key_of("user", "globex")) == 429, WITHIN_S)
    assert chat(planes.data, key_of("user")) == 200


def test_whoever_signs_in_at_one_is_known_to_the_other_until_they_sign_out(planes: Planes) -> None:
    body = {"name": "pandya", "email": "pandya@people.test", "password": PASSWORD}
    said = planes.control.ask("POST", f"{ADMIN}/auth/register", body=body)
    assert said.status == 201, said.body
    token = said.body["token"]
    assert until(lambda: chat(planes.data, token) == 200, WITHIN_S)
    assert planes.control.ask("POST", f"{ADMIN}/auth/logout", token).status == 200
    assert until(lambda: chat(planes.data, token) == 401, WITHIN_S)


def test_requests_of_one_are_in_the_usage_and_the_trail_of_the_other(planes: Planes) -> None:
    assert chat(planes.data, key_of("user")) == 200

    def found() -> Any:
        return planes.control.ask("GET", f"{ADMIN}/usage/requests", key_of("admin")).body["items"]

    assert until(lambda: bool(found()), WITHIN_S)
    said = planes.control.ask("GET", f"{ADMIN}/audit/verify", key_of("auditor"))
    assert (said.status, said.body["whole"]) == (200, True), said.body


def test_sign_ins_that_come_to_nothing_are_counted_by_address(planes: Planes) -> None:
    def begin() -> int:
        return planes.control.ask("POST", f"{ADMIN}/auth/sso/initiate", body={"provider": "sso_none"}).status

    said = [begin() for _ in range(FREE_BY_ADDRESS_SSO + 1)]
    assert (said.count(404), said[-1]) == (FREE_BY_ADDRESS_SSO, 429)


@pytest.mark.parametrize(
    ("method", "path", "body", "remedy"),
    [
        ("GET", "cache/stats", None, "cache.exact.store"),
        ("DELETE", "cache", None, "cache.exact.store"),
        ("POST", "cache/feedback", {"id": "0" * 64}, "cache.exact.store"),
        ("GET", "cache/trials", None, "cache.exact.store"),
        ("GET", "usage/tail", None, "usage/requests"),
        ("POST", "guardrails/reveal", {"tokens": ["<EMAIL_0123abcd>"], "conversation": "c", "reason": "why"}, "redis_url"),
    ],
)  # fmt: skip
def test_what_is_in_the_memory_of_the_other_is_refused_not_shown_as_nothing(
    planes: Planes, method: str, path: str, body: Any, remedy: str
) -> None:
    said = planes.control.ask(method, f"{ADMIN}/{path}", key_of("admin"), body)
    assert (said.status, said.body["error_code"]) == (404, "NOT_FOUND"), said.body
    assert remedy in said.body["message"]
