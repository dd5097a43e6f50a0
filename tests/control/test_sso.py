"""Signing in through a real OpenID provider, by HTTP as a browser would, with everything that must not let anybody in."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import pytest

from tests.control.conftest import made_database
from tests.control.signing_in import SECRET, Browser, Login, Seen, changed
from tests.control.standing import ADMIN, Standing, configuration, key_of
from tests.databases import ENGINES
from tests.e2e.process import until

AUTH = f"{ADMIN}/auth"
CONFIG = f"{ADMIN}/sso/config"
PASSWORD = "a walk in the monsoon"
SCOPES = ["openid", "email", "profile", "groups"]


class Place(NamedTuple):
    """A gateway and a provider."""

    gate: Standing
    login: Login
    root: dict[str, Any]
    """Who registered first: the operator."""

    def provider(self, tenant: str = "acme", role: str = "admin", **more: Any) -> str:
        """One more way in, as configured: its id."""
        asked = {
            "name": "Corp", "issuer": self.login.issuer, "client_id": "torana", "client_secret": SECRET, "scopes": SCOPES,
            **more,
        }  # fmt: skip
        said = self.gate.ask("POST", CONFIG, key_of(role, tenant), asked)
        assert said.status == 201, said.body
        return str(said.body["id"])

    def comes(self, provider: str, who: str) -> Seen:
        return Browser().sign_in(self.login, provider, who)

    def me(self, seen: Seen) -> dict[str, Any]:
        assert seen.status == 200, seen.body
        found: dict[str, Any] = self.gate.ask("GET", f"{AUTH}/me", seen.json["access_token"]).body
        return found

    def log(self, action: str) -> list[dict[str, Any]]:
        said = self.gate.ask("GET", f"{ADMIN}/audit/logs?action={action}&limit=50", key_of("auditor"))
        assert said.status == 200, said.body
        found: list[dict[str, Any]] = said.body["items"]
        return found


@pytest.fixture(scope="module", params=ENGINES)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Both of them, on each database in turn; addresses of tenants may be on this machine."""
    folder = tmp_path_factory.mktemp("sso")
    url = made_database(request, folder)
    gate = Standing(folder, url, configuration(url, server={"tenant_private_urls": True}))
    login = Login(folder, gate.origin)
    body = {"name": "Root", "email": "root@corp.test", "password": PASSWORD}
    yield Place(gate, login, gate.ask("POST", f"{AUTH}/register", body=body).body)
    login.stop()
    code = gate.process.stop()
    assert code == 0, f"the gateway ended with {code}:\n{gate.process.tail()}"


@pytest.fixture
def tamper(place: Place) -> Iterator[Callable[[Any], None]]:
    """Has the provider's id tokens changed for one test."""

    def begin(how: Any) -> None:
        place.login.tamper = how

    yield begin
    place.login.tamper = None


def is_refused(seen: Seen, code: str = "SIGN_IN_FAILED", word: str = "") -> None:
    assert seen.json["error_code"] == code, seen.body
    assert word in seen.json["message"], seen.body
    assert "access_token" not in seen.body


def test_whoever_comes_first_has_an_account_with_the_role_and_team_of_their_groups(place: Place) -> None:
    rows = [
        {"group": "finance", "team": "books"},
        {"group": "readers", "role": "viewer"},
        {"group": "boss", "role": "admin"},
    ]
    provider = place.provider(role_map=rows)
    who = place.login.person("asha", groups=["finance", "readers", "unheard-of"])
    me = place.me(place.comes(provider, who))
    assert (me["email"], me["name"], me["role"]) == ("asha@corp.test", "Asha", "viewer")
    assert (me["tenant"], me["department"], me["team"], me["operator"]) == ("acme", "finance", "books", False)
    entry = next(one for one in place.log("auth.sso") if one["details"].get("provider") == provider)
    assert (entry["outcome"], entry["details"]["new_user"]) == ("ok", True)


def test_role_and_team_follow_the_groups_at_the_next_sign_in(place: Place) -> None:
    rows = [
        {"group": "finance", "team": "books"}, {"group": "taxmen", "team": "tax"}, {"group": "boss", "role": "manager"},
    ]  # fmt: skip
    provider = place.provider(role_map=rows)
    who = place.login.person("bina", groups=["finance", "boss"])
    first = place.comes(provider, who)
    before = place.me(first)
    assert (before["role"], before["team"]) == ("manager", "books")
    place.login.person("bina", groups=["taxmen"])
    after = place.me(place.comes(provider, who))
    assert (after["id"], after["role"], after["team"]) == (before["id"], "user", "tax")
    listed = place.gate.ask("GET", f"{ADMIN}/teams/books/members", key_of("admin")).body["items"]
    assert before["id"] not in [one["user"] for one in listed]


