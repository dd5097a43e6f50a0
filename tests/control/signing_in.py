"""A real OpenID provider (npm oidc-provider) behind a door that tests may tamper at, and a browser that walks through it.

Called by tests of signing in through identity providers.
"""

from __future__ import annotations

import html
import http.client
import json
import re
import threading
from collections.abc import Callable, Mapping
from http.cookies import SimpleCookie
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple
from urllib.parse import parse_qs, urlencode, urljoin, urlsplit

from joserfc import jwt
from joserfc.jwk import RSAKey

from tests.e2e.issuer import FOLDER
from tests.e2e.node import install_packages, node_program
from tests.e2e.process import Process, answers, bare_environment, free_port

CALLBACK = "/api/v1/admin/auth/sso/callback"
SECRET = "secret of torana / 00000000000000+"
Tamper = Callable[[dict[str, Any], dict[str, Any]], None]
"""Given header and claims of an id token, to be changed; signed again with the provider's own key, if its ``kid`` is known."""


class Login:
    """The provider. Its issuer is the door; what comes through is passed on as it is, unless ``tamper`` says otherwise."""

    def __init__(self, folder: Path, gateway: str) -> None:
        """``gateway``: the origin that browsers come back to."""
        install_packages(FOLDER)
        self._folder = folder
        self._behind = free_port()
        self.gateway = gateway
        self.tamper: Tamper | None = None
        self.keys: dict[str, Any] = {}
        self.says: dict[str, Any] = {}
        """What its discovery document says otherwise."""
        self.asked: list[str] = []
        """Paths that were asked for."""
        self._door = ThreadingHTTPServer(("127.0.0.1", 0), self._handler())
        self._door.daemon_threads = True
        threading.Thread(target=self._door.serve_forever, daemon=True).start()
        self.people: dict[str, dict[str, Any]] = {}
        self.process: Process | None = None
        self.start("k1")

    @property
    def issuer(self) -> str:
        """Its name."""
        return f"http://127.0.0.1:{self._door.server_address[1]}"

    def start(self, *kids: str) -> None:
        """Start (again) with new keys of these names; the first one signs."""
        if self.process is not None:
            self.process.stop()
        self.keys = {kid: RSAKey.generate_key(2048, {"kid": kid, "use": "sig", "alg": "RS256"}) for kid in kids}
        keys = self._folder / "keys.json"
        keys.write_text(json.dumps({"keys": [one.as_dict(private=True) for one in self.keys.values()]}))
        self._tell()
        argv = [
            node_program(), str(FOLDER / "provider.mjs"), self.issuer, str(self._behind), str(keys),
            str(self._folder / "accounts.json"), self.gateway + CALLBACK,
        ]  # fmt: skip
        self.process = Process(argv, self._folder / "provider.log", bare_environment(NODE_NO_WARNINGS="1"), FOLDER)
        self.process.wait_ready(lambda: answers(self._behind, "/.well-known/openid-configuration"))

    def stop(self) -> None:
        """End all of it."""
        assert self.process is not None
        self.process.stop()
        self._door.shutdown()
        self._door.server_close()

    def person(self, login: str, **claims: Any) -> str:
        """Somebody of the provider's, with an address that it vouches for."""
        self.people[login] = {"email": f"{login}@corp.test", "email_verified": True, "name": login.title(), **claims}
        self._tell()
        return login

    def _tell(self) -> None:
        (self._folder / "accounts.json").write_text(json.dumps(self.people))

    def _answered(self, path: str, body: bytes) -> bytes:
        if path == "/.well-known/openid-configuration":
            return json.dumps({**json.loads(body), **self.says}).encode()
        if path.partition("?")[0] != "/token" or self.tamper is None or b"id_token" not in body:
            return body
        said = json.loads(body)
        kid = next(iter(self.keys))
        claims = dict(jwt.decode(said["id_token"], self.keys[kid]).claims)
        header = {"alg": "RS256", "kid": kid}
        self.tamper(header, claims)
        if header["alg"] == "none":
            body_part = said["id_token"].split(".")[1]
            said["id_token"] = f"eyJhbGciOiJub25lIn0.{body_part}."
        else:
            signer = self.keys.get(header["kid"]) or RSAKey.generate_key(2048)
            said["id_token"] = jwt.encode(header, claims, signer)
        return json.dumps(said).encode()

    def _handler(self) -> type[BaseHTTPRequestHandler]:
        login = self

        class Door(BaseHTTPRequestHandler):
            def _pass_on(self) -> None:
                login.asked.append(self.path)
                data = self.rfile.read(int(self.headers.get("content-length") or 0))
                connection = http.client.HTTPConnection("127.0.0.1", login._behind, timeout=20)
                try:
                    sent = {name: value for name, value in self.headers.items() if name.lower() != "connection"}
                    connection.request(self.command, self.path, data, sent)
                    answer = connection.getresponse()
                    body = login._answered(self.path, answer.read())
                    self.send_response(answer.status)
                    for name, value in answer.getheaders():
                        if name.lower() not in ("content-length", "transfer-encoding", "connection", "date"):
                            self.send_header(name, value)
                    self.send_header("content-length", str(len(body)))
                    self.end_headers()
                    self.wfile.write(body)
                finally:
                    connection.close()

            do_GET = do_POST = _pass_on  # noqa: N815 - http.server looks for these names

            def log_message(self, *words: object) -> None:
                """Silent."""

        return Door


