"""Requests that guardrails judge by asking somebody, and the Receipts that they leave. Called by the tests of such guardrails."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import httpx
import pytest

from tests.e2e.far_sides import Models
from tests.e2e.gateway import Gateway
from tests.e2e.process import until

BLOCKED = "content_policy_violation"
"""How OpenAI's dialect says GUARDRAIL_BLOCKED."""
CHEAP = {"input": "0.1", "output": "0.1"}
WAYS = pytest.mark.parametrize("stream", [False, True], ids=["plain", "stream"])


def key_of(name: str) -> str:
    return f"sk-torana-e2e-engines-{name}-7Kq2"


def ask(served: Gateway, key: str, text: str, **more: Any) -> httpx.Response:
    body = {"model": "main", "max_tokens": 20, "messages": [{"role": "user", "content": text}], **more}
    headers = {"authorization": f"Bearer {key_of(key)}"}
    return httpx.post(f"{served.origin}/v1/chat/completions", json=body, headers=headers, timeout=30)


def receipts(served: Gateway, answer: httpx.Response, asked: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """The Receipt of the request, and those of what its guardrails asked, of which there must be so many."""
    name = answer.headers["x-request-id"]

    def mine() -> list[dict[str, Any]]:
        return [row for row in served.audit() if row["request_id"] == name]

    assert until(lambda: len(mine()) > asked, 10), mine()
    theirs = [row for row in mine() if row["operation"] == "guardrail"]
    (own,) = [row for row in mine() if row["operation"] != "guardrail"]
    assert len(theirs) == asked, theirs
    return own, theirs


def verdicts_of(row: Mapping[str, Any]) -> list[str]:
    """What was said, without the versions."""
    return [one.split("@")[0] + one[one.index(":") :] for one in row["verdicts"]]


@contextmanager
def silent(models: Models, name: str) -> Iterator[None]:
    """While this model gives no answer."""
    models.silent = frozenset({name})
    try:
        yield
    finally:
        models.silent = frozenset()


def code(answer: httpx.Response) -> str:
    return str(answer.json()["error"]["code"])


def leaves(served: Gateway, models: Models, key: str, judge: str) -> None:
    """Ask with a key whose requests this model judges, and leave while it does."""
    before, name = len(models.of(judge)), f"left-{judge}"
    with silent(models, judge), httpx.Client(timeout=httpx.Timeout(20, read=1)) as client:
        headers = {"authorization": f"Bearer {key_of(key)}", "x-request-id": name}
        body = {"model": "main", "messages": [{"role": "user", "content": "Tell me about leaving."}]}
        with pytest.raises(httpx.ReadTimeout):
            client.post(f"{served.origin}/v1/chat/completions", json=body, headers=headers)
    assert len(models.of(judge)) == before + 1
    assert until(lambda: len([row for row in served.audit() if row["request_id"] == name]) == 2, 10)
    rows = {row["operation"]: row for row in served.audit() if row["request_id"] == name}
    assert {name: row["ending"] for name, row in rows.items()} == dict.fromkeys(
        ("chat", "guardrail"), "client_gone_early"
    )
    assert until(lambda: served.metric("ai_gateway_holds_open") == 0, 5)
