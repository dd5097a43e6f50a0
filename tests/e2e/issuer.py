"""A real OpenID provider (npm oidc-provider) as a process of a test, and its tokens as an application gets them.

Called by tests of tokens.
"""

from __future__ import annotations

import http.client
import json
from base64 import b64encode
from pathlib import Path
from urllib.parse import urlencode

from tests.e2e.node import install_packages, node_program
from tests.e2e.process import Process, answers, bare_environment, free_port

FOLDER = Path(__file__).resolve().parent / "oidc"


class OpenIdProvider:
    """One provider; its keys are made anew at each start."""

    def __init__(self, folder: Path, *kids: str, port: int = 0) -> None:
        """``kids``: the names of its keys; the first one signs. ``port`` 0: a free one."""
        install_packages(FOLDER)
        self.port = port or free_port()
        self._folder = folder
        self.process: Process
        self.start(*kids)

    def start(self, *kids: str) -> None:
        """Start (again) on the same port, with new keys."""
        argv = [node_program(), str(FOLDER / "issuer.mjs"), str(self.port), *kids]
        self.process = Process(argv, self._folder / "issuer.log", bare_environment(NODE_NO_WARNINGS="1"), FOLDER)
        self.process.wait_ready(lambda: answers(self.port, "/.well-known/openid-configuration"))

    @property
    def name(self) -> str:
        """Its ``iss``."""
        return f"http://127.0.0.1:{self.port}"

    def token(self, client: str = "billing-job", audience: str = "torana") -> str:
        """An access token by client credentials (RFC 6749, section 4.4)."""
        form = {"grant_type": "client_credentials", "scope": "chat", "resource": f"https://acme.test/{audience}"}
        pair = b64encode(f"{client}:secret-of-{client}-0000000000000000".encode()).decode()
        headers = {"Authorization": f"Basic {pair}", "Content-Type": "application/x-www-form-urlencoded"}
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=10)
        try:
            connection.request("POST", "/token", urlencode(form), headers)
            answer = connection.getresponse()
            body = answer.read()
            assert answer.status == 200, body
            return str(json.loads(body)["access_token"])
        finally:
            connection.close()
