"""The codec of ``/generate``: ``ports.codec.Codec``. A prompt is one message of a user."""

from __future__ import annotations

import msgspec

from torana.core.errors import GatewayError
from torana.core.events import Request, Sampling, Text, Turn
from torana.dialects import generate, json_text
from torana.dialects.codecs.own_answer import OwnReader, OwnWriter, read_whole, write_whole
from torana.ports.codec import Written

ID = generate.ID

reader = OwnReader
writer = OwnWriter

_members = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def read_request(body: bytes) -> Request:
    """The Request. Raises GatewayError REQUEST_INVALID naming the member at fault."""
    wanted = json_text.decode_request(body, generate.BODY)
    known = generate.Body.__struct_fields__
    return Request(
        model=wanted.model or "",
        turns=(Turn("user", (Text(wanted.prompt),)),),
        sampling=Sampling(max_output=wanted.max_tokens, temperature=wanted.temperature),
        stream=bool(wanted.stream),
        dropped=tuple(name for name in _members(body) if name not in known),
    )


def write_request(request: Request, model: str) -> Written:
    """A body with the one prompt. Raises GatewayError CAPABILITY_MISSING for what is more than that."""
    parts = [part for turn in request.turns for part in turn.parts]
    simple = len(parts) == 1 and isinstance(parts[0], Text) and not request.system and not request.tools
    if not simple or request.format is not None:
        message = "A prompt of this dialect is one text: no other messages, tools, files or formats."
        raise GatewayError("CAPABILITY_MISSING", message, details={"missing": [ID]})
    sampling = request.sampling
    said = {
        "prompt": parts[0].text if isinstance(parts[0], Text) else "",
        "model": model,
        "max_tokens": sampling.max_output,
        "temperature": sampling.temperature,
        "stream": request.stream or None,
    }
    return Written(msgspec.json.encode({name: value for name, value in said.items() if value is not None}))


__all__ = ["ID", "read_request", "read_whole", "reader", "write_request", "write_whole", "writer"]
