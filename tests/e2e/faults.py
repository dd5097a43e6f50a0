"""The fault matrix played against one process: every fault × way × road, by every client, from every provider.

A cell has a model and a provider of its own, so that breakers, parked keys and Receipts of cells do not mix. Called by
``test_faults``.
"""

from __future__ import annotations

import asyncio
import json
import sqlite3
import ssl
import threading
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import httpx2
import trustme

from tests.e2e.fault_clients import TOGETHER, Clients, Heard, Said
from tests.e2e.gateway import CALLER_KEY, Gateway, configuration
from tests.e2e.process import until, written_lines
from torana.testing import troubles
from torana.testing.fake_upstream import FakeUpstream
from torana.testing.wires import FIRST, INPUT_TOKENS, OUTPUT_TOKENS, TEXT

GOLDEN = Path(__file__).with_suffix(".txt")
UPSTREAM_KEY = "sk-upstream-5e1f0c7a9d3b"
PRICES = {"input": "3", "output": "15"}
TOLD_NANO = INPUT_TOKENS * 3000 + OUTPUT_TOKENS * 15000
"""What an answer costs whose usage the provider told."""
HASTY = {"silent": {"first_token": 0.5}, "stall": {"idle": 0.5}, "late_stall": {"idle": 0.5}}
"""Time-outs of the providers that keep still; the others have all the time there is."""
PROVIDERS = {
    "openai": {"kind": "openai", "base_url": "/v1"},
    "chat_only": {"kind": "openai_compatible", "base_url": "/v1"},
    "anthropic": {"kind": "anthropic", "base_url": ""},
    "gemini": {"kind": "gemini", "base_url": "/v1beta"},
}
ELSEWHERE = {"openai": "anthropic", "chat_only": "anthropic", "anthropic": "gemini", "gemini": "openai"}
"""Which protocol the fallback speaks."""
PAIRS = [
    *((client, provider) for client in ("chat", "responses", "messages", "generate") for provider in PROVIDERS
      if provider != "chat_only"),
    ("responses", "chat_only"),
]  # fmt: skip
"""OpenAI's clients at ``openai``, Anthropic's at ``anthropic`` and Google's at ``gemini`` get the provider's own bytes; all
others are translated."""
WAYS = ("whole", "stream")


class Cell(NamedTuple):
    """One case."""

    fault: str
    way: str
    road: str
    client: str
    provider: str

    @property
    def name(self) -> str:
        """The name of its model, its provider and its request."""
        return "-".join(self)


class Line(NamedTuple):
    """A row of the golden table: what comes of a fault, whoever asks whomever."""

    fault: str
    way: str
    road: str
    providers: str
    """``*``, or those it is so with."""
    caller: str
    wait: str
    ending: str
    tries: str
    breaker: str
    key: str
    cost: str

    def is_of(self, cell: Cell) -> bool:
        """Whether it tells of the cell."""
        return self[:3] == cell[:3] and (self.providers == "*" or cell.provider in self.providers.split())


def golden() -> tuple[list[Line], dict[tuple[str, str], str]]:
    """The rows, and the exceptions of the SDKs: (client, what it was told) → class."""
    rows: list[Line] = []
    exceptions: dict[tuple[str, str], str] = {}
    for line in GOLDEN.read_text().splitlines():
        fields = [field.strip() for field in line.split("|")]
        if line.startswith("#") or len(fields) < 3:
            continue
        if len(fields) == 3:
            exceptions[fields[0], fields[1]] = fields[2]
        else:
            rows.append(Line(*fields))
    return rows, exceptions


class Played(NamedTuple):
    """Everything known of a cell after it was played."""

    cell: Cell
    heard: Heard
    said: Said
    receipts: Sequence[Mapping[str, Any]]
    standing: Mapping[str, Any]
    """Its row of the providers' status."""
    parked: int
    """How often its credential was parked."""


