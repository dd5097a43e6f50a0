"""SCIM 2.0 by HTTP: a checker written by others, the shapes of the RFCs, what Entra and Okta send, and who may not."""

from __future__ import annotations

from collections.abc import Mapping
from importlib import import_module
from typing import Any

import httpx2
import pytest

from tests.control.standing import ADMIN, Said, Standing, key_of

SCIM = "/scim/v2"
USER = "urn:ietf:params:scim:schemas:core:2.0:User"
GROUP = "urn:ietf:params:scim:schemas:core:2.0:Group"
ENTERPRISE = "urn:ietf:params:scim:schemas:extension:enterprise:2.0:User"
PATCH = "urn:ietf:params:scim:api:messages:2.0:PatchOp"
ERROR = "urn:ietf:params:scim:api:messages:2.0:Error"


@pytest.fixture(scope="module")
def tokens(standing: Standing) -> dict[str, str]:
    """A SCIM token of each tenant."""
    found = {}
    for tenant in ("acme", "globex"):
        said = standing.ask("POST", f"{ADMIN}/sso/scim-tokens", key_of("admin", tenant), {"name": "test"})
        assert said.status == 201, said.body
        found[tenant] = str(said.body["token"])
    return found


class Provider:
    """An identity provider that keeps people of a tenant."""

    def __init__(self, standing: Standing, token: str) -> None:
        self.standing, self.token = standing, token

    def ask(self, method: str, path: str, body: Any = None, headers: Mapping[str, str] | None = None) -> Said:
        said = self.standing.ask(
            method, SCIM + path, self.token, body, {"content-type": "application/scim+json", **(headers or {})}
        )
        assert said.status == 204 or said.status == 304 or said.headers["content-type"] == "application/scim+json"
        return said

    def made(self, login: str, **more: Any) -> dict[str, Any]:
        body = {"schemas": [USER], "userName": f"{login}@scim.test", "displayName": login.title(), **more}
        said = self.ask("POST", "/Users", body)
        assert said.status == 201, said.body
        found: dict[str, Any] = said.body
        return found

    def group(self, name: str, *members: str) -> dict[str, Any]:
        body = {"schemas": [GROUP], "displayName": name, "members": [{"value": one} for one in members]}
        said = self.ask("POST", "/Groups", body)
        assert said.status == 201, said.body
        found: dict[str, Any] = said.body
        return found

    def patch(self, path: str, *operations: Mapping[str, Any], **headers: str) -> Said:
        return self.ask("PATCH", path, {"schemas": [PATCH], "Operations": list(operations)}, headers)

    def found(self, filter_: str, path: str = "/Users") -> list[str]:
        said = self.ask("GET", f"{path}?{httpx2.QueryParams(filter=filter_)}")
        assert said.status == 200, said.body
        return [one.get("userName") or one["displayName"] for one in said.body["Resources"]]


@pytest.fixture
def acme(standing: Standing, tokens: dict[str, str]) -> Provider:
    return Provider(standing, tokens["acme"])


@pytest.fixture
def globex(standing: Standing, tokens: dict[str, str]) -> Provider:
    return Provider(standing, tokens["globex"])


def error(said: Said) -> tuple[int, str, str | None]:
    assert said.body["schemas"] == [ERROR]
    assert said.body["detail"]
    return said.status, said.body["status"], said.body.get("scimType")


def test_a_checker_written_by_others_finds_nothing_wrong(standing: Standing, tokens: dict[str, str]) -> None:
    # Seconds to import, and every worker reads this file: here only the one that runs the test pays.
    checker, client_of = import_module("scim2_tester"), import_module("scim2_client.engines.httpx2").SyncSCIMClient
    status = checker.Status
    with httpx2.Client(
        base_url=f"{standing.origin}{SCIM}", headers={"authorization": f"Bearer {tokens['globex']}"}, timeout=30
    ) as client:
        results = checker.check_server(client_of(client))
    wrong = [
        f"{one.title}: {one.status.name} {one.reason} {one.data}"
        for one in results
        if one.status not in (status.SUCCESS, status.SKIPPED, status.COMPLIANT, status.ACCEPTABLE)
    ]
    assert wrong == []
    assert sum(1 for one in results if one.status in (status.SUCCESS, status.COMPLIANT)) > 20


