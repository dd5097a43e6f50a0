"""Writes events as Messages streams: https://platform.claude.com/docs/en/build-with-claude/streaming.

Blocks never overlap here: what comes for a later block while an earlier one is open waits for its turn. Called by
``anthropic_messages``.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence

import msgspec

from torana.core.call import Usage
from torana.core.events import (
    Began,
    Cited,
    Counted,
    Ended,
    Event,
    RefusalPiece,
    Request,
    TextPiece,
    ThinkingPiece,
    ToolBegan,
    ToolPiece,
)
from torana.dialects.codecs.anthropic_messages_whole import citation_of, head, shows, signed_call, stop_of, usage_json

Json = dict[str, object]

_encode = msgspec.json.encode
_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


class _Block:
    """A block that is open or waits to be: what starts it, and the deltas not written yet."""

    __slots__ = ("arguments", "cited", "kind", "place", "start", "waiting")

    def __init__(self, kind: str, start: Json, place: int = -1) -> None:
        self.kind = kind
        self.start = start
        self.place = place
        self.waiting: list[Json] = []
        self.arguments: list[str] = []
        """Of a tool call: the pieces of JSON text so far, to see whether it is complete."""
        self.cited = False

    def complete(self) -> bool:
        """Whether nothing can follow: a tool call with whole JSON, anything else as soon as another block begins."""
        if self.kind != "tool_use":
            return True
        if not self.arguments or not self.arguments[-1].rstrip().endswith("}"):
            return False  # a cheap look first: most pieces end in the middle of something
        try:
            _members("".join(self.arguments))
        except (msgspec.DecodeError, RecursionError):
            return False
        return True


class MessageWriter:
    """Writes one stream: message_start, blocks one after another, message_delta with the usage, message_stop."""

    __slots__ = (
        "_began",
        "_blocks",
        "_ended",
        "_index",
        "_open",
        "_out",
        "_request",
        "_shows",
        "_started",
        "_tools",
        "_usage",
    )

    def __init__(self, request: Request) -> None:
        self._request = request
        self._shows = shows(request)
        self._began: Began | None = None
        self._started = False
        self._usage = Usage()
        self._blocks: deque[_Block] = deque()
        """The open block and those behind it."""
        self._tools: dict[int, _Block] = {}
        self._open = False
        """Whether the first of the blocks was started on the wire."""
        self._index = 0
        self._ended: Ended | None = None
        self._out: list[bytes] = []

    def write(self, events: Sequence[Event]) -> bytes:
        """The wire bytes of these events. Candidates but the first are not written: the API has one answer."""
        for event in events:
            if isinstance(event, Began):
                self._began = event
            elif isinstance(event, Counted):
                self._usage = event.usage
            elif event.candidate == 0:
                self._take(event)
        if self._began is not None:
            self._start()
        return self._taken()

    def finish(self) -> bytes:
        """The end of the message. The usage stands here because providers tell it last."""
        self._start()
        self._flush()
        stop = stop_of(self._ended, bool(self._tools))
        self._send("message_delta", {"delta": stop, "usage": usage_json(self._usage)})
        self._send("message_stop", {})
        return self._taken()

    def _take(self, event: Event) -> None:
        match event:
            case TextPiece() | RefusalPiece():
                if event.text:
                    self._add(self._current("text", renew=True), {"type": "text_delta", "text": event.text})
            case Cited():
                block = self._current("text")
                block.cited = True
                self._add(block, {"type": "citations_delta", "citation": citation_of(event)})
            case ThinkingPiece():
                self._think(event)
            case ToolBegan():
                if event.signature:
                    self._append(_Block("redacted_thinking", signed_call(event)))
                start: Json = {
                    "type": "tool_use",
                    "id": event.id or f"toolu_{event.place}",
                    "name": event.name,
                    "input": {},
                }
                self._tools[event.place] = self._append(_Block("tool_use", start, event.place))
            case ToolPiece():
                called = self._tools.get(event.place)
                if called is not None and event.text:
                    called.arguments.append(event.text)
                    self._add(called, {"type": "input_json_delta", "partial_json": event.text})
            case Ended():
                self._ended = event
                self._start()
                self._flush()

    def _think(self, event: ThinkingPiece) -> None:
        if event.data:
            self._append(_Block("redacted_thinking", {"type": "redacted_thinking", "data": event.data}))
            return
        text = event.text if self._shows else ""
        if text:
            self._add(self._current("thinking", renew=True), {"type": "thinking_delta", "thinking": text})
        if event.signature:
            block = self._current("thinking")
            block.cited = True
            self._add(block, {"type": "signature_delta", "signature": event.signature})

    # --- blocks

    def _current(self, kind: str, renew: bool = False) -> _Block:
        """The last block if it is of this kind, else a new one; ``renew``: not one that is signed or cited already."""
        last = self._blocks[-1] if self._blocks else None
        if last is not None and last.kind == kind and not (renew and last.cited):
            return last
        start: Json = {"type": kind, "text": ""} if kind == "text" else {"type": kind, "thinking": "", "signature": ""}
        return self._append(_Block(kind, start))

    def _append(self, block: _Block) -> _Block:
        self._blocks.append(block)
        self._advance()
        return block

    def _add(self, block: _Block, delta: Json) -> None:
        block.waiting.append(delta)
        self._advance()

    def _advance(self) -> None:
        """Write what can be written: the first block's deltas, and the next block when the first is complete."""
        while self._blocks:
            first = self._blocks[0]
            self._start()
            if not self._open:
                self._open = True
                self._send("content_block_start", {"index": self._index, "content_block": first.start})
            for delta in first.waiting:
                self._send("content_block_delta", {"index": self._index, "delta": delta})
            first.waiting.clear()
            if len(self._blocks) == 1 or not first.complete():
                return
            self._close()

    def _close(self) -> None:
        self._blocks.popleft()
        self._open = False
        self._send("content_block_stop", {"index": self._index})
        self._index += 1

    def _flush(self) -> None:
        """Close all blocks, complete or not: nothing more comes."""
        while self._blocks:
            self._advance()
            self._close()

    # --- the wire

    def _start(self) -> None:
        if not self._started:
            self._started = True
            stop: Json = {"stop_reason": None, "stop_sequence": None}
            self._send("message_start", {"message": head(self._began or Began(), self._request, self._usage, (), stop)})

    def _send(self, kind: str, members: Json) -> None:
        self._out.append(b"event: %b\ndata: %b\n\n" % (kind.encode(), _encode({"type": kind, **members})))

    def _taken(self) -> bytes:
        wire = b"".join(self._out)
        self._out.clear()
        return wire
