"""Structured logs: one JSON object a line, with time, level and event, and no secret in it.

It decides how lines look, not what is worth one. ``configure_logging`` is called once by ``wiring``; the access log is
an observer of the recorder, so that a request on the hot path writes nothing.
"""

from __future__ import annotations

import json
import logging
from collections.abc import MutableMapping, Sequence
from datetime import UTC, datetime
from typing import Any, BinaryIO, cast

import msgspec
import structlog

from torana.core.clock import Clock
from torana.ports.receipt import Receipt
from torana.records.masking import PLAIN, Mask
from torana.records.sanitising import Sanitiser

LEVELS = {"debug": 10, "info": 20, "warning": 30, "error": 40, "critical": 50}
LEVEL_BY_ENDING = {
    "completed": "info",
    "refused": "info",
    "client_gone_early": "info",
    "client_gone": "info",
    "upstream_error": "warning",
    "upstream_broken": "warning",
    "deadline": "warning",
    "shutdown": "warning",
    "revoked": "warning",
    "cut": "warning",
    "internal": "error",
    "unknown": "error",
}

_encoder = msgspec.json.Encoder(enc_hook=repr)


def configure_logging(level: str, stream: BinaryIO, clock: Clock, mask: Mask = PLAIN) -> Any:
    """Make structlog and the standard library's logging write masked JSON lines to ``stream``; a logger for our own use.

    Called again it takes the place of what was, for loggers given out before too. Raises ValueError for an unknown level. What other libraries log goes the same way, from ``warning`` up
    unless ``level`` is debug.
    """
    number = level_number(level)
    chain = _Chain(stream, clock, mask)
    structlog.configure(
        processors=[structlog.contextvars.merge_contextvars, structlog.processors.format_exc_info, chain.line],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.BytesLoggerFactory(stream),
        cache_logger_on_first_use=False,
    )
    root = logging.getLogger()
    root.handlers[:] = [_Borrowed(chain)]
    root.setLevel(number if number <= logging.DEBUG else max(number, logging.WARNING))
    return structlog.get_logger()


def level_number(level: str) -> int:
    """The number of a level's name in any case. Raises ValueError for an unknown one."""
    try:
        return LEVELS[level.lower()]
    except KeyError:
        raise ValueError(f"{level!r} is no log level; one of {', '.join(LEVELS)}") from None


def time_text(at: float) -> str:
    """RFC 3339 in UTC, to the millisecond."""
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


class AccessLog:
    """One line per Receipt, a batch of them in one write. What a caller chose is masked."""

    __slots__ = ("_clean", "_least", "_second", "_second_text", "_stream")

    def __init__(self, level: str, stream: BinaryIO, *, sanitised: bool = False) -> None:
        """``sanitised``: whether the Receipts come as a Sanitiser left them; else shapes of tokens are looked for here."""
        self._stream = stream
        self._least = level_number(level)
        self._clean = None if sanitised else Sanitiser()
        self._second = -1
        self._second_text = ""

    def write(self, receipts: Sequence[Receipt]) -> None:
        """Write the lines of a batch. Raises OSError when the stream does."""
        least = self._least
        lines = [
            self._line(receipt, level)
            for receipt in receipts
            if LEVELS[level := LEVEL_BY_ENDING.get(receipt.ending, "warning")] >= least
        ]
        if lines:
            self._stream.write(_encoder.encode_lines(lines))
            self._stream.flush()

    def _line(self, receipt: Receipt, level: str) -> AccessLine:
        if self._clean is not None:
            receipt = self._clean.receipt(receipt)
        return AccessLine(
            self._time(receipt.at + receipt.duration_ms / 1000),
            level,
            receipt.request_id,
            receipt.receipt_id,
            receipt.status,
            receipt.ending,
            receipt.error_code,
            receipt.tenant,
            receipt.key_id,
            receipt.dialect,
            receipt.model,
            receipt.provider,
            receipt.stream,
            receipt.duration_ms,
            receipt.first_chunk_ms,
            receipt.overhead_us,
            receipt.input_tokens,
            receipt.output_tokens,
            receipt.cost_nano,
            receipt.currency,
            len(receipt.attempts),
            receipt.address,
        )

    def _time(self, at: float) -> str:
        # datetime costs more than all the rest of the line; requests of one second mostly end one after the other.
        second, ms = divmod(int(at * 1000), 1000)
        if second != self._second:
            self._second = second
            self._second_text = time_text(float(second))[:20]
        return "%s%03dZ" % (self._second_text, ms)  # noqa: UP031 - half the price of an f-string here


class AccessLine(msgspec.Struct, omit_defaults=True, tag_field="event", tag="request"):
    """The access line: what an engineer greps for. Empty fields are left out."""

    time: str
    level: str
    request_id: str
    receipt_id: str
    status: int
    ending: str
    error_code: str = ""
    tenant: str = ""
    key_id: str = ""
    dialect: str = ""
    model: str = ""
    provider: str = ""
    stream: bool = False
    duration_ms: int = 0
    first_chunk_ms: int = 0
    overhead_us: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_nano: int = 0
    currency: str = ""
    attempts: int = 0
    address: str = ""


class _Chain:
    """The last steps of a line: time, level, masks, JSON."""

    __slots__ = ("_clock", "_mask", "stream")

    def __init__(self, stream: BinaryIO, clock: Clock, mask: Mask) -> None:
        self.stream = stream
        self._clock = clock
        self._mask = mask

    def line(self, _: object, method: str, event: MutableMapping[str, Any]) -> bytes:
        """A structlog processor: the bytes of the line, without its end."""
        name = event.pop("event", "")
        head = {"time": time_text(self._clock.now()), "level": _LEVEL_OF_METHOD.get(method, method)}
        said = self._mask.text(name) if isinstance(name, str) else self._mask.value(name)
        told = {**head, "event": said, **cast("dict[str, Any]", self._mask.value(event))}
        try:
            return _encoder.encode(told)
        except UnicodeEncodeError:  # half of a character, as JSON's escapes can tell one: escaped again
            return json.dumps(told, default=str).encode()


_LEVEL_OF_METHOD = {"warn": "warning", "exception": "error", "fatal": "critical", "msg": "info"}


class _Borrowed(logging.Handler):
    """What other libraries log through the standard library, as lines of ours."""

    def __init__(self, chain: _Chain) -> None:
        super().__init__()
        self._chain = chain
        self._plain = logging.Formatter()

    def emit(self, record: logging.LogRecord) -> None:
        """Write one record. Never raises: a log must not break what it tells of."""
        try:
            event: dict[str, Any] = {"event": record.getMessage(), "logger": record.name}
            if record.exc_info:
                event["exception"] = self._plain.formatException(record.exc_info)
            line = self._chain.line(None, record.levelname.lower(), event)
            self._chain.stream.write(line + b"\n")
            self._chain.stream.flush()
        except (OSError, ValueError, TypeError):
            self.handleError(record)
