"""Splunk: each record is an event of the HTTP Event Collector.

It asks for no indexer acknowledgement: a 200 means that Splunk has the batch. Found by file name; asked by ``Shipping``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from torana.core.secret import Secret
from torana.ports.sink import Answered, Record, Sent, Target, Tools
from torana.upstream import target
from torana.upstream.posting import judged

TARGET = True
PATH = "/services/collector/event"
INVALID = 6
"""The code of "Invalid data format" (Splunk, HTTP Event Collector, error codes)."""
_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to."""

    url: Secret
    """Address of the collector; without a path `/services/collector/event` is added."""
    token: Secret
    """Token of the collector."""
    index: str = ""
    """Index of the events; empty: the token's."""
    source: str = "torana"
    """`source` of the events."""
    sourcetype: str = "torana"
    """`sourcetype` of the events."""

    def __post_init__(self) -> None:
        if self.url:
            target.parse(self.url.reveal())


class _Answer(msgspec.Struct):
    text: str = ""
    code: int = -1
    number: int = msgspec.field(default=-1, name="invalid-event-number")


class SplunkHec:
    """Sends events, one JSON object after the other."""

    def __init__(self, settings: Settings, tools: Tools) -> None:
        url = settings.url.reveal()
        self._url = url if target.parse(url).prefix.split(" ", 2)[1] != "/" else url.rstrip("/") + PATH
        self._headers = (
            ("authorization", f"Splunk {settings.token.reveal()}"),
            ("content-type", "application/json"),
            ("user-agent", f"torana/{tools.version}"),
        )
        self._settings = settings
        self._tools = tools

    def send(self, batch: Sequence[Record]) -> Sent:
        """See ``ports.sink.Target``. An event that Splunk names as invalid is refused, and the others come again."""
        body = b"\n".join(_encode(self._event(record)) for record in batch)
        answer = self._tools.post(self._url, self._headers, body, compressed=True)
        if answer.status == 400 and len(batch) > 1 and (number := invalid(answer)) in range(len(batch)):
            left = [place for place in range(len(batch)) if place != number]
            return Sent(left, {number: answer.body[:200].decode("utf-8", "replace")})
        judged(answer)
        return Sent()

    def close(self) -> None:
        """See ``ports.sink.Target``."""
        self._tools.post.close()

    def _event(self, record: Record) -> dict[str, Any]:
        settings = self._settings
        event: dict[str, Any] = {
            "time": round(record.at, 3),
            "host": self._tools.host,
            "source": settings.source,
            "sourcetype": settings.sourcetype,
            "event": {"event": record.kind, "id": record.id, "tenant": record.tenant, **record.fields},
        }
        if settings.index:
            event["index"] = settings.index
        return event


def invalid(answer: Answered) -> int:
    """The number of the event that Splunk names as invalid; -1 where it names none."""
    try:
        said = msgspec.json.decode(answer.body, type=_Answer)
    except msgspec.DecodeError:
        return -1
    return said.number if said.code == INVALID else -1


def open(settings: Settings, tools: Tools) -> Target:  # noqa: A001 - every plug-in is opened by this name
    """The target. Raises ValueError for a URL that is none."""
    return SplunkHec(settings, tools)
