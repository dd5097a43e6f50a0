"""The codec of Cohere's v2 chat, for its provider's side only: nobody calls this gateway in it.

The functions of a client's side are there because ``ports.codec`` names them, and refuse. Used by ``providers``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NoReturn

from torana.core.errors import GatewayError
from torana.core.events import Event, Request
from torana.dialects.codecs.cohere_chat_answer import ID, CohereReader, read_whole
from torana.dialects.codecs.cohere_chat_body import write_request

reader = CohereReader


def read_request(body: bytes) -> Request:
    """Always raises GatewayError CAPABILITY_MISSING: no caller speaks this dialect here."""
    _no_client()


def writer(request: Request) -> NoReturn:
    """Always raises GatewayError CAPABILITY_MISSING: no caller speaks this dialect here."""
    _no_client()


def write_whole(events: Sequence[Event], request: Request) -> bytes:
    """Always raises GatewayError CAPABILITY_MISSING: no caller speaks this dialect here."""
    _no_client()


def _no_client() -> NoReturn:
    raise GatewayError("CAPABILITY_MISSING", f"Callers cannot speak {ID} to this gateway; it is for providers only.")


__all__ = ["ID", "read_request", "read_whole", "reader", "write_request", "write_whole", "writer"]
