"""People who are changed at the same moment, from two sides: nothing is lost, somebody stays who can mend it."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import Any

from tests.control.standing import ADMIN, Said, Standing, key_of

PASSWORD = "a walk in the monsoon"
ROUNDS = 6
numbers = itertools.count(1)


def ask(standing: Standing, method: str, path: str, key: str = "", body: Any = None, **headers: str) -> Said:
    at = path if path.startswith("/scim") else f"{ADMIN}/{path}"
    return standing.ask(method, at, key or key_of("admin"), body, headers)


def made(standing: Standing, path: str, body: dict[str, Any], key: str = "") -> Any:
    said = ask(standing, "POST", path, key, body)
    assert said.status == 201, said.body
    return said.body


def person(standing: Standing, key: str = "", **more: Any) -> Any:
    body = {"name": "P", "email": f"atonce{next(numbers)}@acme.test", "password": PASSWORD, **more}
    return made(standing, "users", body, key)


def at_once(*calls: Callable[[], Said]) -> list[int]:
    """What each is answered."""
    with ThreadPoolExecutor(len(calls)) as threads:
        return [one.status for one in threads.map(lambda call: call(), calls)]


def admins(standing: Standing, key: str) -> Sequence[str]:
    found = ask(standing, "GET", "users?role=admin&status=active&limit=500", key).body["items"]
    return [one["id"] for one in found]


def test_of_the_last_two_administrators_who_are_put_out_at_once_one_stays(standing: Standing) -> None:
    key = key_of("admin", "globex")
    scim = made(standing, "sso/scim-tokens", {"name": "t"}, key)["token"]
    inactive = {"Operations": [{"op": "replace", "value": {"active": False}}]}
    ways: tuple[Callable[[str], Said], ...] = (
        lambda who: ask(standing, "PUT", f"users/{who}", key, {"role": "user"}),
        lambda who: ask(standing, "DELETE", f"users/{who}", key),
        lambda who: ask(standing, "PATCH", f"/scim/v2/Users/{who}", scim, inactive),
    )
    left = person(standing, key, role="admin")["id"]
    for number in range(ROUNDS):
        other = person(standing, key, role="admin")["id"]
        first, second = ways[number % 3], ways[(number + 1) % 3]
        said = sorted(at_once(partial(first, left), partial(second, other)))
        assert said[0] in (200, 204), said
        assert said[1] in (404, 409), said
        (left,) = admins(standing, key)


def test_of_several_who_change_the_same_version_one_does(standing: Standing) -> None:
    for _ in range(ROUNDS):
        user = person(standing)
        changes = [{"name": f"N{n}", "version": user["version"]} for n in range(4)]
        said = at_once(*(partial(ask, standing, "PUT", f"users/{user['id']}", "", one) for one in changes))
        assert sorted(said) == [200, 409, 409, 409]
        path, tag = f"/scim/v2/Users/{user['id']}", ask(standing, "GET", f"/scim/v2/Users/{user['id']}").headers["etag"]
        bodies = [{"Operations": [{"op": "replace", "path": "title", "value": f"T{n}"}]} for n in range(4)]
        said = at_once(*(partial(ask, standing, "PATCH", path, "", one, **{"if-match": tag}) for one in bodies))
        assert sorted(said) == [200, 412, 412, 412]


def test_members_that_are_added_at_once_are_all_in_the_group(standing: Standing) -> None:
    group = made(standing, "/scim/v2/Groups", {"displayName": "at once"})["id"]
    users = [person(standing)["id"] for _ in range(8)]

    def change(word: str, user: str) -> Said:
        operation = {"op": word, "path": f'members[value eq "{user}"]'}
        if word == "add":
            operation = {"op": word, "path": "members", "value": [{"value": user}]}
        return ask(standing, "PATCH", f"/scim/v2/Groups/{group}", "", {"Operations": [operation]})

    assert set(at_once(*(partial(change, "add", user) for user in users))) == {200}
    shown = ask(standing, "GET", f"/scim/v2/Groups/{group}").body
    assert {one["value"] for one in shown["members"]} == set(users)
    assert set(at_once(*(partial(change, "remove", user) for user in users[:4]))) == {200}
    shown = ask(standing, "GET", f"/scim/v2/Groups/{group}").body
    assert {one["value"] for one in shown["members"]} == set(users[4:])


def test_of_several_who_are_made_with_one_address_or_id_one_is(standing: Standing) -> None:
    for _ in range(ROUNDS):
        number = next(numbers)
        user = {"name": "Twin", "email": f"twin{number}@acme.test"}
        kept = {"userName": f"scim{number}@acme.test", "displayName": "Twin"}
        invited = {"email": f"invited{number}@acme.test"}
        tenant = {"name": "Twin", "id": f"twin-{number}"}
        for path, body, key in (
            ("users", user, ""), ("/scim/v2/Users", kept, ""), ("tenants", tenant, key_of("operator")),
        ):  # fmt: skip
            said = at_once(*[partial(ask, standing, "POST", path, key, body)] * 4)
            assert sorted(said) == [201, 409, 409, 409], path
        assert at_once(*[partial(ask, standing, "POST", "auth/invitations", "", invited)] * 3) == [201] * 3
        found = ask(standing, "GET", f"users?q=invited{number}@").body["items"]
        assert len(found) == 1


def test_an_invitation_that_is_accepted_twice_at_once_lets_one_in(standing: Standing) -> None:
    for _ in range(ROUNDS):
        token = made(standing, "auth/invitations", {"email": f"coming{next(numbers)}@acme.test"})["token"]
        body = {"token": token, "password": PASSWORD}
        said = at_once(*[partial(standing.ask, "POST", f"{ADMIN}/auth/invitations/accept", "", body)] * 3)
        assert sorted(said) == [200, 400, 400]


def test_a_key_that_is_rotated_while_it_is_revoked_serves_no_more(standing: Standing) -> None:
    for _ in range(ROUNDS):
        key = made(standing, "api-keys", {"name": "k"})
        path = f"api-keys/{key['id']}"
        calls = [partial(ask, standing, "POST", f"{path}/rotate", "", {})] * 3
        rotated: list[Said] = []
        with ThreadPoolExecutor(4) as threads:
            later = [threads.submit(one) for one in calls]
            assert threads.submit(ask, standing, "DELETE", path).result().status == 200
            rotated = [one.result() for one in later]
        assert {one.status for one in rotated} <= {200, 409}
        for secret in (key["secret"], *(one.body["secret"] for one in rotated if one.status == 200)):
            assert standing.ask("GET", "/v1/models", secret).status == 401
        assert ask(standing, "GET", path).body["status"] == "revoked"