class Seen(NamedTuple):
    """One page."""

    status: int
    headers: http.client.HTTPMessage
    body: str

    @property
    def json(self) -> Any:
        """Its body, read."""
        return json.loads(self.body)


class Browser:
    """Follows redirects of the provider and keeps cookies, as a browser would."""

    def __init__(self) -> None:
        self.jars: dict[str, dict[str, str]] = {}

    def ask(
        self, method: str, url: str, form: Mapping[str, str] | None = None, body: Any = None, **headers: str
    ) -> Seen:
        """One page."""
        parts = urlsplit(url)
        jar = self.jars.setdefault(parts.netloc, {})
        sent = {"cookie": "; ".join(f"{name}={value}" for name, value in jar.items()), **headers}
        data = b""
        if form is not None:
            data, sent["content-type"] = urlencode(form).encode(), "application/x-www-form-urlencoded"
        elif body is not None:
            data, sent["content-type"] = json.dumps(body).encode(), "application/json"
        connection = http.client.HTTPConnection(parts.netloc, timeout=30)
        try:
            connection.request(method, f"{parts.path or '/'}{'?' * bool(parts.query)}{parts.query}", data, sent)
            answer = connection.getresponse()
            for row in answer.headers.get_all("set-cookie") or []:
                for name, morsel in SimpleCookie(row).items():
                    jar[name] = morsel.value
            return Seen(answer.status, answer.headers, answer.read().decode("utf-8", "replace"))
        finally:
            connection.close()

    def initiate(self, login: Login, provider: str, **more: str) -> dict[str, str]:
        """Set out: what the gateway answers."""
        url = f"{login.gateway}/api/v1/admin/auth/sso/initiate"
        said = self.ask("POST", url, body={"provider": provider, **more})
        assert said.status == 200, said.body
        found: dict[str, str] = said.json
        return found

    def agree(self, login: Login, url: str, who: str) -> str:
        """Sign in at the provider: the address at the gateway that it sends the browser back to."""
        self.jars.pop(urlsplit(login.issuer).netloc, None)
        page = self.ask("GET", url)
        for _ in range(12):
            if page.status in (301, 302, 303):
                url = urljoin(url, page.headers["location"])
                if url.startswith(login.gateway):
                    return url
                page = self.ask("GET", url)
            else:
                action = re.search(r'<form[^>]+action="([^"]+)"', page.body)
                prompt = re.search(r'name="prompt" value="(\w+)"', page.body)
                assert action and prompt, page.body
                url = urljoin(url, html.unescape(action[1]))
                page = self.ask("POST", url, {"prompt": prompt[1], "login": who, "password": "x"})
        raise AssertionError(f"the provider never sent the browser back: {page.status} {page.body[:500]}")

    def back(self, url: str) -> Seen:
        """Come back to the gateway, as a script that wants tokens."""
        return self.ask("GET", url, accept="application/json")

    def sign_in(self, login: Login, provider: str, who: str) -> Seen:
        """The whole way."""
        return self.back(self.agree(login, self.initiate(login, provider)["authorization_url"], who))


def changed(url: str, **parts: str) -> str:
    """The address with other values in its query; an empty one takes it out."""
    head, _, query = url.partition("?")
    values = {name: found[0] for name, found in parse_qs(query).items()} | parts
    return f"{head}?{urlencode({name: value for name, value in values.items() if value})}"
