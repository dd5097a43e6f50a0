"""Gemini on Vertex AI behind OpenAI's and Anthropic's own SDKs: a service account's token first, then the answer."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import anthropic
import openai
import pytest

from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model
from tests.e2e.mocks import UPSTREAM_KEY, Aimock
from tests.e2e.road import straight
from tests.unit.upstream.test_assertions import ACCOUNT, PEM

pytestmark = straight

HELLO: Any = [{"role": "user", "content": "say hello"}]
SAID = "Hello from the other side, नमस्ते 🙏, in more than one piece."
streams = pytest.mark.parametrize("stream", [False, True], ids=["whole", "stream"])


class TokenEndpoint:
    """Gives one access token for every assertion, and keeps the forms."""

    def __init__(self) -> None:
        forms: list[dict[str, list[str]]] = []

        class Asked(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                length = int(self.headers["content-length"])
                forms.append(parse_qs(self.rfile.read(length).decode()))
                body = json.dumps({"access_token": UPSTREAM_KEY, "expires_in": 3599, "token_type": "Bearer"}).encode()
                self.send_response(200)
                self.send_header("content-type", "application/json")
                self.send_header("content-length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            def log_message(self, *args: object) -> None:
                """Nothing."""

        self.forms = forms
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Asked)
        self.address = f"http://127.0.0.1:{self.server.server_address[1]}/token"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()


@pytest.fixture(scope="module")
def tokens() -> Iterator[TokenEndpoint]:
    endpoint = TokenEndpoint()
    yield endpoint
    endpoint.server.shutdown()
    endpoint.server.server_close()


@pytest.fixture(scope="module")
def served(aimock: Aimock, tokens: TokenEndpoint, room: Path) -> Iterator[Gateway]:
    account = json.dumps({**ACCOUNT, "token_uri": tokens.address})
    key_file = room / "service-account.json"
    key_file.write_text(account)
    base = {"kind": "vertex", "base_url": f"{aimock.origin}/v1", "location": "europe-west1"}
    providers = [
        {**base, "id": "by-text", "credentials": [{"service_account": account}]},
        {**base, "id": "by-file", "credentials": [{"service_account_file": str(key_file)}]},
    ]
    models = [model(f"gemini-{name}", f"by-{name}", "gemini-2.0-flash") for name in ("text", "file")]
    gateway = Gateway(room / "vertex", configuration(providers, models))
    yield gateway
    assert gateway.process.stop() == 0, gateway.process.tail()


@streams
@pytest.mark.parametrize("name", ["gemini-text", "gemini-file"])
def test_openais_sdk_gets_an_answer(served: Gateway, aimock: Aimock, name: str, stream: bool) -> None:
    with openai.OpenAI(base_url=f"{served.origin}/v1", api_key=CALLER_KEY, max_retries=0, timeout=20) as sdk:
        if stream:
            with sdk.chat.completions.stream(model=name, messages=HELLO) as events:
                for _ in events:
                    pass
                answer: Any = events.get_final_completion()
        else:
            answer = sdk.chat.completions.create(model=name, messages=HELLO)
    assert (answer.choices[0].message.content, answer.choices[0].finish_reason) == (SAID, "stop")
    method = "streamGenerateContent" if stream else "generateContent"
    path = f"/v1/projects/acme-ai/locations/europe-west1/publishers/google/models/gemini-2.0-flash:{method}"
    assert path in [str(one["path"]).partition("?")[0] for one in aimock.seen()]


@streams
def test_anthropics_sdk_gets_an_answer(served: Gateway, stream: bool) -> None:
    with anthropic.Anthropic(base_url=served.origin, api_key=CALLER_KEY, max_retries=0, timeout=20) as sdk:
        if stream:
            with sdk.messages.stream(model="gemini-text", max_tokens=100, messages=HELLO) as events:
                answer = events.get_final_message()
        else:
            answer = sdk.messages.create(model="gemini-text", max_tokens=100, messages=HELLO)
    assert [block.text for block in answer.content if block.type == "text"] == [SAID]


def test_the_token_is_asked_for_once_and_no_secret_is_written_anywhere(served: Gateway, tokens: TokenEndpoint) -> None:
    with openai.OpenAI(base_url=f"{served.origin}/v1", api_key=CALLER_KEY, max_retries=0, timeout=20) as sdk:
        for name in ("gemini-text", "gemini-file", "gemini-text"):
            sdk.chat.completions.create(model=name, messages=HELLO)
    assert len(tokens.forms) == 2, "one for each provider"
    left = served.left_behind()
    for secret in (UPSTREAM_KEY, PEM.splitlines()[3], *(form["assertion"][0] for form in tokens.forms)):
        assert secret not in left
