"""Tokens of a real OpenID provider at running gateways: accepted, told apart, revoked everywhere, through rotation and outage."""

from __future__ import annotations

import http.client
import json
import time
from base64 import urlsafe_b64decode
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests import issuing
from tests.e2e import mould
from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model, provider
from tests.e2e.issuer import OpenIdProvider
from tests.e2e.process import bare_environment, free_port, until
from tests.e2e.stage import Stage
from torana.testing.plays import Stream

SECURITY_KEY = "sk-torana-e2e-security-4Ht9"
CLAIMS = {"user": "sub", "team": "team", "models": "ai.models"}
REVOKED_WITHIN_S = 1.0
SLACK_S = 4.0
"""A loaded machine may be late; what is promised is the second."""


def settings(*issuers: Mapping[str, object], upstream: str = "", **more: object) -> dict[str, Any]:
    talker = [provider("talker", upstream)] if upstream else []
    models = [
        model("first", "echo", deployments=[
            {"provider": "echo", "model": "by-night", "when": {"claim.plan": "night"}, "priority": 1},
            {"provider": "echo", "model": "by-day", "priority": 2},
        ]),
        model("second", "echo"),
    ]  # fmt: skip
    if upstream:
        models[0] = model("first", "talker")
    config = configuration([{"id": "echo", "kind": "echo"}, *talker], models)
    config["keys"] = [
        *config["keys"],  # type: ignore[misc]
        {"name": "security", "key": SECURITY_KEY, "tenant": "acme", "permissions": ["tokens.revoke"]},
    ]
    return {**config, "auth": {"jwt": list(issuers)}, **more}


def row(issuer: str, **more: object) -> dict[str, object]:
    return {"issuer": issuer, "audience": "torana", "claims": CLAIMS, **more}


class Asked:
    """One answer, with its headers."""

    def __init__(self, gateway: Gateway, path: str, key: str, body: object) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=20)
        try:
            headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}
            connection.request("POST", path, json.dumps(body), headers if key else {})
            answer = connection.getresponse()
            self.status, self.headers = answer.status, answer.headers
            self.body: Any = json.loads(answer.read())
        finally:
            connection.close()

    @property
    def code(self) -> object:
        return self.body.get("error_code")


def ask(gateway: Gateway, key: str, name: str = "first") -> Asked:
    return Asked(
        gateway, "/v1/chat/completions", key, {"model": name, "messages": [{"role": "user", "content": "hello"}]}
    )


def revoke(gateway: Gateway, body: Mapping[str, object]) -> None:
    assert until(lambda: Asked(gateway, "/api/v1/admin/tokens/revoke", "", {}).status == 401, 20)
    said = Asked(gateway, "/api/v1/admin/tokens/revoke", SECURITY_KEY, body)
    assert said.status == 200, said.body


def said_by(token: str) -> Mapping[str, Any]:
    body = token.split(".")[1]
    found: Mapping[str, Any] = json.loads(urlsafe_b64decode(body + "=" * (-len(body) % 4)))
    return found


@pytest.fixture
def issuer(tmp_path: Path) -> Iterator[OpenIdProvider]:
    started = OpenIdProvider(tmp_path, "k1")
    yield started
    started.process.kill()


@pytest.fixture
def gateways(tmp_path: Path, issuer: OpenIdProvider) -> Iterator[tuple[Gateway, Gateway]]:
    """Two replicas on one database, each with a data folder of its own."""
    config = settings(row(issuer.name), database_url=f"sqlite:///{tmp_path}/shared.db")
    pair = Gateway(tmp_path / "a", config), Gateway(tmp_path / "b", config)
    yield pair
    for gateway in pair:
        assert gateway.process.stop() == 0, gateway.process.tail()