def test_groups_that_the_provider_told_and_those_kept_by_scim_count_together(place: Place) -> None:
    provider = place.provider(
        role_map=[{"group": "finance", "team": "books"}, {"group": "kept bosses", "role": "manager"}]
    )
    me = place.me(place.comes(provider, place.login.person("bhavani", groups=["finance"])))
    assert (me["role"], me["team"]) == ("user", "books")
    body = {"displayName": "kept bosses", "members": [{"value": me["id"]}]}
    assert place.gate.ask("POST", "/scim/v2/Groups", key_of("admin"), body).status == 201
    shown = place.gate.ask("GET", f"{ADMIN}/users/{me['id']}", key_of("admin")).body
    assert (shown["role"], shown["team"]) == ("manager", "books")
    again = place.me(place.comes(provider, "bhavani"))
    assert (again["role"], again["team"]) == ("manager", "books")


def test_a_browser_gets_cookies_and_goes_to_the_page_it_wanted(place: Place) -> None:
    provider, who = place.provider(), place.login.person("chitra")
    browser = Browser()
    begun = browser.initiate(place.login, provider, redirect="/usage?by=team")
    seen = browser.ask("GET", browser.agree(place.login, begun["authorization_url"], who), accept="text/html,*/*")
    assert (seen.status, seen.headers["location"]) == (303, "/usage?by=team")
    assert {"torana_session", "torana_refresh", "torana_csrf"} <= set(
        browser.jars[place.gate.origin.partition("//")[2]]
    )
    assert browser.ask("GET", f"{place.gate.origin}{AUTH}/me").json["email"] == "chitra@corp.test"


def test_a_browser_that_is_not_let_in_comes_to_the_sign_in_page(place: Place) -> None:
    seen = Browser().ask("GET", f"{place.gate.origin}{AUTH}/sso/callback?code=x&state=y", accept="text/html")
    assert (seen.status, seen.headers["location"]) == (303, "/sign-in?error=SIGN_IN_FAILED")


@pytest.mark.parametrize("page", ["https://evil.test/", "//evil.test", "/\\evil.test", "usage", "/a\\b", "/a b", ""])
def test_nobody_is_sent_elsewhere_afterwards(place: Place, page: str) -> None:
    said = place.gate.ask("POST", f"{AUTH}/sso/initiate", body={"provider": place.provider(), "redirect": page})
    assert (said.status, said.body["details"]["field"]) == (400, "redirect")


def test_the_provider_is_asked_with_pkce_state_and_nonce(place: Place) -> None:
    url = Browser().initiate(place.login, place.provider())["authorization_url"]
    for word in ("code_challenge_method=S256", "code_challenge=", "state=", "nonce=", "response_type=code"):
        assert word in url
    assert SECRET.split()[0] not in url


def test_a_state_that_nobody_gave_is_refused(place: Place) -> None:
    browser, who = Browser(), place.login.person("devi")
    url = browser.agree(place.login, browser.initiate(place.login, place.provider())["authorization_url"], who)
    is_refused(browser.back(changed(url, state="another")))
    is_refused(browser.back(changed(url, state="")))
    assert browser.back(url).status == 200, "the right one was not used up by it"


def test_a_state_counts_once_and_so_does_a_code(place: Place) -> None:
    browser, who = Browser(), place.login.person("esha")
    provider = place.provider()
    url = browser.agree(place.login, browser.initiate(place.login, provider)["authorization_url"], who)
    assert browser.back(url).status == 200
    is_refused(browser.back(url), word="used already")
    assert place.log("auth.sso")[0]["outcome"] == "failed"
    again = browser.initiate(place.login, provider)["state"]
    is_refused(browser.back(changed(url, state=again)), word="refused the code")


def test_a_sign_in_ends_in_the_browser_that_began_it(place: Place) -> None:
    browser, who = Browser(), place.login.person("farah")
    url = browser.agree(place.login, browser.initiate(place.login, place.provider())["authorization_url"], who)
    is_refused(Browser().back(url), word="another browser")


