"""Requests about what a provider keeps, files, batches and stored responses: what they ask for, and how they go to a provider.

Whose a thing is, the line knows. Made by ``edge`` for the paths of OpenAI's API; used by the modules of ``providers``.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping

from torana.core.call import Ask, Chunk, Prompt, Usage
from torana.core.errors import GatewayError
from torana.core.faults import AnswerMalformed
from torana.core.kept import ANSWER, BATCH, FILE, RESPONSE, Kept, Made, Pin, Wanted
from torana.dialects import batches, files, form, openai_errors, stored_responses
from torana.dialects.kept_lists import listed
from torana.dialects.passthrough import RAW
from torana.ports.dialect import StreamDecoder
from torana.ports.passing import Errand

IDS: Mapping[str, str] = {FILE: files.ID, BATCH: batches.ID, RESPONSE: stored_responses.ABOUT}
MAKE, READ, CONTENT, ITEMS, DROP, STOP, LIST = "make", "read", "content", "items", "drop", "stop", "list"
ROADS: Mapping[tuple[str, str], tuple[str, str]] = {
    (FILE, MAKE): ("POST", "/files"),
    (FILE, READ): ("GET", "/files/{id}"),
    (FILE, DROP): ("DELETE", "/files/{id}"),
    (FILE, CONTENT): ("GET", "/files/{id}/content"),
    (BATCH, MAKE): ("POST", "/batches"),
    (BATCH, READ): ("GET", "/batches/{id}"),
    (BATCH, STOP): ("POST", "/batches/{id}/cancel"),
    (RESPONSE, READ): ("GET", "/responses/{id}"),
    (RESPONSE, ITEMS): ("GET", "/responses/{id}/input_items"),
    (RESPONSE, DROP): ("DELETE", "/responses/{id}"),
    (RESPONSE, STOP): ("POST", "/responses/{id}/cancel"),
}
"""Kind and deed → how a host is asked (https://platform.openai.com/docs/api-reference/files, …/batch, …/responses)."""
FREE = Usage()


class KeptRequest:
    """The client side of one request. Has what ``ports.dialect.ClientSide`` names."""

    __slots__ = ("ID", "OPERATION", "_wanted")
    CARRIES: frozenset[bytes] = frozenset()
    COMMENTS = False

    def __init__(self, wanted: Wanted) -> None:
        self._wanted = wanted
        self.ID = self.OPERATION = IDS[wanted.kind]

    def read(self, body: bytes) -> Ask:
        """What the request asks for. Raises GatewayError REQUEST_INVALID naming the field at fault."""
        wanted = self._wanted
        if wanted.deed == MAKE:
            return files.read(body, wanted) if wanted.kind == FILE else batches.read(body, wanted)
        return Ask(None, max_tokens=0, counted_bytes=0, texts=(), kept=wanted)

    def refuse(self, error: GatewayError, request_id: str) -> bytes:
        """A refusal of ours."""
        return openai_errors.refuse(error, request_id)

    def refuse_event(self, error: GatewayError, request_id: str) -> bytes:
        """Not reached: none of these answers is a stream of events."""
        return openai_errors.refuse_event(error, request_id)

    def listed(self, rows: list[Kept], more: bool) -> bytes:
        """A page of a list."""
        return listed(self._wanted.kind, rows, more)


def errand(prompt: Prompt, model: str) -> Errand:
    """How the provider is asked for what ``KeptRequest`` read. ``model``: its name of the model, for a file of lines."""
    wanted = prompt.ask.kept
    if wanted is None or prompt.pin is None:
        raise GatewayError("REQUEST_INVALID", "This is no request about what is kept.")
    method, path = ROADS[wanted.kind, wanted.deed]
    headers: list[tuple[str, str]] = []
    body = b""
    if wanted.deed == MAKE:
        body = files.retargeted(prompt.body, model) if wanted.lines is not None else prompt.body
        kind = form.content_type(body) if wanted.kind == FILE else "application/json"
        headers.append(("content-type", kind))
    if wanted.deed == CONTENT:
        headers.append(("accept", "*/*"))
    path = path.replace("{id}", wanted.id)
    return Errand(
        method,
        f"{path}?{wanted.query}" if wanted.query else path,
        tuple(headers),
        _Told(wanted, prompt.pin),
        repeatable=wanted.deed != MAKE,
        free=wanted.deed == CONTENT,
        body=body,
    )


class _Told:
    """Reads what a provider says of a thing, and writes it on the Pin. Has the upstream side of ``ports.dialect``."""

    __slots__ = ("ID", "_pin", "_wanted")

    def __init__(self, wanted: Wanted, pin: Pin) -> None:
        self.ID = IDS[wanted.kind]
        self._wanted = wanted
        self._pin = pin

    def retarget(self, body: bytes, ask: Ask, model: str, stream_usage: bool) -> bytes:
        """The body as it is."""
        return body

    def decoder(self, ask: Ask) -> StreamDecoder:
        """None of these answers is a stream of events; one that comes is handed on."""
        return RAW.decoder(ask)

    def read_answer(self, body: bytes, ask: Ask) -> Chunk:
        """A whole answer as one chunk, bytes exact. Raises AnswerMalformed for what tells of no such thing."""
        try:
            self._pin.made = made_of(self._wanted.kind, body)
        except (ValueError, RecursionError):
            raise AnswerMalformed(f"the answer tells of no {self._wanted.kind}") from None
        return Chunk(body, True, FREE)


def made_of(kind: str, body: bytes) -> Made | None:
    """What an answer says of a thing of this kind; None: nothing that matters here. Raises ValueError."""
    return _MADE[kind](body)


def about(prompt: Prompt) -> bool:
    """Whether a Prompt is about a kept thing itself, not about an answer that is made of one or becomes one."""
    return prompt.pin is not None and (prompt.ask.kept is None or prompt.ask.kept.deed != ANSWER)


_MADE: Mapping[str, Callable[[bytes], Made | None]] = {
    FILE: files.made,
    BATCH: batches.made,
    RESPONSE: stored_responses.made,
}