def test_somebody_is_made_as_the_rfc_has_it(acme: Provider) -> None:
    body = {
        "schemas": [USER, ENTERPRISE],
        "userName": "Bhavna@scim.test",
        "externalId": "701984",
        "name": {"formatted": "Ms. Bhavna J Rao", "familyName": "Rao", "givenName": "Bhavna"},
        "emails": [
            {"value": "bhavna@scim.test", "type": "work", "primary": True},
            {"value": "b@home.test", "type": "home"},
        ],
        "phoneNumbers": [{"value": "555-555-5555", "type": "work"}],
        ENTERPRISE: {"employeeNumber": "701984", "manager": {"value": "26118915"}},
        "password": "never kept",
        "invented": 1,
    }
    said = acme.ask("POST", "/Users", body)
    assert said.status == 201, said.body
    meta = said.body["meta"]
    assert (said.headers["location"], said.headers["etag"]) == (meta["location"], meta["version"])
    assert meta["location"].endswith(f"{SCIM}/Users/{said.body['id']}")
    assert said.body["active"] is True
    assert {name: said.body[name] for name in body if name not in ("password", "invented")} == {
        name: value for name, value in body.items() if name not in ("password", "invented")
    }
    assert "never kept" not in said.raw.decode()
    assert acme.ask("GET", f"/Users/{said.body['id']}").body == said.body


def test_who_is_made_by_scim_is_a_user_of_the_tenant(acme: Provider) -> None:
    made = acme.made("chanda")
    shown = acme.standing.ask("GET", f"{ADMIN}/users/{made['id']}", key_of("admin")).body
    assert (shown["email"], shown["name"], shown["role"], shown["status"]) == (
        "chanda@scim.test",
        "Chanda",
        "user",
        "active",
    )


def test_people_who_were_made_here_are_shown_to_the_provider(acme: Provider) -> None:
    body = {"email": "damini@scim.test", "name": "Damini"}
    made = acme.standing.ask("POST", f"{ADMIN}/users", key_of("admin"), body).body
    assert acme.found('userName eq "DAMINI@scim.test"') == ["damini@scim.test"]
    assert acme.ask("GET", f"/Users/{made['id']}").body["displayName"] == "Damini"


def test_a_name_or_an_address_is_given_once(acme: Provider) -> None:
    acme.made("ela")
    body = {"schemas": [USER], "userName": "ELA@scim.test"}
    assert error(acme.ask("POST", "/Users", body)) == (409, "409", "uniqueness")
    body = {"schemas": [USER], "userName": "ela-2", "emails": [{"value": "ela@scim.test"}]}
    assert error(acme.ask("POST", "/Users", body)) == (409, "409", "uniqueness")


@pytest.mark.parametrize(
    "more",
    [
        {"userName": ""}, {"userName": 5}, {"active": "perhaps"}, {"emails": [{"value": "none"}]}, {"name": "Asha"},
        {"emails": [{"value": "a@b.c", "primary": True}, {"value": "d@e.f", "primary": True}]}, {"title": "x" * 2001},
    ],
)  # fmt: skip
def test_a_value_of_another_kind_is_refused(acme: Provider, more: dict[str, Any]) -> None:
    body = {"schemas": [USER], "userName": "odd@scim.test", **more}
    assert error(acme.ask("POST", "/Users", body)) == (400, "400", "invalidValue")