class Stage:
    """The fake providers in a thread of their own, and the gateway process before them."""

    def __init__(self, folder: Path, cells: Sequence[Cell], port_of_nobody: int) -> None:
        self.fake = FakeUpstream(troubles.play, recording=False)
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._stranger = FakeUpstream(troubles.play, recording=False, tls=unknown_certificate())
        for one in (self.fake, self._stranger):
            asyncio.run_coroutine_threadsafe(one.start(), self._loop).result(10)
        self._nobody = port_of_nobody
        providers = [self._provider(cell.name, cell.provider, cell.fault) for cell in cells]
        providers += [self._provider(f"good-{name}", name, "good") for name in PROVIDERS]
        routing = {"retries": 1, "deadline_s": 30, "breaker": {"failures": 1, "window_s": 600, "open_s": 600}}
        self.gateway = Gateway(folder, configuration(providers, [model_of(cell) for cell in cells], routing=routing))

        assert until(self._has_tables, 30), self.gateway.process.tail()

    def _has_tables(self) -> bool:
        """Whether the database is there: it is opened a moment after the first answer can be given."""
        try:
            self.gateway.rows("select 1 from usage_facts limit 1")
        except (AssertionError, sqlite3.Error):
            return False
        return True

    def _provider(self, name: str, protocol: str, fault: str) -> dict[str, object]:
        row = PROVIDERS[protocol]
        host = f"http://127.0.0.1:{self.fake.port}"
        if fault == "refused":
            host = f"http://127.0.0.1:{self._nobody}"
        elif fault == "tls":
            host = f"https://127.0.0.1:{self._stranger.port}"
        more: dict[str, object] = {"timeout_s": HASTY[fault]} if fault in HASTY else {}
        if protocol == "chat_only":
            more["operations"] = ["chat"]
        return {
            "id": name,
            "kind": row["kind"],
            "base_url": f"{host}/{fault}{row['base_url']}",
            "credentials": [{"api_key": UPSTREAM_KEY}],
            **more,
        }

    def close(self) -> None:
        """Stop both."""
        try:
            assert self.gateway.process.stop() == 0, self.gateway.process.tail()
        finally:
            self.gateway.process.kill()
            for one in (self.fake, self._stranger):
                asyncio.run_coroutine_threadsafe(one.stop(), self._loop).result(10)
            self._loop.call_soon_threadsafe(self._loop.stop)
            self._thread.join(10)
            self._loop.close()

    def standings(self) -> dict[str, Mapping[str, Any]]:
        """The providers' status, by provider."""
        with httpx2.Client(verify=False) as http:
            answer = http.get(
                f"{self.gateway.origin}/v1/providers/status", headers={"Authorization": f"Bearer {CALLER_KEY}"}
            )
        assert answer.status_code == 200
        return {row["provider"]: row for row in answer.json()["data"]}

    def parkings(self) -> Counter[str]:
        """How often a credential was parked, by provider."""
        lines = [json.loads(line) for line in written_lines(self.gateway.process.output()) if line.startswith("{")]
        return Counter(line["provider"] for line in lines if line["event"] == "credential.parked")

    def is_quiet(self) -> bool:
        """Whether no request is being answered and no Hold is open."""
        page = self.gateway.get("/metrics")
        return "\nai_gateway_holds_open 0\n" in page and "\nai_gateway_in_flight 0\n" in page

    def sample(self, name: str, cell: Cell, more: str = "") -> float | None:
        """The metric of the cell's provider."""
        for line in self.gateway.get("/metrics").splitlines():
            if line.startswith(f"{name}{{") and f'provider="{cell.name}"' in line and more in line:
                return float(line.rpartition(" ")[2])
        return None

    def ask(self, cells: Sequence[Cell]) -> tuple[dict[Cell, Said], dict[str, Heard]]:
        """Ask for every cell, many at a time."""

        async def all_of_them() -> tuple[list[Said], dict[str, Heard]]:
            clients = Clients(self.gateway.origin)
            turnstile = asyncio.Semaphore(TOGETHER)

            async def one(cell: Cell) -> Said:
                async with turnstile:
                    return await clients.ask(cell.client, cell.name, cell.way == "stream")

            try:
                return list(await asyncio.gather(*map(one, cells))), clients.tap.heard
            finally:
                await clients.aclose()

        said, heard = asyncio.run(all_of_them())
        return dict(zip(cells, said, strict=True)), heard