def test_tokens_of_a_real_provider_are_accepted_and_refused_everywhere_after_their_revocation(
    gateways: tuple[Gateway, Gateway], issuer: OpenIdProvider
) -> None:
    one, other = gateways
    token, stays = issuer.token(), issuer.token("night-job")
    for gateway in gateways:
        assert ask(gateway, token).status == 200
        assert ask(gateway, stays).status == 200
    assert ask(one, token, "second").code == "MODEL_NOT_ALLOWED"
    assert until(lambda: len(one.audit()) >= 3, 10)
    entry = one.audit()[0]
    assert (entry["tenant"], entry["department"], entry["team"]) == ("acme", "engineering", "engineers")
    assert entry["user"] == "billing-job"

    revoke(one, {"jti": said_by(token)["jti"]})
    revoked_at = time.monotonic()
    assert ask(one, token).code == "TOKEN_REVOKED"
    assert until(lambda: ask(other, token).code == "TOKEN_REVOKED", REVOKED_WITHIN_S + SLACK_S)
    assert time.monotonic() - revoked_at < REVOKED_WITHIN_S + SLACK_S
    assert ask(other, stays).status == 200

    revoke(other, {"subject": "night-job"})
    assert until(lambda: ask(one, stays).code == "TOKEN_REVOKED", REVOKED_WITHIN_S + SLACK_S)
    assert ask(one, CALLER_KEY).status == 200

    assert one.process.stop() == 0
    one.start()
    assert ask(one, token).code == "TOKEN_REVOKED"
    for gateway in gateways:
        for text in (token, stays):
            assert text.split(".")[1] not in gateway.left_behind()
            assert text.split(".")[2] not in gateway.left_behind()


def test_a_claim_leads_to_its_deployment(gateways: tuple[Gateway, Gateway], issuer: OpenIdProvider) -> None:
    by_client = {client: ask(gateways[0], issuer.token(client)) for client in ("billing-job", "night-job")}
    found = {client: said.headers["x-torana-model"] for client, said in by_client.items()}
    assert found == {"billing-job": "by-day", "night-job": "by-night"}


def test_a_token_for_another_audience_or_of_another_issuer_is_refused(
    gateways: tuple[Gateway, Gateway], issuer: OpenIdProvider
) -> None:
    assert ask(gateways[0], issuer.token(audience="another")).code == "TOKEN_INVALID"
    stranger = issuing.token("RS256", {**issuing.claims(), "iss": issuer.name, "exp": time.time() + 60})
    said = ask(gateways[0], stranger)
    assert (said.status, said.code) == (401, "TOKEN_INVALID")
    assert said.headers["www-authenticate"] == "Bearer"


def test_the_provider_may_exchange_its_keys_while_the_gateway_runs(
    gateways: tuple[Gateway, Gateway], issuer: OpenIdProvider
) -> None:
    gateway = gateways[0]
    old = issuer.token()
    assert ask(gateway, old).status == 200
    issuer.process.kill()
    issuer.start("k2", "k3")
    fresh = issuer.token()
    # An unknown key is looked for at once, or within seconds where others were looked for just now.
    assert until(lambda: ask(gateway, fresh).status == 200, 15)
    assert ask(gateway, old).code == "TOKEN_INVALID"


def test_while_the_provider_is_down_its_tokens_count_on_by_the_last_good_keys(
    gateways: tuple[Gateway, Gateway], issuer: OpenIdProvider
) -> None:
    gateway = gateways[0]
    seen, unseen = issuer.token(), issuer.token()
    assert ask(gateway, seen).status == 200
    issuer.process.kill()
    assert ask(gateway, seen).status == 200
    assert ask(gateway, unseen).status == 200


def test_a_gateway_that_starts_before_the_provider_serves_keys_and_tells_tokens_to_come_again(tmp_path: Path) -> None:
    port = free_port()
    name = f"http://127.0.0.1:{port}"
    gateway = Gateway(tmp_path / "early", settings(row(name, jwks_url=f"{name}/jwks")))
    try:
        token = issuing.token("RS256", {**issuing.claims(), "iss": name, "exp": int(time.time()) + 60})
        assert ask(gateway, CALLER_KEY).status == 200
        said = ask(gateway, token)
        assert (said.status, said.code) == (503, "UPSTREAM_UNAVAILABLE")
        assert int(said.headers["retry-after"]) >= 1
        assert json.loads(gateway.get("/health/ready"))["dependencies"]["issuers"] == {"status": "unavailable"}
        late = OpenIdProvider(tmp_path, "k1", port=port)
        try:
            assert until(lambda: ask(gateway, late.token()).status == 200, 15)
            assert json.loads(gateway.get("/health/ready"))["dependencies"]["issuers"] == {"status": "ok"}
        finally:
            late.process.kill()
    finally:
        assert gateway.process.stop() == 0


