"""An Upstream in memory: answers are given in advance, requests are kept to be looked at. No sockets."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass, field

from torana.core.call import Ask, Call, Prompt
from torana.core.faults import UpstreamFault
from torana.core.snapshot import Deployment
from torana.core.tickets import Attempt
from torana.core.trail import Trail
from torana.dialects import anthropic_messages, embeddings, gemini_content, openai_chat, openai_responses
from torana.upstream.seam import Outgoing

JSON = {"content-type": "application/json"}
SSE = {"content-type": "text/event-stream; charset=utf-8"}


@dataclass
class Canned:
    """One answer. ``pieces`` may end in a fault, which is then raised in its place."""

    status: int = 200
    headers: dict[str, str] = field(default_factory=lambda: JSON)
    pieces: Sequence[bytes | UpstreamFault] = ()


class MemoryIncoming:
    """A Canned answer behind the seam."""

    def __init__(self, canned: Canned) -> None:
        self.status = canned.status
        self._headers = canned.headers
        self._left = list(canned.pieces)
        self.closed = False

    def header(self, name: str) -> str | None:
        assert name == name.lower()
        return self._headers.get(name)

    def chosen(self, names: Mapping[bytes, str]) -> tuple[tuple[str, str], ...]:
        return tuple((names[key.encode()], value) for key, value in self._headers.items() if key.encode() in names)

    async def read(self) -> bytes:
        return b"".join([piece async for piece in self.pieces()])

    def pieces(self) -> AsyncIterator[bytes]:
        return self

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        assert not self.closed, "read after it was closed"
        if not self._left:
            raise StopAsyncIteration
        piece = self._left.pop(0)
        if isinstance(piece, UpstreamFault):
            raise piece
        return piece

    async def aclose(self) -> None:
        self.closed = True

    @property
    def given_back(self) -> bool:
        """Read to its end or closed: the law of the seam."""
        return self.closed or not self._left


class MemoryUpstream:
    """Gives the canned answers in turn; a fault among them is raised."""

    def __init__(self, *answers: Canned | UpstreamFault) -> None:
        self._answers = list(answers)
        self.sent: list[Outgoing] = []
        self.given: list[MemoryIncoming] = []

    async def send(self, outgoing: Outgoing) -> MemoryIncoming:
        self.sent.append(outgoing)
        answer = self._answers.pop(0)
        if isinstance(answer, UpstreamFault):
            raise answer
        self.given.append(MemoryIncoming(answer))
        return self.given[-1]

    async def aclose(self) -> None:
        pass


DIALECTS = {one.ID: one for one in (openai_chat, embeddings, openai_responses, anthropic_messages, gemini_content)}


def prompt_of(body: bytes, dialect: str = openai_chat.ID) -> Prompt:
    """The Prompt of a body, as the line would make it."""
    module = DIALECTS.get(dialect)
    trail = Trail("req-1", "rcpt1", 1_700_000_000.0, 0.0)
    read = module.read if module else lambda raw: Ask(None)
    call = Call(dialect, module.OPERATION if module else "chat", body, (), read, trail)
    return Prompt(call, call.ask.model or "m", body)


def attempt_of(model: str = "up-model") -> Attempt:
    return Attempt(Deployment("p", model), 1)