def unknown_certificate() -> ssl.SSLContext:
    """A server's TLS with a certificate of an authority nobody knows."""
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    trustme.CA().issue_cert("127.0.0.1").configure_cert(context)
    return context


def model_of(cell: Cell) -> dict[str, object]:
    """The cell's model: its provider, and a good one behind it where there is a fallback."""
    deployments: list[dict[str, object]] = [{"provider": cell.name, "model": "bad", "priority": 1}]
    if cell.road == "fallback":
        deployments.append({"provider": f"good-{ELSEWHERE[cell.provider]}", "model": "good", "priority": 2})
    return {"name": cell.name, "deployments": deployments, "prices": PRICES}


def told(played: Played) -> str:
    """What the caller was told, in the words of the golden table; fails for what no caller should ever get."""
    heard, said = played.heard, played.said
    assert heard.whole, "its HTTP was cut short"
    if played.cell.way == "whole" or heard.status != 200:
        body = json.loads(heard.body)
        if heard.status != 200:
            assert said.text == ""
            return f"{heard.status} {refusal_in(body, played)}"
        assert (said.text, said.error) == (TEXT, "")
        return "the answer"
    errors = [event for event in events_of(heard.body) if is_error(event)]
    if not errors:
        assert (said.text, said.error) == (TEXT, "")
        return "the answer"
    (error,) = errors
    assert error is not None
    assert json.loads(events_of(heard.body)[-1][1]) == json.loads(error[1]), "something came after the error"
    assert said.text == FIRST
    return f"content, then {refusal_in(json.loads(error[1]), played)}"


def events_of(body: bytes) -> list[tuple[str, str]]:
    """Name and data of the events of a stream."""
    found = []
    for block in body.decode().replace("\r\n", "\n").split("\n\n"):
        lines = [line.partition(": ") for line in block.split("\n") if line and not line.startswith(":")]
        data = "\n".join(value for name, _, value in lines if name == "data")
        if data:
            found.append((next((value for name, _, value in lines if name == "event"), ""), data))
    return found


def is_error(event: tuple[str, str]) -> bool:
    """Whether it is the dialect's own error event."""
    name, data = event
    if data == "[DONE]":
        return False
    body = json.loads(data)
    return name == "error" or bool(body.get("error")) or body.get("type") in ("error", "response.failed")


def refusal_in(body: Mapping[str, Any], played: Played) -> str:
    """Our code in the error; fails when its shape is not the dialect's, or the SDK did not raise with its words."""
    error = body["error"]
    if played.cell.client == "messages":
        assert body["type"] == "error"
        assert set(error) == {"type", "message"}, error
    elif played.cell.client == "generate":
        assert {"code", "message", "status"} <= set(error), error
    else:
        assert {"message", "type", "param", "code"} <= set(error), error
    assert body["request_id"] == played.cell.name
    assert error["message"]
    assert error["message"] in played.said.message
    return str(body["error_code"])


def line_of(played: Played) -> Line:
    """What came of it, as a row of the golden table."""
    (receipt,) = played.receipts
    cost = receipt["cost_nano"]
    if cost == 0:
        worth = "nothing"
    elif receipt["usage_estimated"]:
        worth = "estimated"
    else:
        assert (receipt["input_tokens"], receipt["output_tokens"]) == (INPUT_TOKENS, OUTPUT_TOKENS)
        assert cost >= TOLD_NANO
        worth = "told" if cost == TOLD_NANO else "told + lost tries"
    breaker = played.standing["breaker"] + (", cooling" if played.standing["cooling_until"] else "")
    return Line(
        *played.cell[:3],
        providers="*",
        caller=told(played),
        wait=played.heard.headers.get("retry-after", ""),
        ending=f"{receipt['ending']}",
        tries=" ".join(attempt[2] for attempt in receipt["attempts"]),
        breaker=breaker,
        key={0: "kept", 1: "parked"}[played.parked],
        cost=worth,
    )