def test_an_answer_in_the_name_of_another_provider_is_refused_before_its_code_is_sent(place: Place) -> None:
    browser, who = Browser(), place.login.person("gauri")
    url = browser.agree(place.login, browser.initiate(place.login, place.provider())["authorization_url"], who)
    asked = len(place.login.asked)
    is_refused(browser.back(changed(url, iss="https://evil.test")), word="another identity provider")
    assert "/token" not in place.login.asked[asked:]
    url = browser.agree(place.login, browser.initiate(place.login, place.provider())["authorization_url"], who)
    is_refused(browser.back(changed(url, iss="")), word="another identity provider")


TAMPERED: dict[str, tuple[Any, str]] = {
    "another nonce": (lambda header, claims: claims.update(nonce="x"), "nonce"),
    "no nonce": (lambda header, claims: claims.pop("nonce"), "nonce"),
    "another audience": (lambda header, claims: claims.update(aud="somebody"), "audience"),
    "two audiences": (lambda header, claims: claims.update(aud=["torana", "somebody"]), "azp"),
    "by leave of another": (lambda header, claims: claims.update(azp="somebody"), "azp"),
    "another issuer": (lambda header, claims: claims.update(iss="https://evil.test"), "issuer"),
    "expired": (lambda header, claims: claims.update(exp=int(time.time()) - 31, iat=int(time.time()) - 100), "expired"),
    "of the future": (lambda header, claims: claims.update(iat=int(time.time()) + 300), "not valid yet"),
    "without an end": (lambda header, claims: claims.pop("exp"), "exp"),
    "another access token": (lambda header, claims: claims.update(at_hash="AAAAAAAAAAAAAAAAAAAAAA"), "at_hash"),
    "somebody else": (lambda header, claims: claims.update(sub="somebody"), "somebody else"),
    "nobody": (lambda header, claims: claims.pop("sub"), "sub"),
    "an unknown key": (lambda header, claims: header.update(kid="nobody-s"), "kid"),
    "no signature": (lambda header, claims: header.update(alg="none"), "RS256"),
}


@pytest.mark.parametrize("name", TAMPERED)
def test_an_id_token_that_is_not_right_lets_nobody_in(place: Place, tamper: Callable[[Any], None], name: str) -> None:
    how, word = TAMPERED[name]
    tamper(how)
    is_refused(place.comes(place.provider(), place.login.person("hema")), word=word)
    failed = place.log("auth.sso")[0]
    assert (failed["outcome"], word in failed["details"]["why"]) == ("failed", True)


def test_a_clock_that_differs_a_little_is_forgiven(place: Place, tamper: Callable[[Any], None]) -> None:
    tamper(lambda header, claims: claims.update(exp=int(time.time()) - 10))
    who = place.login.person("indu")
    assert place.comes(place.provider(), who).status == 200
    is_refused(place.comes(place.provider(clock_skew_s=0), who), word="expired")


def test_new_keys_of_the_provider_are_learned_when_a_token_names_one(place: Place) -> None:
    provider, who = place.provider(), place.login.person("jaya")
    assert place.comes(provider, who).status == 200
    place.login.start("k2", "k3")
    assert until(lambda: place.comes(provider, who).status == 200, 20), "keys are read again within seconds"


def test_a_client_without_a_secret_comes_in_by_pkce_alone(place: Place) -> None:
    seen = place.comes(place.provider(client_id="torana-public", client_secret=None), place.login.person("kala"))
    assert seen.status == 200, seen.body


def test_a_provider_that_takes_the_secret_in_the_body_only_gets_it_there(place: Place) -> None:
    place.login.says = {"token_endpoint_auth_methods_supported": ["client_secret_post"]}
    try:
        place.gate.ask("POST", f"{ADMIN}/sso/discover", key_of("admin"), {"issuer": place.login.issuer})
        seen = place.comes(place.provider(client_id="torana-post"), place.login.person("kamala"))
        assert seen.status == 200, seen.body
    finally:
        place.login.says = {}
        place.gate.ask("POST", f"{ADMIN}/sso/discover", key_of("admin"), {"issuer": place.login.issuer})