def test_filters_find_who_fits(acme: Provider) -> None:
    names = ["fatima", "firoz", "falak"]
    for number, name in enumerate(names):
        acme.made(name, title=f"F{number}", externalId=f"f-{number}", name={"familyName": "Fernandes"})
    assert acme.found('externalId eq "f-1"') == ["firoz@scim.test"]
    assert acme.found('title sw "f" and not (title eq "F0")') == ["firoz@scim.test", "falak@scim.test"]
    assert acme.found('name.familyName eq "fernandes" and (title ge "F1" or userName co "fati")') == [
        f"{one}@scim.test" for one in names
    ]
    assert acme.found(f'{USER}:userName eq "falak@scim.test" and title pr') == ["falak@scim.test"]
    assert acme.found('userName eq "nobody@scim.test"') == []
    for wrong in ("userName", "userName eq", "userName xx 1", "(userName pr", 'userName eq "a" "b"', "a" * 5000):
        said = acme.ask("GET", f"/Users?{httpx2.QueryParams(filter=wrong)}")
        assert error(said) == (400, "400", "invalidFilter")


def test_pages_count_from_one_and_say_how_many_there_are(acme: Provider) -> None:
    for number in range(5):
        acme.made(f"gita{number}", title="Gita")
    query = 'filter=title+eq+"Gita"&sortBy=userName&sortOrder=descending'.replace('"', "%22")
    said = acme.ask("GET", f"/Users?{query}&startIndex=2&count=2").body
    assert (said["totalResults"], said["startIndex"], said["itemsPerPage"]) == (5, 2, 2)
    assert [one["userName"][:5] for one in said["Resources"]] == ["gita3", "gita2"]
    none = acme.ask("GET", f"/Users?{query}&count=0").body
    assert (none["totalResults"], none["Resources"]) == (5, [])
    assert acme.ask("GET", f"/Users?{query}&startIndex=-3&count=-1").body["startIndex"] == 1


def test_only_what_is_asked_for_is_shown(acme: Provider) -> None:
    made = acme.made("hari", title="Clerk", name={"givenName": "Hari", "familyName": "Rao"})
    only = acme.ask("GET", f"/Users/{made['id']}?attributes=name.givenName,TITLE").body
    assert only == {"schemas": [USER], "id": made["id"], "name": {"givenName": "Hari"}, "title": "Clerk"}
    without = acme.ask("GET", f"/Users/{made['id']}?excludedAttributes=meta,name.familyName,id").body
    assert without["name"] == {"givenName": "Hari"}
    assert ("meta" in without, without["id"]) == (False, made["id"])


def test_versions_keep_two_from_writing_over_each_other(acme: Provider) -> None:
    made = acme.made("ira")
    path, version = f"/Users/{made['id']}", made["meta"]["version"]
    assert acme.ask("GET", path, headers={"if-none-match": version}).status == 304
    changed = acme.patch(path, {"op": "replace", "path": "title", "value": "Boss"}, **{"if-match": version})
    assert changed.status == 200
    assert changed.headers["etag"] != version
    late = acme.patch(path, {"op": "remove", "path": "title"}, **{"if-match": version})
    assert error(late)[0] == 412
    assert error(acme.ask("DELETE", path, headers={"if-match": version}))[0] == 412
    assert acme.ask("GET", path).body["title"] == "Boss"


def test_put_writes_anew_and_leaves_what_only_we_write(acme: Provider) -> None:
    made = acme.made("jyoti", title="Clerk")
    body = {**made, "displayName": "Jyoti B", "id": "another", "meta": {"version": "x"}}
    del body["title"]
    said = acme.ask("PUT", f"/Users/{made['id']}", body)
    assert (said.status, said.body["id"], said.body["displayName"]) == (200, made["id"], "Jyoti B")
    assert "title" not in said.body


def test_patch_takes_what_entra_and_okta_send(acme: Provider) -> None:
    made = acme.made("kiran", emails=[{"value": "kiran@scim.test", "type": "work"}])
    path = f"/Users/{made['id']}"
    entra = acme.patch(
        path,
        {"op": "Add", "path": 'phoneNumbers[type eq "work"].value', "value": "1"},
        {"op": "Replace", "path": 'emails[type eq "work"].value', "value": "kiran2@scim.test"},
        {"op": "Add", "path": f"{ENTERPRISE}:department", "value": "Tax"},
        {"op": "Replace", "value": {"name.givenName": "Kiran", f"{ENTERPRISE}:costCenter": "7"}},
    )
    assert entra.status == 200, entra.body
    assert entra.body["phoneNumbers"] == [{"type": "work", "value": "1"}]
    assert entra.body["emails"] == [{"type": "work", "value": "kiran2@scim.test"}]
    assert entra.body[ENTERPRISE] == {"department": "Tax", "costCenter": "7"}
    assert entra.body["name"] == {"givenName": "Kiran"}
    assert acme.patch(path, {"op": "replace", "path": "active", "value": "False"}).body["active"] is False
    assert acme.patch(path, {"op": "replace", "value": {"active": True}}).body["active"] is True


