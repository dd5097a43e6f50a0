"""References to HashiCorp Vault and AWS Secrets Manager, against servers of ours that speak as theirs do."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator, Mapping
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, ClassVar

import pytest

from torana.core.secret import Secret
from torana.testing.clock import FakeClock
from torana.upstream.sigv4 import Identity, Signer
from torana.wiring.find import available
from torana.wiring.options import Overrides
from torana.wiring.problems import ConfigError
from torana.wiring.secret_stores import KEEP_S, SecretStores, resolver, send
from torana.wiring.settings import load

NOW = 1_790_000_000.0
VALUE = "sk-from-the-store-83ab"


class Store(BaseHTTPRequestHandler):
    """Both stores."""

    seen: ClassVar[list[tuple[str, str, Mapping[str, str], bytes]]] = []
    status = 200

    def do_GET(self) -> None:
        self._answer({"data": {"data": {"key": VALUE, "number": 7}, "metadata": {"version": 3}}})

    def do_POST(self) -> None:
        self._answer({"Name": "house", "SecretString": json.dumps({"key": VALUE})})

    def _answer(self, body: Any) -> None:
        data = self.rfile.read(int(self.headers.get("content-length") or 0))
        headers = {name.lower(): value for name, value in self.headers.items()}
        self.seen.append((self.command, self.path, headers, data))
        known = self.path in ("/v1/secret/data/house/openai", "/")
        status = self.status if known else 404
        text = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-length", str(len(text)))
        self.end_headers()
        self.wfile.write(text)

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Nothing."""


@pytest.fixture
def origin() -> Iterator[str]:
    Store.seen.clear()
    Store.status = 200
    server = ThreadingHTTPServer(("127.0.0.1", 0), Store)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}"
    server.shutdown()
    server.server_close()
    thread.join()


def environ(origin: str) -> dict[str, str]:
    return {
        "VAULT_ADDR": origin, "VAULT_TOKEN": "hvs.token", "VAULT_NAMESPACE": "team-a",
        "AWS_ENDPOINT_URL_SECRETS_MANAGER": origin, "AWS_REGION": "ap-south-1", "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE",
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI", "AWS_SESSION_TOKEN": "session",
    }  # fmt: skip


def stores(origin: str, clock: FakeClock | None = None) -> SecretStores:
    return SecretStores(environ(origin), send, clock or FakeClock(NOW))


def test_vault_is_asked_by_kv_version_2_and_answers_are_kept_for_a_while(origin: str) -> None:
    clock = FakeClock(NOW)
    look = stores(origin, clock)
    assert look("vault:secret/house/openai#key") == look("vault:secret/data/house/openai#key") == VALUE
    assert look("vault:secret/house/openai#key") == VALUE
    assert [one[:2] for one in Store.seen] == [("GET", "/v1/secret/data/house/openai")] * 2
    headers = Store.seen[0][2]
    assert (headers["x-vault-token"], headers["x-vault-namespace"]) == ("hvs.token", "team-a")
    clock.advance(KEEP_S + 1)
    look("vault:secret/house/openai#key")
    assert len(Store.seen) == 3
    clock.advance(KEEP_S + 1)
    Store.status = 503
    assert look("vault:secret/house/openai#key") == VALUE  # away: what was known serves on


def test_aws_is_asked_with_a_signature_that_holds(origin: str) -> None:
    look = stores(origin)
    assert look("aws-sm:house/openai#key") == VALUE
    assert json.loads(look("aws-sm:house/openai")) == {"key": VALUE}
    method, _, headers, body = Store.seen[0]
    assert json.loads(body) == {"SecretId": "house/openai"}
    assert headers["x-amz-target"] == "secretsmanager.GetSecretValue"
    signer = Signer(
        Identity(Secret("AKIDEXAMPLE"), Secret("wJalrXUtnFEMI"), Secret("session")), "ap-south-1", "secretsmanager"
    )
    sent = [(name, headers[name]) for name in ("content-type", "x-amz-target")]
    assert dict(signer.sign(method, origin + "/", sent, body, NOW))["authorization"] == headers["authorization"]


@pytest.mark.parametrize(
    ("reference", "said"),
    [
        ("vault:secret/nothing#key", "no such secret"),
        ("vault:secret/house/openai#other", "no text 'other'"),
        ("vault:secret/house/openai#number", "no text 'number'"),
        ("vault:alone#key", "needs a mount"),
        ("vault:secret/house", "not well formed"),
        ("aws-sm:#key", "not well formed"),
    ],
)
def test_what_is_not_there_is_said_and_never_a_value(origin: str, reference: str, said: str) -> None:
    with pytest.raises(LookupError, match=said) as refused:
        stores(origin)(reference)
    assert VALUE not in str(refused.value) and "hvs" not in str(refused.value)


def test_a_store_that_refuses_is_away_or_not_named_is_said(origin: str) -> None:
    Store.status = 403
    with pytest.raises(LookupError, match="Vault refused: status 403"):
        stores(origin)("vault:secret/house/openai#key")
    Store.status = 500
    with pytest.raises(LookupError, match="cannot be reached"):
        stores(origin)("vault:secret/house/openai#key")
    with pytest.raises(LookupError, match="VAULT_ADDR is not set"):
        resolver({})("vault:secret/house/openai#key")
    away = environ("http://127.0.0.1:9")
    with pytest.raises(LookupError, match="cannot be reached"):
        resolver(away)("vault:secret/house/openai#key")


def test_references_in_a_file_are_looked_up_and_faults_have_their_place(origin: str, tmp_path: Path) -> None:
    file = tmp_path / "torana.yaml"
    row = "providers: [{id: far, kind: openai, credentials: [{api_key: 'vault:secret/%s#key'}]}]"
    file.write_text(row % "house/openai")
    settings = load(file, environ(origin), Overrides(), available()).settings
    assert settings.providers[0].settings.credentials[0].api_key.reveal() == VALUE
    file.write_text(row % "nothing")
    with pytest.raises(
        ConfigError, match=r"torana.yaml:1:\d+: error: providers\[0\].credentials\[0\].api_key: vault: "
    ):
        load(file, environ(origin), Overrides(), available())