def test_a_provider_that_is_switched_off_or_unknown_lets_nobody_in(place: Place) -> None:
    browser, who = Browser(), place.login.person("lata")
    provider = place.provider()
    url = browser.agree(place.login, browser.initiate(place.login, provider)["authorization_url"], who)
    assert (
        place.gate.ask("PUT", f"{CONFIG}?provider={provider}", key_of("admin"), asks(place, enabled=False)).status
        == 200
    )
    is_refused(browser.back(url), word="not in use")
    for name in (provider, "sso_unknown"):
        said = place.gate.ask("POST", f"{AUTH}/sso/initiate", body={"provider": name})
        assert (said.status, said.body["message"]) == (404, "There is no such identity provider.")


def asks(place: Place, **more: Any) -> dict[str, Any]:
    return {"name": "Corp", "issuer": place.login.issuer, "client_id": "torana", "scopes": SCOPES, **more}


def test_without_leave_to_make_accounts_only_those_come_in_who_are_here(place: Place) -> None:
    provider = place.provider(create_users=False)
    is_refused(place.comes(provider, place.login.person("mina")), "PERMISSION_DENIED", "makes no accounts")
    made = place.gate.ask(
        "POST", f"{ADMIN}/users", key_of("admin"), {"email": "mina@corp.test", "name": "Mina", "role": "auditor"}
    )
    assert made.status == 201, made.body
    me = place.me(place.comes(provider, "mina"))
    assert (me["id"], me["role"]) == (made.body["id"], "auditor"), "no role map: the role stays as it is"


@pytest.mark.parametrize("claims", [{"email_verified": False}, {"email_verified": None}, {"email": None}])
def test_an_address_that_is_not_verified_is_nobodys(place: Place, claims: dict[str, Any]) -> None:
    made = {"email": "nila@corp.test", "name": "Nila"}
    place.gate.ask("POST", f"{ADMIN}/users", key_of("admin"), made)
    who = place.login.person("nila", **claims)
    is_refused(place.comes(place.provider(), who), "PERMISSION_DENIED", "verified")


def test_a_subject_stays_the_same_person_whatever_its_address_is(place: Place) -> None:
    provider, who = place.provider(), place.login.person("oma")
    first = place.me(place.comes(provider, who))
    place.login.person("oma", email="other@corp.test", email_verified=False)
    assert place.me(place.comes(provider, who))["id"] == first["id"]


def test_an_address_that_was_given_to_somebody_else_is_no_way_into_the_first_ones_account(place: Place) -> None:
    provider = place.provider()
    first = place.me(place.comes(provider, place.login.person("ojas")))
    place.login.person("ojas", email="ojas.rao@corp.test")
    is_refused(
        place.comes(provider, place.login.person("ojas2", email="ojas@corp.test")), "PERMISSION_DENIED", "another 'sub'"
    )
    assert place.me(place.comes(provider, "ojas"))["id"] == first["id"]
    moved = place.gate.ask("PUT", f"{ADMIN}/users/{first['id']}", key_of("admin"), {"email": "ojas.rao@corp.test"})
    assert moved.status == 200, moved.body
    assert place.me(place.comes(provider, "ojas2"))["id"] != first["id"]
    assert place.me(place.comes(provider, "ojas"))["id"] == first["id"]


def test_another_client_of_the_provider_may_be_told_other_subjects(place: Place, tamper: Callable[[Any], None]) -> None:
    def told(subject: str) -> Callable[[Any, Any], None]:
        return lambda header, claims: claims.update(sub=subject, email="omkar@corp.test", email_verified=True)

    provider, who = place.provider(userinfo=False), place.login.person("omkar")
    tamper(told("for one client"))
    first = place.me(place.comes(provider, who))
    tamper(told("for another"))
    is_refused(place.comes(provider, who), "PERMISSION_DENIED", "another 'sub'")
    other = asks(place, client_id="torana-public", client_secret="", userinfo=False)
    assert place.gate.ask("PUT", f"{CONFIG}?provider={provider}", key_of("admin"), other).status == 200
    assert place.me(place.comes(provider, who))["id"] == first["id"]


