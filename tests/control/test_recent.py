"""``GET /v1/audit/recent``: the last requests, for whoever may see them."""

from __future__ import annotations

import pytest

from tests.control.standing import Standing, key_of
from tests.control.usage import plant, spread

AT = 1_790_000_000.0


@pytest.fixture(scope="module")
def used(standing: Standing) -> Standing:
    plant(
        standing,
        spread(301, AT, key_id="key-a"),
        spread(302, AT + 1, user="bob"),
        spread(303, AT + 2, team="web", department="engineering", user="eve"),
        spread(304, AT + 3, tenant="globex"),
    )
    return standing


def numbers(standing: Standing, role: str, query: str = "", tenant: str = "acme") -> list[int]:
    said = standing.ask("GET", f"/v1/audit/recent{query}", key_of(role, tenant))
    assert said.status == 200, said.body
    return [int(one["request_id"].rpartition("-")[2]) for one in said.body["data"]]


def test_everybody_sees_the_last_requests_that_are_theirs_and_auditors_all_of_their_tenant(used: Standing) -> None:
    assert numbers(used, "admin") == [303, 302, 301]
    assert numbers(used, "auditor") == [303, 302, 301]
    assert numbers(used, "user") == [301]
    assert numbers(used, "viewer") == []
    assert numbers(used, "service") == []
    assert numbers(used, "admin", tenant="globex") == [304]


def test_as_many_as_asked_for(used: Standing) -> None:
    assert numbers(used, "admin", "?limit=2") == [303, 302]
    assert len(numbers(used, "admin", "?limit=500")) == 3
    for wrong in ("0", "501", "many", "-1", ""):
        said = used.ask("GET", f"/v1/audit/recent?limit={wrong}", key_of("admin"))
        assert (said.status, said.body["error_code"]) == (400, "REQUEST_INVALID"), wrong


def test_the_alias_answers_alike_and_strangers_are_refused(used: Standing) -> None:
    one = used.ask("GET", "/api/v1/audit/recent", key_of("admin"))
    assert one.body == used.ask("GET", "/v1/audit/recent", key_of("admin")).body
    assert used.ask("GET", "/v1/audit/recent").status == 401
