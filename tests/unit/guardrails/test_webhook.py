"""Texts go out once and signed; only a verdict as documented is taken."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.secret import Secret
from torana.guardrails import webhook as plugin
from torana.guardrails.webhook import Settings, Webhook, key_of, signature
from torana.ports.guardrail import Answered, Finding, Request, Tools, Where
from torana.testing.clock import FakeClock

KEY = "a key of twenty-four bytes"
NOW = 1_750_000_000.7
USER = Where("input", "user")


class Server:
    def __init__(self, answer: object = None, status: int = 200) -> None:
        self.answer = {"verdict": "allow"} if answer is None else answer
        self.status = status
        self.got: list[Request] = []

    async def __call__(self, request: Request, /) -> Answered:
        self.got.append(request)
        body = self.answer if isinstance(self.answer, bytes) else json.dumps(self.answer).encode()
        return Answered(self.status, body)


def webhook(server: Server, **settings: Any) -> Webhook:
    given = {"url": Secret("https://checks.example.com/v1"), "secret": Secret(KEY), **settings}
    return Webhook(Settings(**given), server, FakeClock(NOW))


async def test_the_texts_are_posted_with_their_places_and_signed_as_standard_webhooks_are() -> None:
    server = Server()
    texts = [("hello", USER), ("rules \U0001f916", Where("input", "system"))]
    assert await webhook(server, timeout_s=3.0, allow_private=True).judge(texts) == [[], []]
    (request,) = server.got
    assert json.loads(request.body) == {
        "type": "guardrail.check",
        "timestamp": 1_750_000_000,
        "texts": [
            {"text": "hello", "side": "input", "role": "user"},
            {"text": "rules \U0001f916", "side": "input", "role": "system"},
        ],
    }
    assert (request.url, request.timeout_s, request.allow_private) == ("https://checks.example.com/v1", 3.0, True)
    headers = dict(request.headers)
    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + request.body
    expected = base64.b64encode(hmac.new(KEY.encode(), signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
    assert headers["webhook-timestamp"] == "1750000000" and headers["content-type"] == "application/json"


def test_the_signature_is_that_of_the_standards_own_example() -> None:
    # Standard Webhooks 1.0, "Signature scheme": the id, the time, the body and the key of its reference libraries' tests.
    key = key_of(Secret("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"))
    body = b'{"test": 2432232314}'
    signed = b"msg_p5jXN8AQM9LWM0D4loKWxJek.1614265330." + body
    assert (
        base64.b64encode(hmac.new(key, signed, hashlib.sha256).digest())
        == b"g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="
    )
    (message, *_) = signature(key, 1614265330, body)
    assert message[0] == "webhook-id" and message[1].startswith("msg_")


async def test_another_second_or_another_text_is_another_message() -> None:
    ids = {dict(signature(b"k", now, body))["webhook-id"] for now in (1, 2) for body in (b"a", b"b")}
    assert len(ids) == 4


ALL = [Finding("webhook", 0, 5), Finding("webhook", 0, 3)]


@pytest.mark.parametrize(
    ("verdict", "found"),
    [
        ({"verdict": "allow"}, [[], []]),
        ({"verdict": "allow", "note": "more than is read"}, [[], []]),
        ({"verdict": "block"}, [[ALL[0]], [ALL[1]]]),
        ({"verdict": "block", "kind": "sanctions"}, [[Finding("sanctions", 0, 5)], [Finding("sanctions", 0, 3)]]),
        ({"verdict": "block", "findings": [{"text": 1}]}, [[], [ALL[1]]]),
        (
            {"verdict": "findings", "findings": [{"text": 0, "kind": "name", "start": 1, "end": 3, "score": 0.5}]},
            [[Finding("name", 1, 3, 0.5)], []],
        ),
    ],
)
async def test_a_verdict_becomes_findings(verdict: object, found: object) -> None:
    assert await webhook(Server(verdict)).judge([("hello", USER), ("you", USER)]) == found


@pytest.mark.parametrize(
    "answer",
    [
        b"", b"null", b"[]", b"{}", b'{"verdict": "allow"', {"verdict": "maybe"}, {"verdict": "findings"},
        {"verdict": "allow", "findings": [{"text": 0}]},
        *({"verdict": "findings", "findings": [one]} for one in (
            {"text": 1}, {"text": -1}, {}, {"text": 0, "start": 5}, {"text": 0, "end": 6}, {"text": 0, "start": 3, "end": 3},
            {"text": 0, "kind": "Two Words"}, {"text": 0, "score": 2}, {"text": 0, "start": -1},
        )),
    ],
)  # fmt: skip
async def test_anything_that_is_not_as_documented_is_no_verdict(answer: object) -> None:
    with pytest.raises(ValueError):
        await webhook(Server(answer)).judge([("hello", USER)])


@pytest.mark.parametrize("status", [201, 204, 302, 401, 500])
async def test_any_status_but_200_is_no_verdict(status: int) -> None:
    server = Server(status=status)
    with pytest.raises(OSError, match=str(status)):
        await webhook(server).judge([("hello", USER)])
    assert len(server.got) == 1


async def test_nothing_to_look_at_is_not_sent() -> None:
    server = Server()
    assert await webhook(server).judge([("", USER)]) == [()]
    assert not server.got


@given(st.text(min_size=1))
async def test_any_text_is_sent_sign_by_sign(text: str) -> None:
    server = Server({"verdict": "block"})
    assert await webhook(server).judge([(text, USER)]) == [[Finding("webhook", 0, len(text))]]
    assert len(json.loads(server.got[0].body)["texts"][0]["text"]) == len(text)


@pytest.mark.parametrize("secret", ["brief", "whsec_", "whsec_brief===", "whsec_" + "A" * 28, "x" * 23])
def test_a_secret_that_is_too_short_or_no_base64_is_refused_and_not_shown(secret: str) -> None:
    with pytest.raises(ValueError, match="secret") as told:
        Settings(url=Secret("https://checks.example.com"), secret=Secret(secret))
    assert secret not in str(told.value) or secret == "whsec_"


@pytest.mark.parametrize("url", ["checks.example.com", "ftp://x", "https://u:p@x", ""])
def test_a_url_that_leads_nowhere_is_refused(url: str) -> None:
    async def ask(*asked: object, **more: object) -> str:
        return ""

    with pytest.raises(ValueError):
        plugin.open(Settings(url=Secret(url), secret=Secret(KEY)), Tools(ask, Server()))