def test_whoever_was_made_anew_at_the_provider_comes_in_again_once_their_account_is_unlinked(place: Place) -> None:
    provider, elsewhere = place.provider(), place.provider()
    ask = place.gate.ask
    seen = place.comes(provider, place.login.person("usha"))
    first = place.me(seen)
    other = place.comes(elsewhere, "usha").json["access_token"]
    where = f"{ADMIN}/users/{first['id']}/identities"
    known = ask("GET", where, key_of("viewer")).body["items"]
    assert sorted((one["provider"], one["provider_name"], one["subject"]) for one in known) == sorted(
        (one, "Corp", known[0]["subject"]) for one in (provider, elsewhere)
    )
    anew = place.login.person("usha-2", email="usha@corp.test")
    is_refused(place.comes(provider, anew), "PERMISSION_DENIED", "must be unlinked from the provider first")

    said = ask("DELETE", f"{where}/{provider}", key_of("admin"))
    assert (said.status, said.body["status"], said.body["sessions_ended"]) == (200, "unlinked", 1)
    assert ask("GET", f"{AUTH}/me", seen.json["access_token"]).status == 401
    assert ask("GET", f"{AUTH}/me", other).status == 200
    assert [one["provider"] for one in ask("GET", where, key_of("viewer")).body["items"]] == [elsewhere]
    assert ask("DELETE", f"{where}/{provider}", key_of("admin")).status == 404
    entry = place.log("users.identities.unlink")[0]
    assert (entry["target"], entry["details"]) == (f"user:{first['id']}", {"provider": provider})

    assert place.me(place.comes(provider, anew))["id"] == first["id"]
    is_refused(place.comes(provider, "usha"), "PERMISSION_DENIED")


def test_nobody_unlinks_who_is_mightier_or_elsewhere(place: Place) -> None:
    provider = place.provider(role_map=[{"group": "staff", "role": "admin"}])
    boss = place.me(place.comes(provider, place.login.person("varun", groups=["staff"])))
    assert boss["role"] == "admin"
    where = f"{ADMIN}/users/{boss['id']}/identities"
    for role, tenant, status in (("viewer", "acme", 403), ("manager", "acme", 404), ("admin", "globex", 404)):
        assert place.gate.ask("DELETE", f"{where}/{provider}", key_of(role, tenant)).status == status
    assert len(place.gate.ask("GET", where, key_of("admin")).body["items"]) == 1


def test_addresses_of_other_domains_do_not_come_in(place: Place) -> None:
    provider = place.provider(email_domains=["corp.test"])
    assert place.comes(provider, place.login.person("priya")).status == 200
    who = place.login.person("pavan", email="pavan@corp.test.evil.test")
    is_refused(place.comes(provider, who), "PERMISSION_DENIED", "domain")


def test_whoever_is_suspended_does_not_come_in(place: Place) -> None:
    provider, who = place.provider(), place.login.person("rani")
    me = place.me(place.comes(provider, who))
    assert place.gate.ask("PUT", f"{ADMIN}/users/{me['id']}", key_of("admin"), {"status": "suspended"}).status == 200
    is_refused(place.comes(provider, who), "PERMISSION_DENIED", "suspended")


def test_people_of_a_tenant_that_wants_it_so_come_through_its_provider_alone(place: Place) -> None:
    gate, root = place.gate, place.root["token"]
    tenant = gate.ask("POST", f"{ADMIN}/tenants", root, {"name": "Provider alone"}).body["id"]

    def came(who: str) -> str:
        body = {"email": f"{who}@corp.test", "tenant": tenant}
        token = gate.ask("POST", f"{AUTH}/invitations", root, body).body["token"]
        said = gate.ask("POST", f"{AUTH}/invitations/accept", body={"token": token, "password": PASSWORD})
        assert said.status == 200, said.body
        return str(said.body["token"])

    def settle(passwords: bool | None) -> int:
        return gate.ask("PUT", f"{ADMIN}/tenants/{tenant}", admin, {"settings": {"passwords": passwords}}).status

    def refused_by_password(said: Any) -> None:
        assert (said.status, said.body["error_code"]) == (403, "PERMISSION_DENIED"), said.body
        assert "identity provider" in said.body["message"]

    admin = came("only.admin")
    assert settle(False) == 409, "nobody would come in"
    asked = {**asks(place), "client_secret": SECRET}
    provider = gate.ask("POST", CONFIG, admin, asked).body["id"]
    reset = gate.ask(
        "POST", f"{ADMIN}/users", admin, {"email": "only.user@corp.test", "name": "U", "password": PASSWORD}
    )
    link = gate.ask("POST", f"{ADMIN}/users/{reset.body['id']}/password-reset", admin).body["token"]
    waiting = gate.ask("POST", f"{AUTH}/invitations", admin, {"email": "only.guest@corp.test"}).body["token"]
    assert settle(False) == 200
    login = {"email": "only.user@corp.test", "password": PASSWORD}
    refused_by_password(gate.ask("POST", f"{AUTH}/login", body=login))
    refused_by_password(gate.ask("POST", f"{AUTH}/password/reset", body={"token": link, "new_password": PASSWORD}))
    accepted = {"token": waiting, "password": PASSWORD}
    refused_by_password(gate.ask("POST", f"{AUTH}/invitations/accept", body=accepted))
    again = gate.ask("POST", f"{ADMIN}/users/{reset.body['id']}/password-reset", admin)
    assert (again.status, again.body["error_code"]) == (409, "CONFLICT")
    for who in ("only.user", "only.guest"):
        me = place.me(place.comes(provider, place.login.person(who)))
        assert (me["tenant"], me["email"]) == (tenant, f"{who}@corp.test")
    assert gate.ask("DELETE", f"{CONFIG}?provider={provider}", admin).status == 409
    assert gate.ask("PUT", f"{CONFIG}?provider={provider}", admin, asks(place, enabled=False)).status == 409
    assert settle(None) == 200
    assert gate.ask("POST", f"{AUTH}/login", body=login).status == 200
    assert gate.ask("DELETE", f"{CONFIG}?provider={provider}", admin).status == 200


