"""The plain envelope around the answers of any chat dialect, for callers whose ``Accept`` asks for it.

Requests stay what they are in their own dialect; only what the caller gets is another thing. Made by ``edge`` per request.
"""

from __future__ import annotations

import msgspec

from torana.core.call import Ask
from torana.core.errors import GatewayError
from torana.core.events import RefusalPiece, TextPiece
from torana.dialects import flat_errors
from torana.dialects.complete import moment
from torana.dialects.translation import CLIENTS
from torana.ports.dialect import ClientSide, Told

MEDIA_TYPE = "application/vnd.torana.envelope+json"


class Envelope:
    """A chat dialect whose answers come in the envelope. Has the client side of ``ports.dialect`` and ``Dressed``."""

    __slots__ = ("CARRIES", "ID", "OPERATION", "_dialect", "bound")

    def __init__(self, dialect: ClientSide) -> None:
        self._dialect = dialect
        self.ID = dialect.ID
        self.OPERATION = dialect.OPERATION
        self.CARRIES = dialect.CARRIES
        self.bound = getattr(dialect, "bound", None)

    refuse = staticmethod(flat_errors.refuse)
    refuse_event = staticmethod(flat_errors.refuse_event)

    def read(self, body: bytes) -> Ask:
        """What the body asks for. Raises GatewayError REQUEST_INVALID, for streams too: an envelope is whole."""
        ask = self._dialect.read(body)
        if ask.stream:
            message = f"stream: the answer was asked for as {MEDIA_TYPE}, which is no stream."
            raise GatewayError("REQUEST_INVALID", message, param="stream")
        return ask

    def dress(self, wire: bytes, told: Told) -> bytes:
        """The envelope of a whole answer: ``{request_id, status, model, response, metadata}``.

        ``response`` is the text of the first candidate, else the model's words of refusal.
        """
        events = CLIENTS[self.ID].read_whole(wire)
        text = "".join(one.text for one in events if isinstance(one, TextPiece) and not one.candidate)
        refusal = "".join(one.text for one in events if isinstance(one, RefusalPiece) and not one.candidate)
        return msgspec.json.encode(
            {
                "request_id": told.request_id,
                "status": "success",
                "model": told.model,
                "response": text or refusal,
                "metadata": {
                    "tokens_used": told.usage.input + told.usage.output,
                    "latency_ms": told.latency_ms,
                    "timestamp": moment(told.at),
                },
            }
        )

    def dress_end(self, told: Told) -> bytes:
        """Nothing: no stream is given."""
        return b""
