"""Two gateways with one Valkey: what one replaced the other restores, and who looks a token up is written down."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from tests.e2e.gateway import CALLER_KEY, Gateway, configuration, model
from tests.e2e.process import until
from tests.valkey import Server
from torana.line.vault import Tokens, conversation_key
from torana.testing.clock import FakeClock
from torana.wiring.guards import means_of

MAIL = "ann.smith@example.org"
HASH_KEY = "m7Wq2Zx9Lp4Rv8Tk3Yn6Bc1Hd5Jf0GsEa"
AUDITOR, OTHER = "sk-torana-e2e-auditor-4Kx9Pm2", "sk-torana-e2e-globex-8Wt3Zn6"
TOKEN = Tokens(conversation_key("acme", "c1"), means_of(FakeClock(), HASH_KEY.encode()).key).token("email", MAIL)
ADMIN = "/api/v1/admin/guardrails/"


@pytest.fixture(scope="module")
def store() -> Iterator[Server]:
    found = Server()
    yield found
    found.stop()


@pytest.fixture(scope="module")
def gateways(store: Server, tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Gateway, Gateway]]:
    folder = tmp_path_factory.mktemp("tokens")
    config = configuration([{"id": "p", "kind": "echo"}], [model("m", "p", "echo-1")])
    keys: Any = config["keys"]
    for name, key, tenant in (("auditor", AUDITOR, "acme"), ("other", OTHER, "globex")):
        keys.append({"name": name, "key": key, "tenant": tenant, "permissions": ["guardrails.reveal"]})
    tenants: Any = config["tenants"]
    tenants.append({"id": "globex"})
    config["guardrails"] = [{"id": "pii", "kind": "pii", "kinds": ["email"], "mode": "tokenise", "side": "input"}]
    config["redis_url"] = store.url
    config["database_url"] = f"sqlite:///{folder}/shared.db"
    found = [Gateway(folder / name, config, TORANA_KEY_HASH_KEY=HASH_KEY) for name in ("one", "two")]
    yield found[0], found[1]
    for one in found:
        assert one.process.stop() == 0, one.process.tail()


def said(gateway: Gateway, text: str) -> str:
    headers = {"x-api-key": CALLER_KEY, "x-torana-conversation": "c1"}
    body = {"model": "m", "messages": [{"role": "user", "content": text}]}
    answer = httpx.post(f"{gateway.origin}/v1/chat/completions", json=body, headers=headers, timeout=20)
    assert answer.status_code == 200, answer.text
    return str(answer.json()["choices"][0]["message"]["content"])


def reveal(gateway: Gateway, key: str, *tokens: str, conversation: str = "c1") -> httpx.Response:
    body = {"tokens": tokens, "conversation": conversation, "reason": "complaint 7"}
    until(lambda: httpx.get(gateway.origin + ADMIN + "reveals", headers={"x-api-key": key}).status_code != 503, 20)
    return httpx.post(gateway.origin + ADMIN + "reveal", json=body, headers={"x-api-key": key}, timeout=20)


def test_what_one_gateway_replaced_the_other_restores_and_the_store_cannot_read(
    gateways: tuple[Gateway, Gateway], store: Server
) -> None:
    one, two = gateways
    assert said(one, f"I am {MAIL}") == f"I am {MAIL}"
    assert said(two, f"say {TOKEN}") == f"say {MAIL}"
    (key,) = [name for name in store.ask("KEYS", "*").decode().split() if name.startswith("torana:vault:")]
    assert b"ann.smith" not in store.ask("HGETALL", key)
    assert TOKEN.encode() in store.ask("HGETALL", key)


def test_a_token_is_told_to_who_may_in_its_tenant_and_that_is_written_down(gateways: tuple[Gateway, Gateway]) -> None:
    one, two = gateways
    said(one, f"I am {MAIL}")
    assert reveal(two, AUDITOR, TOKEN).json() == {"values": {TOKEN: MAIL}, "unknown": []}
    assert (reveal(two, OTHER, TOKEN).status_code, reveal(one, AUDITOR, TOKEN, conversation="c2").status_code) == (
        404,
        404,
    )
    assert reveal(two, CALLER_KEY, TOKEN).status_code == 403
    rows = httpx.get(one.origin + ADMIN + "reveals", headers={"x-api-key": AUDITOR}, timeout=20).json()["items"]
    assert [(row["conversation"], row["tokens"], row["told"]) for row in rows] == [
        ("conversation c2", [TOKEN], []),
        ("conversation c1", [TOKEN], [TOKEN]),
    ]
    assert {row["reason"] for row in rows} == {"complaint 7"}
    assert MAIL not in json.dumps(rows)
    for gateway in gateways:
        assert MAIL not in (gateway.folder / "output.log").read_text("utf-8")
