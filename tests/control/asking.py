"""Asks the control plane's application in process, as an ASGI server would."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, NamedTuple

from fastapi import FastAPI

from tests.control.book import ListBook
from tests.control.objects import NoObjects
from tests.control.revealer import ListRevealer
from tests.control.usage import idle_metering
from torana.control.app import control_application
from torana.control.approvals.queries import wishes
from torana.control.audit.entries import Actor, Entry
from torana.control.audit.prover import Proof
from torana.control.keys.queries import naming
from torana.control.office import Office, Reloaded
from torana.control.people_desk import Manners, PeopleDesk
from torana.core.call import Ask
from torana.core.errors import GatewayError
from torana.core.snapshot import Deployment, KeyEntry, ModelEntry, Shadow
from torana.core.tickets import Attempt, Caller, Dropped, Grant, Plan
from torana.core.tokens import Revocation
from torana.ports.database import Connection
from torana.ports.identity import IdentityDesk
from torana.ports.tokens import Minted

KEYS = {
    "operator": frozenset(
        {
            "config.reload",
            "system.read",
            "routing.read",
            "tokens.revoke",
            "policies.read",
            "policies.operate",
            "guardrails.reveal",
        }
    ),
    "admin": frozenset({"policies.read", "policies.write"}),
    "auditor": frozenset({"guardrails.reveal"}),
    "reader": frozenset({"system.read"}),
    "security": frozenset({"tokens.revoke"}),
    "nobody": frozenset[str](),
}
NOW = 1_750_000_000.0
revoked: list[tuple[str, Revocation]] = []
"""Whom the Office was asked to revoke, by which key."""


class Said(NamedTuple):
    """One answer."""

    status: int
    headers: dict[str, str]
    body: Any


class ListTrail:
    """Remembers what was told, of routes that change nothing in the database themselves."""

    def __init__(self) -> None:
        self.entries: list[tuple[Actor, Entry]] = []

    def append(self, connection: Connection | None, actor: Actor, entry: Entry) -> object:
        self.entries.append((actor, entry))
        return entry

    def tell(self, written: object) -> None:
        assert written is self.entries[-1][1]


trail = ListTrail()


class NoDatabase:
    """For routes that need none but for the trail."""

    async def read(self, work: Any, *values: Any, **named: Any) -> Any:
        if work in (wishes, naming):
            return {}
        raise AssertionError("no database was expected to be asked")

    async def write(self, work: Any, *values: Any, **named: Any) -> Any:
        if work == trail.append:
            return trail.append(None, *values)
        return await self.read(work, *values, **named)


class NoProver:
    """For routes that prove nothing."""

    async def verify(self, tenant: str | None) -> list[Proof]:
        raise AssertionError("no proof was asked for")

    def exported(self, tenant: str) -> AsyncIterator[bytes]:
        raise AssertionError("no export was asked for")

    def requests(self, tenant: str, since: float, until: float) -> AsyncIterator[list[dict[str, Any]]]:
        raise AssertionError("no requests were asked for")


async def nothing(*values: Any) -> None:
    """There is nothing to do."""


async def by_nothing(*values: Any) -> tuple[str, ...]:
    """Nothing is in the way."""
    return ()


class NoScanner:
    """For routes that read no file."""

    most_bytes = 0

    async def scan(self, *asked: Any) -> Any:
        raise AssertionError("no file was expected to be read")


class NoIdentities:
    """For routes that ask no identity provider."""

    async def discover(self, *asked: Any) -> Any:
        raise AssertionError("no identity provider was expected to be asked")

    claims = discover


class NoAnswers:
    """For routes that ask no cache."""

    async def figures(self, tenant: str) -> Any:
        raise AssertionError("no cache was expected to be asked")

    clear = wrong = figures

    def trials(self, tenant: str) -> Any:
        raise AssertionError("no cache was expected to be asked")


def office(reloaded: Reloaded, book: ListBook) -> Office:
    """An Office with the callers of KEYS, found by the bearer token of their name."""

    async def identify(credentials: Sequence[tuple[str, str]], address: str) -> Caller:
        name = credentials[0][1].removeprefix("Bearer ") if credentials else ""
        if name not in KEYS:
            raise GatewayError("KEY_INVALID", "unknown")
        entry = KeyEntry(name, name, f"sk-{name}", "acme", permissions=KEYS[name])
        return Caller("acme", name, entry)

    async def reload() -> Reloaded:
        return reloaded

    def explain(caller: Caller, ask: Ask, conversation: str, headers: Mapping[str, str]) -> tuple[Grant, Plan]:
        if ask.model == "gone":
            raise GatewayError("MODEL_NOT_FOUND", "no such model")
        where = Deployment(
            "p",
            f"{ask.model} of {conversation or ask.user} with {sorted(ask.needs)}",
            region=headers.get("x-region", "eu"),
        )
        if ask.model == "trial":
            aside = Deployment("s", "x")
            plan = Plan((Attempt(where, 1, canary=True),), hedge_s=0.8, shadow=Plan((Attempt(aside, 1),)))
            return Grant(caller, ModelEntry("trial", (where,), shadow=Shadow(aside, 0.25)), "default@1"), plan
        plan = Plan((Attempt(where, 1, fallback=True),), (Dropped("q", "x", "breaker open"),), "sticky", "a note")
        return Grant(caller, ModelEntry(ask.model or "default", (where,)), "default@1"), plan

    async def revoke(caller: Caller, row: Revocation) -> None:
        if row.value == "away":
            raise GatewayError("OVERLOADED", "the database is away", retry_after_s=2)
        revoked.append((caller.key_id, row))

    return Office(
        identify=identify,
        reload=reload,
        configuration=lambda: {"server": {"port": 8000}},
        system=lambda: {"version": "1"},
        explain=explain,
        revoke=revoke,
        now=lambda: NOW,
        new_id=lambda prefix: f"{prefix}1",
        database=NoDatabase(),
        trail=trail,
        prover=NoProver(),
        sign_tokens=lambda claims: Minted("", 0),
        people=PeopleDesk(
            manners=lambda: Manners("first", 3600.0, False, True, "USD", "UTC"),
            places=dict,
            file_keys=dict,
            digest=lambda text: text.encode(),
            catch_up=nothing,
            named_by=by_nothing,
            post=nothing,
        ),
        identity=IdentityDesk(NoIdentities(), lambda text, about: text, lambda sealed, about: sealed, str),
        policies=book,
        objects=NoObjects(),
        revealer=ListRevealer(),
        scanner=NoScanner(),
        metering=idle_metering(),
        answers=NoAnswers(),
        features={"receipts": "on", "sso": "not yet"},
    )


def application(reloaded: Reloaded | None = None, book: ListBook | None = None) -> FastAPI:
    """The application over that Office."""
    return control_application(office(reloaded or Reloaded(True, 2, "abc"), book or ListBook()), "1.2.3")


async def ask(app: FastAPI, method: str, path: str, key: str = "", body: bytes = b"") -> Said:
    """Send one request and read the whole answer."""
    headers = [(b"authorization", f"Bearer {key}".encode())] if key else []
    headers.append((b"content-type", b"application/json"))
    scope = {
        "type": "http", "asgi": {"version": "3.0"}, "http_version": "1.1", "method": method, "path": path.partition("?")[0],
        "raw_path": path.encode(), "query_string": path.partition("?")[2].encode(), "headers": headers, "client": ("127.0.0.1", 1),
        "server": ("127.0.0.1", 80), "scheme": "http", "root_path": "",
    }  # fmt: skip
    sent: list[Any] = []

    async def receive() -> dict[str, object]:
        return {"type": "http.request", "body": body, "more_body": False}

    async def send(message: Any) -> None:
        sent.append(message)

    await app(scope, receive, send)
    answer = b"".join(message.get("body", b"") for message in sent[1:])
    names = {name.decode(): value.decode() for name, value in sent[0]["headers"]}
    return Said(sent[0]["status"], names, json.loads(answer))
