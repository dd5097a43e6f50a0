"""Who gets into the control plane: every route stands in the permission table, and the table alone decides."""

from __future__ import annotations

import contextlib
import http.client
import json

import pytest
from starlette.routing import BaseRoute, Route

from tests.control.standing import ADMIN, ROLES, Standing, key_of
from torana.control.admission import Admitted
from torana.control.app import ROOMS
from torana.control.permissions import NAMES, PUBLIC, ROUTES, SIGNED_IN


def routes() -> dict[str, BaseRoute]:
    return {
        f"{method} {one.path}": one
        for router in ROOMS
        for one in router.routes
        if isinstance(one, Route)
        for method in one.methods or ()
    }


def test_every_route_is_in_the_table_and_every_row_has_its_route() -> None:
    assert set(routes()) == set(ROUTES)


def test_every_route_asks_before_it_reads() -> None:
    assert [name for name, one in routes().items() if not isinstance(one, Admitted)] == []


def test_the_table_names_permissions_that_there_are() -> None:
    named = {one for needed in ROUTES.values() for one in needed}
    assert named - NAMES - {PUBLIC, SIGNED_IN} == set()


@pytest.mark.parametrize("role", ROLES)
def test_the_configuration_in_force_is_for_operators(standing: Standing, role: str) -> None:
    said = standing.ask("GET", f"{ADMIN}/config", key_of(role))
    assert said.status == (200 if role == "operator" else 403), said.body


def test_without_a_key_nothing_is_told_and_the_body_is_not_read(standing: Standing) -> None:
    said = standing.ask("POST", f"{ADMIN}/tokens/revoke", body=b"{not json")
    assert (said.status, said.body["error_code"]) == (401, "KEY_INVALID")
    assert said.headers["x-request-id"] == said.body["request_id"]


def test_an_unknown_path_is_told_in_our_own_shape(standing: Standing) -> None:
    said = standing.ask("GET", f"{ADMIN}/no-such-room", key_of("admin"))
    assert (said.status, said.body["error_code"]) == (404, "NOT_FOUND")
    said = standing.ask("DELETE", f"{ADMIN}/config", key_of("admin"))
    assert (said.status, said.body["error_code"]) == (405, "METHOD_NOT_ALLOWED")


def test_a_body_is_json_whatever_it_is_called(standing: Standing) -> None:
    form = {"content-type": "application/x-www-form-urlencoded"}
    said = standing.ask("POST", f"{ADMIN}/guardrails/test", key_of("admin"), {"text": "hello"}, form)
    assert said.status == 200, said.body


def test_a_body_over_the_bound_is_refused(standing: Standing) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", standing.port, timeout=10)
    try:
        connection.putrequest("POST", f"{ADMIN}/guardrails/test")
        connection.putheader("authorization", f"Bearer {key_of('admin')}")
        connection.putheader("content-length", str(33 * 1024 * 1024))
        connection.endheaders()
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["error_code"]) == (413, "REQUEST_TOO_LARGE")
    finally:
        connection.close()


def test_a_body_that_grows_over_the_bound_as_it_comes_is_refused_alike(standing: Standing) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", standing.port, timeout=20)
    try:
        connection.putrequest("POST", f"{ADMIN}/guardrails/test")
        connection.putheader("authorization", f"Bearer {key_of('admin')}")
        connection.putheader("transfer-encoding", "chunked")
        connection.endheaders()
        with contextlib.suppress(ConnectionError):  # it may hang up before all has been sent
            for _ in range(34):
                connection.send(b"100000\r\n" + b" " * 0x100000 + b"\r\n")
        answer = connection.getresponse()
        assert (answer.status, json.loads(answer.read())["error_code"]) == (413, "REQUEST_TOO_LARGE")
    finally:
        connection.close()


def test_a_role_of_the_development_token_opens_what_it_may(standing: Standing) -> None:
    token = standing.ask("POST", "/login", body={"user_id": "ann", "role": "admin"}).body["token"]
    assert standing.ask("GET", f"{ADMIN}/guardrails", token).status == 200
    assert standing.ask("GET", f"{ADMIN}/config", token).status == 403
    plain = standing.ask("POST", "/login", body={"user_id": "ann", "role": "user"}).body["token"]
    assert standing.ask("GET", f"{ADMIN}/guardrails", plain).status == 403