def test_operators_come_by_password_where_nobody_else_does(place: Place) -> None:
    gate, root, home = place.gate, place.root["token"], place.root["user"]["tenant"]
    provider = gate.ask("POST", CONFIG, root, {**asks(place), "client_secret": SECRET}).body["id"]
    path = f"{ADMIN}/tenants/{home}"
    assert gate.ask("PUT", path, root, {"settings": {"passwords": False}}).status == 200
    said = gate.ask("POST", f"{AUTH}/login", body={"email": "root@corp.test", "password": PASSWORD})
    assert (said.status, said.body.get("user", {}).get("operator")) == (200, True), (
        "else a provider's bad day is everybody's"
    )
    assert gate.ask("PUT", path, root, {"settings": {"passwords": None}}).status == 200
    assert gate.ask("DELETE", f"{CONFIG}?provider={provider}", root).status == 200


def test_the_same_address_in_another_tenant_is_another_person(place: Place) -> None:
    who = place.login.person("sita")
    here, there = (place.me(place.comes(place.provider(tenant), who)) for tenant in ("acme", "globex"))
    assert (here["tenant"], there["tenant"]) == ("acme", "globex")
    assert here["id"] != there["id"]


def test_signing_out_tells_where_to_sign_out_at_the_provider(place: Place) -> None:
    browser, who = Browser(), place.login.person("tara")
    token = browser.sign_in(place.login, place.provider(), who).json["access_token"]
    said = place.gate.ask("POST", f"{AUTH}/logout", token)
    assert said.body["logout_url"].startswith(f"{place.login.issuer}/session/end?client_id=torana&")
    page = browser.ask("GET", said.body["logout_url"])
    assert (page.status, "logout" in page.body.lower()) == (200, True)
    assert place.gate.ask("GET", f"{AUTH}/me", token).status == 401


def test_a_secret_is_shown_to_nobody_and_kept_until_the_issuer_changes(place: Place) -> None:
    provider = place.provider()
    said = place.gate.ask("GET", f"{CONFIG}?provider={provider}", key_of("auditor"))
    assert (said.status, said.body["items"][0]["has_secret"]) == (200, True)
    assert said.body["items"][0]["callback_url"] == f"{place.gate.origin}{AUTH}/sso/callback"
    put = place.gate.ask("PUT", f"{CONFIG}?provider={provider}", key_of("admin"), asks(place, name="Renamed"))
    assert (put.status, put.body["name"], put.body["has_secret"], put.body["version"]) == (200, "Renamed", True, 2)
    for text in (said.raw.decode(), put.raw.decode()):
        assert SECRET not in text
    assert place.comes(provider, place.login.person("uma")).status == 200
    moved = place.gate.ask(
        "PUT", f"{CONFIG}?provider={provider}", key_of("admin"), asks(place, issuer="https://login.other.test")
    )
    assert (moved.status, moved.body["details"]["field"]) == (400, "client_secret")