@pytest.mark.parametrize(
    ("operation", "kind"),
    [
        ({"op": "replace", "path": 'emails[type eq "x" and value eq "y"]', "value": {"value": "a@b.c"}}, "noTarget"),
        ({"op": "remove"}, "noTarget"),
        ({"op": "remove", "path": "userName"}, "invalidValue"),
        ({"op": "replace", "path": "groups", "value": []}, "mutability"),
        ({"op": "replace", "path": "no way", "value": 1}, "invalidPath"),
        ({"op": "replace", "path": "nothing", "value": 1}, "invalidPath"),
        ({"op": "turn", "path": "title", "value": 1}, "invalidSyntax"),
        ({"op": "add", "value": "x"}, "invalidValue"),
        ({"op": "add", "path": "title", "value": 1}, "invalidValue"),
    ],
)
def test_a_patch_that_cannot_be_changes_nothing(acme: Provider, operation: dict[str, Any], kind: str) -> None:
    name = f"lalit{abs(hash(str(operation)))}"
    made = acme.made(name, title="Clerk")
    said = acme.patch(f"/Users/{made['id']}", {"op": "replace", "path": "title", "value": "Boss"}, operation)
    assert error(said) == (400, "400", kind)
    assert acme.ask("GET", f"/Users/{made['id']}").body == made


def test_who_is_set_inactive_loses_sessions_and_keys_at_once(acme: Provider) -> None:
    standing = acme.standing
    made = acme.made("mohan")
    reset = standing.ask("POST", f"{ADMIN}/users/{made['id']}/password-reset", key_of("admin")).body["token"]
    session = standing.ask(
        "POST", f"{ADMIN}/auth/password/reset", body={"token": reset, "new_password": "a walk in the monsoon"}
    ).body["token"]
    key = standing.ask("POST", f"{ADMIN}/api-keys", session, {"name": "mine"}).body["key"]
    assert standing.ask("GET", "/v1/models", key).status == 200
    assert acme.patch(f"/Users/{made['id']}", {"op": "replace", "value": {"active": False}}).body["active"] is False
    assert standing.ask("GET", f"{ADMIN}/auth/me", session).status == 401
    assert standing.ask("GET", "/v1/models", key).status in (401, 403)
    assert acme.patch(f"/Users/{made['id']}", {"op": "replace", "value": {"active": True}}).status == 200
    assert standing.ask("GET", "/v1/models", key).status == 200
    assert acme.ask("DELETE", f"/Users/{made['id']}").status == 204
    assert standing.ask("GET", "/v1/models", key).status in (401, 403)
    assert error(acme.ask("GET", f"/Users/{made['id']}")) == (404, "404", None)


def test_groups_have_members_and_members_have_groups(acme: Provider) -> None:
    one, other = acme.made("nina")["id"], acme.made("nora")["id"]
    group = acme.group("scim readers", one)
    path = f"/Groups/{group['id']}"
    assert [row["value"] for row in group["members"]] == [one]
    assert acme.patch(path, {"op": "add", "path": "members", "value": [{"value": other}]}).status == 200
    assert [row["display"] for row in acme.ask("GET", f"/Users/{other}").body["groups"]] == ["scim readers"]
    both = acme.ask("GET", path).body["members"]
    assert {row["value"] for row in both} == {one, other}
    left = acme.patch(path, {"op": "remove", "path": f'members[value eq "{one}"]'}).body["members"]
    assert [row["value"] for row in left] == [other]
    named = acme.patch(path, {"op": "Remove", "path": "members", "value": [{"value": other}]})
    assert "members" not in named.body
    assert error(acme.patch(path, {"op": "add", "path": "members", "value": [{"value": "usr_no"}]})) == (
        400,
        "400",
        "invalidValue",
    )
    assert acme.found('displayName eq "SCIM readers"', "/Groups") == ["scim readers"]
    assert acme.found(f'members.value eq "{other}"', "/Groups") == []
    assert acme.ask("DELETE", path).status == 204
    assert "groups" not in acme.ask("GET", f"/Users/{other}").body


