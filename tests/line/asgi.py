"""A house around a World, and a caller who speaks ASGI to it: politely, slowly, or hanging up when told."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from tests.line.world import KEY, World
from torana.core.ids import NewId
from torana.dialects import embeddings, openai_chat
from torana.edge.app import application
from torana.edge.house import Bounds, House, Message, Views
from torana.ports.dialect import Dialect

CHAT = "/v1/chat/completions"
ASK: dict[str, Any] = {"model": "m", "messages": [{"role": "user", "content": "hello there"}]}


def body_of(**members: object) -> bytes:
    """A chat request."""
    return json.dumps({**ASK, **members}).encode()


def counter(prefix: str) -> NewId:
    """Ids one, two, three …"""
    made = iter(range(1, 1_000_000))
    return lambda: f"{prefix}{next(made)}"


def paths() -> dict[str, Dialect]:
    """Path → dialect, with the aliases."""
    served: dict[str, Dialect] = {}
    for dialect in (openai_chat, embeddings):
        for path in dialect.PATHS:
            served[path] = served["/api" + path] = dialect
    return served


def house_of(world: World, bounds: Bounds | None = None, **facts: Any) -> House:
    """The edge's world around this one."""
    views = facts.pop("views", None) or Views(lambda: (True, {"spool": "ok"}), lambda: b"metric 1\n", lambda: False)
    return House(
        rooms=world.rooms,
        dialects=paths(),
        default_dialect=openai_chat,
        clock=world.clock,
        tally=world.tally,
        new_request_id=counter("req_made_"),
        new_receipt_id=counter("rcpt_"),
        views=views,
        bounds=bounds or Bounds(),
        **facts,
    )


@dataclass
class Visit:
    """One request as its caller makes and sees it."""

    house: House
    path: str = CHAT
    method: str = "POST"
    body: Sequence[bytes] = ()
    """The body in as many messages as given."""
    headers: Sequence[tuple[str, str]] = (("authorization", f"Bearer {KEY}"),)
    address: str = "192.0.2.1"
    then: Callable[[Visit], None] | None = None
    """Called after each message that the gateway sent, for what a caller may do then."""
    fails_at: int | None = None
    """Sending this message raises, as ASGI servers do when the caller is gone."""
    sent: list[Message] = field(default_factory=list)

    def __post_init__(self) -> None:
        self._left = asyncio.Event()
        self._bodies = list(self.body) or [b""]
        self.whole = True
        """Whether the body comes to its end; else the caller stops half-way and waits."""
        self.receives = 0

    def hang_up(self) -> None:
        """From now on the server reports a disconnect."""
        self._left.set()

    async def receive(self) -> Message:
        self.receives += 1
        if self._bodies and not self._left.is_set():
            part = self._bodies.pop(0)
            return {"type": "http.request", "body": part, "more_body": bool(self._bodies) or not self.whole}
        await self._left.wait()
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        if self.fails_at is not None and len(self.sent) >= self.fails_at:
            raise OSError("the caller is gone")
        assert not self.ended, f"sent after the end: {message}"
        assert message["type"] == ("http.response.body" if self.sent else "http.response.start")
        self.sent.append(message)
        await asyncio.sleep(0)
        if self.ended:
            self._left.set()  # servers report the end of an answer as a disconnect too
            await asyncio.sleep(0)
        if self.then is not None:
            self.then(self)
            await asyncio.sleep(0)

    @property
    def ended(self) -> bool:
        """The answer is complete."""
        return len(self.sent) > 1 and not self.sent[-1].get("more_body", False)

    def scope(self) -> dict[str, Any]:
        return {
            "type": "http",
            "asgi": {"version": "3.0", "spec_version": "2.4"},
            "http_version": "1.1",
            "method": self.method,
            "path": self.path,
            "raw_path": self.path.encode(),
            "query_string": b"",
            "headers": [(name.lower().encode("latin-1"), value.encode("latin-1")) for name, value in self.headers],
            "client": (self.address, 4711) if self.address else None,
            "server": ("testserver", 80),
        }

    async def run(self) -> Visit:
        """The whole visit."""
        await application(self.house)(self.scope(), self.receive, self.send)
        return self

    def start(self) -> asyncio.Task[Visit]:
        """The visit in a task of its own."""
        return asyncio.create_task(self.run())

    # what was answered

    @property
    def status(self) -> int:
        return int(self.sent[0]["status"])

    @property
    def head(self) -> Mapping[str, str]:
        """Headers; the last one when repeated."""
        return {name.decode("latin-1"): value.decode("latin-1") for name, value in self.sent[0]["headers"]}

    @property
    def text(self) -> bytes:
        return b"".join(message.get("body", b"") for message in self.sent[1:])

    def json(self) -> Any:
        return json.loads(self.text)

    @property
    def events(self) -> list[bytes]:
        """The events of a stream, comments too."""
        return [event for event in self.text.split(b"\n\n") if event]


async def turns(count: int = 10) -> None:
    """Let everything that is ready run, so many times."""
    for _ in range(count):
        await asyncio.sleep(0)


async def chat(world: World, bounds: Bounds | None = None, **members: object) -> Visit:
    """One polite chat request."""
    return await Visit(house_of(world, bounds), body=[body_of(**members)]).run()
