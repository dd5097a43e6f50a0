"""Looks up ``vault:path#field`` (HashiCorp Vault, KV version 2) and ``aws-sm:name#field`` (AWS Secrets Manager).

It keeps what it found for a while, and nothing on disk. Called when a configuration is read, in a thread or at the start.
"""

from __future__ import annotations

import http.client
import json
import re
import ssl
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple
from urllib.parse import quote, urlsplit

from torana.core.clock import Clock, SystemClock
from torana.core.secret import Secret
from torana.upstream.sigv4 import Identity, Signer

TIMEOUT_S = 5.0
KEEP_S = 300.0
"""A secret that was rotated in its store is known here after this; one whose store is away is kept longer."""
MOST_BYTES = 1024 * 1024
VAULT = re.compile(r"vault:(?P<path>[A-Za-z0-9_./ -]+)#(?P<field>[^#]+)")
AWS = re.compile(r"aws-sm:(?P<name>[A-Za-z0-9/_+=.@:-]+)(#(?P<field>[^#]+))?")
AWS_TARGET = "secretsmanager.GetSecretValue"
NOT_FOUND = 404


class Answered(NamedTuple):
    """What a store answered."""

    status: int
    body: bytes


Send = Callable[[str, str, Mapping[str, str], bytes], Answered]
"""Method, URL, headers and body → the answer. Raises OSError."""


class SecretStores:
    """The stores that the environment names."""

    def __init__(self, environ: Mapping[str, str], send: Send, clock: Clock) -> None:
        self._environ = environ
        self._send = send
        self._clock = clock
        self._known: dict[str, tuple[float, Secret]] = {}

    def __call__(self, reference: str) -> str:
        """What the reference stands for. Raises LookupError, whose text says why not, never with a secret in it."""
        now = self._clock.monotonic()
        known = self._known.get(reference)
        if known is not None and now - known[0] < KEEP_S:
            return known[1].reveal()
        try:
            found = self._look(reference)
        except OSError as fault:
            if known is not None:
                return known[1].reveal()
            raise LookupError(f"the store cannot be reached: {fault.strerror or type(fault).__name__}") from fault
        self._known[reference] = (now, Secret(found))
        return found

    def _look(self, reference: str) -> str:
        if match := VAULT.fullmatch(reference):
            return self._vault(match["path"].strip("/"), match["field"])
        if match := AWS.fullmatch(reference):
            return self._aws(match["name"], match["field"] or "")
        raise LookupError("is not well formed: write vault:mount/path#field or aws-sm:name#field")

    def _vault(self, path: str, field: str) -> str:
        """KV v2, "Read secret version" (developer.hashicorp.com/vault/api-docs/secret/kv/kv-v2)."""
        address, token = self._demand("VAULT_ADDR"), self._demand("VAULT_TOKEN")
        mount, slash, rest = path.partition("/")
        if not slash:
            raise LookupError("the path needs a mount, such as secret/openai")
        headers = {"x-vault-token": token, "x-vault-request": "true"}
        if namespace := self._environ.get("VAULT_NAMESPACE"):
            headers["x-vault-namespace"] = namespace
        url = f"{address.rstrip('/')}/v1/{quote(mount)}/data/{quote(rest.removeprefix('data/'))}"
        answered = self._send("GET", url, headers, b"")
        said = _read(answered, "Vault")
        data = said.get("data")
        return _field(data.get("data") if isinstance(data, dict) else None, field)

    def _aws(self, name: str, field: str) -> str:
        """GetSecretValue (docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html)."""
        region = self._environ.get("AWS_REGION") or self._demand("AWS_DEFAULT_REGION")
        identity = Identity(
            Secret(self._demand("AWS_ACCESS_KEY_ID")),
            Secret(self._demand("AWS_SECRET_ACCESS_KEY")),
            Secret(token) if (token := self._environ.get("AWS_SESSION_TOKEN", "")) else None,
        )
        url = self._environ.get("AWS_ENDPOINT_URL_SECRETS_MANAGER") or f"https://secretsmanager.{region}.amazonaws.com"
        url = url.rstrip("/") + "/"
        body = json.dumps({"SecretId": name}).encode()
        headers = [("content-type", "application/x-amz-json-1.1"), ("x-amz-target", AWS_TARGET)]
        signed = Signer(identity, region, "secretsmanager").sign("POST", url, headers, body, self._clock.now())
        said = _read(self._send("POST", url, dict([*headers, *signed]), body), "AWS Secrets Manager")
        text = said.get("SecretString")
        if not isinstance(text, str):
            raise LookupError("the secret is no text")  # noqa: TRY004 - it is the store's, not the program's
        if not field:
            return text
        try:
            return _field(json.loads(text), field)
        except ValueError:
            raise LookupError("the secret is no JSON, so it has no fields: leave #field out") from None

    def _demand(self, name: str) -> str:
        found = self._environ.get(name, "").strip()
        if not found:
            raise LookupError(f"the environment variable {name} is not set")
        return found


def _read(answered: Answered, store: str) -> dict[str, Any]:
    if answered.status == NOT_FOUND:
        raise LookupError(f"{store} has no such secret")
    if answered.status >= http.client.INTERNAL_SERVER_ERROR:
        raise OSError(f"{store} answered {answered.status}")
    if answered.status != http.client.OK:
        raise LookupError(f"{store} refused: status {answered.status}")
    try:
        said = json.loads(answered.body)
    except ValueError:
        raise LookupError(f"{store} answered no JSON") from None
    return said if isinstance(said, dict) else {}


def _field(data: object, field: str) -> str:
    value = data.get(field) if isinstance(data, dict) else None
    if not isinstance(value, str) or not value:
        raise LookupError(f"the secret has no text {field!r}")
    return value


def send(method: str, url: str, headers: Mapping[str, str], body: bytes) -> Answered:
    """One request, without redirects. Raises OSError."""
    parts = urlsplit(url)
    host = parts.hostname or ""
    connection: http.client.HTTPConnection
    if parts.scheme == "https":
        connection = http.client.HTTPSConnection(
            host, parts.port, timeout=TIMEOUT_S, context=ssl.create_default_context()
        )
    else:
        connection = http.client.HTTPConnection(host, parts.port, timeout=TIMEOUT_S)
    try:
        connection.request(method, parts.path or "/", body or None, dict(headers))
        answer = connection.getresponse()
        return Answered(answer.status, answer.read(MOST_BYTES))
    except http.client.HTTPException as fault:
        raise OSError(f"{type(fault).__name__}") from fault
    finally:
        connection.close()


def resolver(environ: Mapping[str, str]) -> SecretStores:
    """The secret stores that this environment names, reached over the network."""
    return SecretStores(environ, send, SystemClock())
