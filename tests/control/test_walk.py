"""Every route of the control plane, asked by every role, by a stranger, and with keys that ended: as the permission table says.

A route that is added is walked without a word here.
"""

from __future__ import annotations

import http.client
import json
import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.control.standing import ROLES, Standing, configuration, key_of
from torana.control.permissions import PUBLIC, ROUTES, SIGNED_IN, of_role

EXPIRED = "sk-torana-test-expired-0123456789abcdef"
NOBODY = "sk-torana-test-nobody-0123456789abcdef"
"""A good key without any permission."""
NO_SUCH = "no-such-thing-7f3a"
CLOSED = frozenset({401, 403})


@pytest.fixture(scope="module")
def walked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Standing]:
    """A gateway of its own: the walk changes whatever it may."""
    folder = tmp_path_factory.mktemp("walked")
    config = configuration(f"sqlite:///{folder / 'torana.db'}")
    config["keys"] += [
        {
            "name": "expired",
            "key": EXPIRED,
            "tenant": "acme",
            "permissions": ["role:admin"],
            "expires_at": "2020-01-01T00:00:00Z",
        },
        {"name": "nobody", "key": NOBODY, "tenant": "acme"},
    ]
    found = Standing(folder, "", config)
    yield found
    assert found.process.stop() == 0, found.process.tail()


def asked(standing: Standing, route: str, key: str) -> tuple[int, str]:
    """The status of a request with ids that there are not and an empty body, and what was said when it was refused."""
    method, _, path = route.partition(" ")
    path = re.sub(r"\{[^}]+\}", NO_SUCH, path)
    connection = http.client.HTTPConnection("127.0.0.1", standing.port, timeout=20)
    try:
        headers = {"content-type": "application/json", **({"authorization": f"Bearer {key}"} if key else {})}
        connection.request(method, path, b"{}" if method not in ("GET", "DELETE") else None, headers)
        answer = connection.getresponse()
        # An endless answer is not read: its status is what is asked for.
        said = answer.read().decode("utf-8", "replace") if answer.status >= 400 else ""
        return answer.status, said
    finally:
        connection.close()


def mine(role: str, route: str) -> bool:
    needed = ROUTES[route]
    return needed in ((PUBLIC,), (SIGNED_IN,)) or not of_role(role).isdisjoint(needed)


def order(route: str) -> tuple[bool, str]:
    """Those that end something come last."""
    return any(word in route for word in ("logout", "reload")), route


WALK = sorted(ROUTES, key=order)


@pytest.mark.parametrize("role", ROLES)
def test_each_role_gets_in_where_the_table_lets_it_and_nowhere_else(walked: Standing, role: str) -> None:
    wrong = []
    for route in WALK:
        status, said = asked(walked, route, key_of(role))
        if status >= 500 and status != 503:
            wrong.append(f"{route}: {status} {said}")
        elif (
            mine(role, route)
            and ROUTES[route] != (PUBLIC,)
            and status in CLOSED
            and "permission" in said
            and "needs the permission" in said
        ):
            wrong.append(f"{route}: {role} should get in: {said}")
        elif not mine(role, route) and status != 403:
            wrong.append(f"{route}: {role} got {status}")
    assert wrong == []


@pytest.mark.parametrize(("key", "status"), [("", 401), ("sk-torana-unknown-key", 401), (EXPIRED, 401), (NOBODY, 403)])
def test_who_is_not_known_or_has_nothing_gets_in_nowhere(walked: Standing, key: str, status: int) -> None:
    wrong = []
    for route in WALK:
        if ROUTES[route] == (PUBLIC,) or (key == NOBODY and ROUTES[route] == (SIGNED_IN,)):
            continue
        got, said = asked(walked, route, key)
        if got != status:
            wrong.append(f"{route}: {got} {said}")
    assert wrong == []


def test_what_is_refused_names_nothing_of_another_tenant(walked: Standing) -> None:
    told = [asked(walked, route, key_of("user", "globex"))[1] for route in WALK]
    assert [one for one in told if "acme" in one] == []


def test_every_route_is_in_the_openapi_file_with_its_refusals(walked: Standing) -> None:
    described = json.loads(walked.get("/openapi.json"))["paths"]
    there = {f"{method.upper()} {path}" for path, methods in described.items() for method in methods}
    assert {re.sub(r":path}", "}", route) for route in ROUTES} - there == set()


def test_a_revoked_key_gets_in_nowhere_within_a_second(tmp_path: Path) -> None:
    config = configuration(f"sqlite:///{tmp_path / 'torana.db'}")
    gateway = Standing(tmp_path, "", config)
    try:
        made = gateway.ask("POST", "/api/v1/admin/api-keys", key_of("admin"), {"name": "short-lived"})
        assert made.status in (200, 201), made.body
        key, key_id = made.body["secret"], made.body["id"]
        assert gateway.ask("GET", "/v1/models", key).status == 200
        assert gateway.ask("DELETE", f"/api/v1/admin/api-keys/{key_id}", key_of("admin")).status in (200, 204)
        ends = time.monotonic() + 1.0
        while gateway.ask("GET", "/v1/models", key).status != 401:
            assert time.monotonic() < ends, "the key still counts after a second"
            time.sleep(0.05)
    finally:
        gateway.process.stop()