def test_a_running_stream_of_a_revoked_token_is_ended(tmp_path: Path) -> None:
    with Stage(Stream(2000, 0.05)) as stage:
        config = settings({"issuer": "acme-sign", "secret": issuing.SECRET}, upstream=stage.origin)
        gateway = Gateway(tmp_path / "stream", config)
        try:
            said = {"iss": "acme-sign", "sub": "ann", "jti": "t1", "models": ["first"], "exp": int(time.time()) + 600}
            token = issuing.token("HS256", said)
            connection = http.client.HTTPConnection("127.0.0.1", gateway.port, timeout=30)
            body = {"model": "first", "stream": True, "messages": [{"role": "user", "content": "hello"}]}
            connection.request("POST", "/v1/chat/completions", json.dumps(body), {"Authorization": f"Bearer {token}"})
            answer = connection.getresponse()
            assert answer.status == 200
            assert answer.read(20)
            torana(gateway, "tokens", "revoke", "--jti", "t1", "--tenant", "acme")
            revoked_at = time.monotonic()
            rest = answer.read()
            connection.close()
            assert time.monotonic() - revoked_at < REVOKED_WITHIN_S + SLACK_S
            assert b"TOKEN_REVOKED" in rest
            assert b"[DONE]" not in rest
            assert "t1" in torana(gateway, "tokens", "list")
            assert until(lambda: any(one["ending"] == "revoked" for one in gateway.audit()), 10)
        finally:
            assert gateway.process.stop() == 0


def torana(gateway: Gateway, *words: str) -> str:
    options = ("--config", str(gateway.file), "--data-dir", str(gateway.data))
    done = mould.ran((*words, *options), gateway.folder, bare_environment())
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


class DevGateway(Gateway):
    """Started for development."""

    options = ("--dev",)


def test_whoever_asks_gets_a_token_with_dev_and_its_claims_hold(tmp_path: Path) -> None:
    gateway = DevGateway(tmp_path / "dev", settings())
    try:
        asked = {"username": "advisor@wealth.test", "lob": "wealth", "models": ["first"], "rate_limit": 2}
        minted = Asked(gateway, "/auth/token", "", asked)
        assert (minted.status, minted.body["token_type"], minted.body["expires_in"]) == (200, "bearer", 86_400)
        token = minted.body["access_token"]
        assert minted.body["token"] == token
        assert [ask(gateway, token, "second").code, ask(gateway, token).status] == ["MODEL_NOT_ALLOWED", 200]
        assert [ask(gateway, token).status for _ in range(2)] == [200, 429]
        login = Asked(gateway, "/login", "", {"user_id": "u1", "role": "admin"}).body["token"]
        assert ask(gateway, login, "second").status == 200
        assert Asked(gateway, "/login", "", {"role": "admin"}).code == "REQUEST_INVALID"
        assert token not in gateway.left_behind()
        assert until(lambda: {one["user"] for one in gateway.audit()} == {"advisor@wealth.test", "u1"}, 10)
    finally:
        assert gateway.process.stop() == 0


def test_without_dev_there_are_no_such_paths_and_no_such_tokens(tmp_path: Path) -> None:
    gateway = Gateway(tmp_path / "prod", settings())
    try:
        for path in ("/auth/token", "/login"):
            assert Asked(gateway, path, "", {"username": "a", "user_id": "a"}).status == 404
        assert ask(gateway, issuing.token("HS256")).code == "TOKEN_INVALID", (
            "only people of the console bear tokens here"
        )
    finally:
        assert gateway.process.stop() == 0
