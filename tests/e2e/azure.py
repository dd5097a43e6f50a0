"""An Azure OpenAI resource and its directory in front of aimock: refuses what Azure would, hands on the rest.

It looks at what only Azure wants: a deployment in the path, ``api-version`` of a dated API and none of the v1 API, an
``api-key`` or a token of Entra ID that its directory gave. Source: learn.microsoft.com, "Azure OpenAI in Microsoft Foundry
Models REST API reference" and "OAuth 2.0 client credentials flow".
"""

from __future__ import annotations

import json
import re
import threading
import urllib.error
import urllib.request
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import ClassVar
from urllib.parse import parse_qs, urlsplit

from tests.e2e.mocks import UPSTREAM_KEY

API_KEY = "azure-key-8c2f41d0"
API_VERSION = "2024-10-21"
DIRECTORY = "acme.onmicrosoft.com"
CLIENT = {"client_id": "6f1c2b7e-acme", "client_secret": "entra-secret-5d90ab"}
SCOPE = "https://cognitiveservices.azure.com/.default"
DATED = re.compile(r"/openai/deployments/([^/]+)/(chat/completions|embeddings)")
V1 = re.compile(r"/openai/v1/(chat/completions|embeddings|responses)")
HANDED_BACK = ("content-type", "retry-after")


@dataclass
class Azure:
    """The server. ``deployments``: name of a deployment → the model that aimock knows."""

    origin_behind: str
    deployments: dict[str, str]
    tokens: list[str] = field(default_factory=list)
    """Given by the directory, the oldest first."""
    seen: list[tuple[str, str]] = field(default_factory=list)
    """Path and kind of credential of every request that was handed on."""
    refused: list[str] = field(default_factory=list)
    """Why a request was not."""

    def __post_init__(self) -> None:
        bound = type("Bound", (_Exchange,), {"azure": self})
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), bound)
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    @property
    def origin(self) -> str:
        return f"http://127.0.0.1:{self._server.server_address[1]}"

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()

    def token(self, form: dict[str, list[str]]) -> str | None:
        """A token for the application; None for any other."""
        asked = {name: values[0] for name, values in form.items()}
        if asked != {**CLIENT, "grant_type": "client_credentials", "scope": SCOPE}:
            return None
        self.tokens.append(f"entra-token-{len(self.tokens)}-77be")
        return self.tokens[-1]

    def credential(self, api_key: str | None, authorization: str | None) -> str | None:
        """Which credential it is; None: none that counts, or two."""
        if api_key == API_KEY and authorization is None:
            return "api-key"
        told = (authorization or "").removeprefix("Bearer ")
        return "token" if api_key is None and told in self.tokens else None

    def behind(self, path: str, query: str, body: bytes) -> tuple[str, bytes] | None:
        """Path and body for aimock; None where there is no such place or deployment."""
        said = json.loads(body)
        dated = DATED.fullmatch(path)
        if dated is not None and query == f"api-version={API_VERSION}":
            name, rest = dated[1], dated[2]
        elif path == "/openai/responses" and query == f"api-version={API_VERSION}":
            name, rest = said["model"], "responses"
        elif (plain := V1.fullmatch(path)) is not None and not query:
            name, rest = said["model"], plain[1]
        else:
            return None
        if name not in self.deployments:
            return None
        return f"/v1/{rest}", json.dumps({**said, "model": self.deployments[name]}).encode()


class _Exchange(BaseHTTPRequestHandler):
    azure: ClassVar[Azure]
    protocol_version = "HTTP/1.1"

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002 - its name there
        """Silent."""

    def do_POST(self) -> None:
        azure = self.azure
        body = self.rfile.read(int(self.headers["content-length"]))
        path = urlsplit(self.path)
        if path.path == f"/{DIRECTORY}/oauth2/v2.0/token":
            token = azure.token(parse_qs(body.decode()))
            told = {"access_token": token, "expires_in": 3599, "token_type": "Bearer"}
            self._say(200 if token else 401, told if token else {"error": "invalid_client"})
            return
        kind = azure.credential(self.headers["api-key"], self.headers["authorization"])
        place = azure.behind(path.path, path.query, body)
        if kind is None:
            azure.refused.append(f"credential at {path.path}")
            self._say(401, {"error": {"code": "401", "message": "Access denied due to invalid subscription key."}})
        elif place is None:
            azure.refused.append(self.path)
            self._say(404, {"error": {"code": "DeploymentNotFound", "message": "The API deployment does not exist."}})
        else:
            azure.seen.append((self.path, kind))
            self._hand_on(*place)

    def _hand_on(self, path: str, body: bytes) -> None:
        headers = {"content-type": "application/json", "authorization": f"Bearer {UPSTREAM_KEY}"}
        request = urllib.request.Request(f"{self.azure.origin_behind}{path}", body, headers)
        try:
            answer = urllib.request.urlopen(request, timeout=20)
        except urllib.error.HTTPError as refusal:
            answer = refusal
        with answer:
            whole = answer.read()
            kept = [(name, value) for name, value in answer.headers.items() if name.lower() in HANDED_BACK]
            self._send(answer.status, whole, kept)

    def _say(self, status: int, told: object) -> None:
        self._send(status, json.dumps(told).encode(), [("content-type", "application/json")])

    def _send(self, status: int, body: bytes, headers: list[tuple[str, str]]) -> None:
        self.send_response(status)
        for name, value in (*headers, ("apim-request-id", "b1f0"), ("content-length", str(len(body)))):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)