def test_a_provider_of_another_tenant_is_like_one_that_there_is_not(place: Place) -> None:
    provider = place.provider()
    for method, body in (("GET", None), ("PUT", asks(place)), ("DELETE", None)):
        mine = place.gate.ask(method, f"{CONFIG}?provider={provider}", key_of("admin", "globex"), body)
        none = place.gate.ask(method, f"{CONFIG}?provider=sso_no", key_of("admin", "globex"), body)
        assert (mine.status, mine.body["message"]) == (none.status, none.body["message"]) == (404, none.body["message"])
    assert place.gate.ask("DELETE", f"{CONFIG}?provider={provider}", key_of("admin")).status == 200


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("role_map", [{"group": "x", "team": "no-such-team"}]),
        ("role_map", [{"group": "x"}]),
        ("role_map", [{"group": "x", "role": "operator"}]),
        ("scopes", ["email"]),
        ("issuer", "ftp://login.test"),
        ("algorithm", "HS256"),
        ("algorithm", "none"),
        ("default_role", "service"),
    ],
)
def test_a_configuration_that_cannot_be_says_which_field(place: Place, field: str, value: Any) -> None:
    said = place.gate.ask("POST", CONFIG, key_of("admin"), asks(place, **{field: value}))
    assert (said.status, said.body["details"]["field"].startswith(field)) == (400, True), said.body


def test_discovery_tells_what_a_provider_can(place: Place) -> None:
    said = place.gate.ask("POST", f"{ADMIN}/sso/discover", key_of("admin"), {"issuer": place.login.issuer})
    assert (said.status, said.body["issuer"], said.body["pkce"], said.body["usable"]) == (
        200,
        place.login.issuer,
        True,
        True,
    )
    wrong = place.gate.ask("POST", f"{ADMIN}/sso/discover", key_of("admin"), {"issuer": f"{place.login.issuer}/"})
    assert (wrong.status, "exactly" in wrong.body["message"]) == (400, True)


def test_the_sign_in_page_offers_what_the_tenant_has(place: Place) -> None:
    provider = place.provider("globex", name="Globex login")
    offered = place.gate.ask("GET", f"{AUTH}/sso/providers?tenant=globex").body["items"]
    assert {"id": provider, "name": "Globex login"} in offered
    ours = place.gate.ask("GET", f"{AUTH}/sso/providers?tenant=acme").body["items"]
    assert provider not in [one["id"] for one in ours]
    assert place.gate.ask("GET", f"{AUTH}/sso/providers?tenant=nobody").body["items"] == []


def test_an_operator_comes_in_only_by_a_provider_that_an_operator_configured(place: Place) -> None:
    token = place.root["token"]
    who = place.login.person("root")
    asked = asks(place, client_secret=SECRET)
    theirs = place.gate.ask("POST", CONFIG, token, asked)
    assert (theirs.status, theirs.body["operators"]) == (201, True)
    me = place.me(place.comes(theirs.body["id"], who))
    assert (me["operator"], me["tenant"]) == (True, place.root["user"]["tenant"])
    admin = {"email": "second@corp.test", "name": "Second", "role": "admin", "password": PASSWORD}
    assert place.gate.ask("POST", f"{ADMIN}/users", token, admin).status == 201
    login = {"email": admin["email"], "password": admin["password"]}
    other = place.gate.ask("POST", f"{AUTH}/login", body=login).body["token"]
    own = place.gate.ask("POST", CONFIG, other, asked)
    assert (own.status, own.body["operators"]) == (201, False)
    is_refused(place.comes(own.body["id"], who), "PERMISSION_DENIED", "Operators")
    moved = place.gate.ask("PUT", f"{CONFIG}?provider={theirs.body['id']}", other, asks(place))
    assert moved.body["operators"] is False
    is_refused(place.comes(theirs.body["id"], who), "PERMISSION_DENIED", "Operators")


def test_an_address_inside_is_refused_unless_the_operator_allows_it(standing: Standing) -> None:
    for issuer in ("http://127.0.0.1:1", "https://127.0.0.1:1", "https://169.254.169.254"):
        said = standing.ask("POST", f"{ADMIN}/sso/discover", key_of("admin"), {"issuer": issuer})
        assert (said.status, said.body["details"]["field"]) == (400, "issuer"), said.body
        assert "public" in said.body["message"] or "https" in said.body["message"]
