"""Writes events as a Responses answer: https://platform.openai.com/docs/api-reference/responses-streaming.

A whole answer is the response object that ends the stream of the same events. Called by the codec
``openai_responses``.
"""

from __future__ import annotations

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
from torana.dialects.codecs.openai_responses_echo import echo, usage_said
from torana.dialects.codecs.openai_responses_output import Call, Message, Output, Thought
from torana.dialects.codecs.openai_responses_words import WHY_INCOMPLETE_BACK, seal

Json = dict[str, object]


def write_whole(events: Sequence[Event], request: Request) -> bytes:
    """A whole plain answer: the response object."""
    writer = ResponseWriter(request)
    writer.write(events)
    writer.finish()
    return msgspec.json.encode(writer.response)


class ResponseWriter:
    """Writer of one stream. A response has one candidate; what came of others is left out."""

    __slots__ = ("_begun", "_calls", "_open", "_out", "_reason", "_request", "_usage", "response")

    def __init__(self, request: Request) -> None:
        self._request = request
        self._out = Output()
        self._begun = False
        self._open: Message | Thought | None = None
        """The item that is being said; calls are beside it, for their arguments may come in turns."""
        self._calls: dict[int, Call] = {}
        self._usage: Usage | None = None
        self._reason = "stop"
        self.response: Json = {}
        """The response object as it stands."""

    def write(self, events: Sequence[Event]) -> bytes:
        """The wire bytes of these events."""
        for event in events:
            if not getattr(event, "candidate", 0):
                self._one(event)
        return self._out.take()

    def finish(self) -> bytes:
        """The wire bytes that end the stream: what is open is done, and the response is told whole."""
        self._begin(Began())
        why = WHY_INCOMPLETE_BACK.get(self._reason)
        if self._reason == "refused" and self._out.refused:
            why = None  # the model's words of refusal are the answer
        self._close("incomplete" if why else "completed")
        for call in self._calls.values():
            call.close("incomplete" if why else "completed")
        response = self.response
        response["status"] = status = "incomplete" if why else "completed"
        response["output"] = self._out.items
        if why:
            response["incomplete_details"] = {"reason": why}
        if self._usage is not None:
            response["usage"] = usage_said(self._usage)
        self._out.emit(f"response.{status}", response=response)
        return self._out.take()

    def _one(self, event: Event) -> None:
        if not self._begun:
            self._begin(event if isinstance(event, Began) else Began())
        match event:
            case TextPiece():
                self._message().text(event.text, event.logprobs)
            case RefusalPiece():
                self._message().refusal(event.text)
            case Cited():
                self._message().cite(event)
            case ThinkingPiece():
                self._think(event)
            case ToolBegan():
                self._close()
                self._calls[event.place] = Call(self._out, event)
            case ToolPiece():
                if event.place in self._calls:
                    self._calls[event.place].piece(event.text)
            case Counted():
                self._usage = event.usage
            case Ended():
                self._reason = event.reason

    def _begin(self, began: Began) -> None:
        if self._begun:
            return
        self._begun = True
        self.response = echo(began, self._request)
        self._out.name = str(self.response["id"]).removeprefix("resp_")
        self._out.emit("response.created", response=self.response)
        self._out.emit("response.in_progress", response=self.response)

    def _message(self) -> Message:
        if not isinstance(self._open, Message):
            self._close()
            self._open = Message(self._out)
        return self._open

    def _think(self, piece: ThinkingPiece) -> None:
        sealed = seal(piece.signature, piece.data)
        if not isinstance(self._open, Thought):
            if not piece.text and not sealed:
                return
            self._close()
            self._open = Thought(self._out, piece.id)
        if piece.text:
            self._open.text(piece.text)
        if sealed:
            self._open.sealed = sealed
            self._close()

    def _close(self, status: str = "completed") -> None:
        if self._open is not None:
            self._open.close(status)
            self._open = None
