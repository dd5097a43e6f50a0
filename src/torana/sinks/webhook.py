"""Any server of yours: batches of records as JSON, signed by the rules of Standard Webhooks.

The same batch has the same ``webhook-id``, and each record its own ``id``. Found by file name; asked by ``Shipping``.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
from collections.abc import Sequence

import msgspec

from torana.core.secret import Secret
from torana.ports.sink import Record, Sent, Target, Tools
from torana.upstream import target
from torana.upstream.posting import judged

TARGET = True
EVENT = "audit.records"
CODED = "whsec_"
LEAST_SECRET = 24
"""Fewest bytes of a secret (Standard Webhooks 1.0)."""
_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to."""

    url: Secret
    """Where batches are posted; any 2xx says that the batch is safe."""
    secret: Secret | None = None
    """Signs each body: `whsec_` and base64, or any text of 24 bytes and more; null: unsigned."""
    token: Secret | None = None
    """Sent as `authorization: Bearer`; null: no such header."""

    def __post_init__(self) -> None:
        if self.url:
            target.parse(self.url.reveal())
        if self.secret:
            key_of(self.secret)


def key_of(secret: Secret) -> bytes:
    """The bytes that sign. Raises ValueError for fewer than 24, and for ``whsec_`` without base64 behind it."""
    text = secret.reveal()
    try:
        key = base64.b64decode(text.removeprefix(CODED), validate=True) if text.startswith(CODED) else text.encode()
    except binascii.Error:
        raise ValueError("secret: behind whsec_ stands base64") from None
    if len(key) < LEAST_SECRET:
        raise ValueError(f"secret: too short; it has {len(key)} bytes, and needs {LEAST_SECRET}")
    return key


class Webhook:
    """Posts batches."""

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self._url = settings.url.reveal()
        self._key = key_of(settings.secret) if settings.secret else b""
        self._headers: tuple[tuple[str, str], ...] = (
            ("content-type", "application/json"),
            ("user-agent", f"torana/{tools.version}"),
        )
        if settings.token:
            self._headers += (("authorization", f"Bearer {settings.token.reveal()}"),)
        self._tools = tools

    def send(self, batch: Sequence[Record]) -> Sent:
        """See ``ports.sink.Target``."""
        message = "msg_" + hashlib.sha256("\n".join(record.id for record in batch).encode()).hexdigest()[:32]
        records = [
            {"event": one.kind, "id": one.id, "at": one.at, "tenant": one.tenant, "fields": one.fields} for one in batch
        ]
        now = int(self._tools.clock.now())
        body = _encode({"type": EVENT, "id": message, "timestamp": now, "records": records})
        headers = (*self._headers, *signature(self._key, message, now, body))
        judged(self._tools.post(self._url, headers, body))
        return Sent()

    def close(self) -> None:
        """See ``ports.sink.Target``."""
        self._tools.post.close()


def signature(key: bytes, message: str, now: int, body: bytes) -> tuple[tuple[str, str], ...]:
    """The headers of Standard Webhooks 1.0: HMAC-SHA256 over id, timestamp (whole epoch seconds) and body.

    Without a key only the id and the time.
    """
    headers = (("webhook-id", message), ("webhook-timestamp", str(now)))
    if not key:
        return headers
    signed = hmac.new(key, b"%b.%d.%b" % (message.encode(), now, body), hashlib.sha256).digest()
    return (*headers, ("webhook-signature", "v1," + base64.b64encode(signed).decode()))


def open(settings: Settings, tools: Tools) -> Target:  # noqa: A001 - every plug-in is opened by this name
    """The target. Raises ValueError for a URL or a secret that is none."""
    return Webhook(settings, tools)