def test_groups_bring_the_role_and_team_that_the_role_map_says(acme: Provider) -> None:
    config = {
        "name": "Corp", "issuer": "https://login.scim.test", "client_id": "torana",
        "role_map": [{"group": "bosses", "role": "viewer"}, {"group": "web folk", "team": "web"}],
    }  # fmt: skip
    made = acme.standing.ask("POST", f"{ADMIN}/sso/config", key_of("admin"), config)
    assert made.status == 201, made.body
    try:
        user = acme.made("omar")["id"]
        bosses, web = acme.group("bosses", user), acme.group("web folk", user)
        shown = acme.standing.ask("GET", f"{ADMIN}/users/{user}", key_of("admin")).body
        assert (shown["role"], shown["team"], shown["department"]) == ("viewer", "web", "engineering")
        acme.patch(f"/Groups/{bosses['id']}", {"op": "remove", "path": "members"})
        assert acme.ask("DELETE", f"/Groups/{web['id']}").status == 204
        shown = acme.standing.ask("GET", f"{ADMIN}/users/{user}", key_of("admin")).body
        assert (shown["role"], shown["team"]) == ("user", "")
    finally:
        acme.standing.ask("DELETE", f"{ADMIN}/sso/config?provider={made.body['id']}", key_of("admin"))


def test_what_is_of_another_tenant_is_like_what_there_is_not(acme: Provider, globex: Provider) -> None:
    user, group = acme.made("pari"), acme.group("pari's")
    assert globex.found('userName eq "pari@scim.test"') == []
    for kind, made in (("Users", user), ("Groups", group)):
        for method, body in (
            ("GET", None),
            ("PUT", made),
            ("PATCH", {"Operations": [{"op": "add", "value": {}}]}),
            ("DELETE", None),
        ):
            theirs = globex.ask(method, f"/{kind}/{made['id']}", body)
            none = globex.ask(method, f"/{kind}/no-such", body)
            assert (theirs.status, theirs.body) == (none.status, none.body) == (404, none.body)
    body = {"schemas": [GROUP], "displayName": "theirs", "members": [{"value": user["id"]}]}
    assert error(globex.ask("POST", "/Groups", body)) == (400, "400", "invalidValue")
    assert globex.made("pari")["id"] != user["id"], "the same name is free in another tenant"


def test_a_scim_token_counts_for_scim_alone_until_it_is_deleted(standing: Standing) -> None:
    made = standing.ask("POST", f"{ADMIN}/sso/scim-tokens", key_of("admin"), {"name": "short", "expires_in_days": 1})
    token, path = made.body["token"], f"{ADMIN}/sso/scim-tokens/{made.body['id']}"
    assert made.body["base_url"] == f"{standing.origin}{SCIM}"
    assert standing.ask("GET", f"{SCIM}/Users", token).status == 200
    for elsewhere in (f"{ADMIN}/users", f"{ADMIN}/auth/me", "/v1/models"):
        assert standing.ask("GET", elsewhere, token).status == 401
    listed = standing.ask("GET", f"{ADMIN}/sso/scim-tokens", key_of("auditor")).body["items"]
    mine = next(one for one in listed if one["id"] == made.body["id"])
    assert (mine["name"], mine["last_used_at"] is not None) == ("short", True)
    assert token not in str(listed)
    assert standing.ask("DELETE", path, key_of("admin", "globex")).status == 404
    assert standing.ask("DELETE", path, key_of("admin")).status == 200
    said = standing.ask("GET", f"{SCIM}/Users", token)
    assert (error(said), said.headers["content-type"]) == ((401, "401", None), "application/scim+json")
    assert error(standing.ask("GET", f"{SCIM}/Users"))[0] == 401


def test_admins_and_auditors_may_look_with_their_own_keys(standing: Standing) -> None:
    assert standing.ask("GET", f"{SCIM}/Users", key_of("auditor")).status == 200
    body = {"schemas": [USER], "userName": "qadir@scim.test"}
    assert error(standing.ask("POST", f"{SCIM}/Users", key_of("auditor"), body))[0] == 403
    assert error(standing.ask("GET", f"{SCIM}/Users", key_of("user")))[0] == 403
    assert standing.ask("POST", f"{SCIM}/Users", key_of("admin"), body).status == 201


def test_what_there_is_not_is_told_in_the_shape_of_scim(acme: Provider) -> None:
    assert error(acme.ask("GET", "/Nothing"))[0] == 404
    assert error(acme.ask("POST", "/Users", b"{"))[0] == 400
    assert error(acme.ask("GET", "/Schemas?filter=x"))[0] == 403
    assert error(acme.ask("PATCH", "/Users/no-such", {"Operations": []})) == (404, "404", None)
    assert acme.ask("GET", f"/Schemas/{USER}").body["id"] == USER


def test_what_a_provider_does_is_in_the_trail(acme: Provider) -> None:
    made = acme.made("rohan")
    acme.ask("DELETE", f"/Users/{made['id']}")
    found = acme.standing.ask("GET", f"{ADMIN}/audit/logs?limit=50", key_of("auditor")).body["items"]
    told = {(one["action"], one["target"], one["outcome"]) for one in found}
    for action in ("scim.users.create", "scim.users.delete"):
        assert (action, f"user:{made['id']}", "ok") in told


def test_who_comes_without_a_role_gets_that_of_the_tenants_settings(standing: Standing, tokens: dict[str, str]) -> None:
    def settings(role: str | None) -> None:
        body = {"settings": {"defaults": {"role": role} if role else None}}
        assert standing.ask("PUT", f"{ADMIN}/tenants/globex", key_of("admin", "globex"), body).status == 200

    def come(name: str) -> list[str]:
        made = Provider(standing, tokens["globex"]).made(f"{name}-by-scim")
        admin, manager = key_of("admin", "globex"), key_of("manager", "globex")
        user = standing.ask("GET", f"{ADMIN}/users/{made['id']}", admin).body
        invite = {"email": f"{name}-invited@globex.test"}
        invited = standing.ask("POST", f"{ADMIN}/auth/invitations", admin, invite).body
        within = {"email": f"{name}-invited-within@globex.test", "department": "finance"}
        by_manager = standing.ask("POST", f"{ADMIN}/auth/invitations", manager, within).body
        made_here = standing.ask("POST", f"{ADMIN}/users", admin, {"name": name, "email": f"{name}@globex.test"}).body
        provider = {"name": name, "issuer": f"https://{name}.example", "client_id": "torana"}
        sso = standing.ask("POST", f"{ADMIN}/sso/config", admin, provider).body
        return [user["role"], invited["role"], made_here["role"], sso["default_role"], by_manager["role"]]

    settings("viewer")
    assert come("rani") == ["viewer"] * 4 + ["user"], "managers give no other role than user"
    settings(None)
    assert (
        standing.ask("DELETE", f"{ADMIN}/sso/config?provider={sso_id(standing)}", key_of("admin", "globex")).status
        == 200
    )
    assert come("sita") == ["user"] * 5
    standing.ask("DELETE", f"{ADMIN}/sso/config?provider={sso_id(standing)}", key_of("admin", "globex"))


def sso_id(standing: Standing) -> str:
    found: str = standing.ask("GET", f"{ADMIN}/sso/config", key_of("admin", "globex")).body["items"][0]["id"]
    return found
