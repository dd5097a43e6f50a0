"""Elasticsearch and OpenSearch: records as documents of the bulk API, in the words of the Elastic Common Schema.

A document's id is the record's, so what is sent twice is kept once. Found by file name; asked by ``Shipping``.
"""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from torana.core.secret import Secret
from torana.core.told import told
from torana.ports.sink import Record, Rejected, Sent, Target, Tools, Unreachable
from torana.upstream import target
from torana.upstream.answers import retry_after_s
from torana.upstream.posting import judged

TARGET = True
CATEGORIES = {"request": "web", "admin": "configuration", "security": "authentication"}
THERE = 409
"""Of a document whose id is taken: it came before."""
LATER = frozenset({401, 403, 404, 408, 429})
"""Statuses of one document that end when somebody mends something, or with time; so do those from 500 on."""
_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to."""

    url: Secret
    """Address of the cluster; `/_bulk` is added."""
    token: Secret | None = None
    """API key in its encoded form; null: `username` and `password`, or none."""
    username: str = ""
    """User of basic authentication."""
    password: Secret | None = None
    """Password of that user."""
    index: str = "logs-torana-default"
    """Index or data stream."""

    def __post_init__(self) -> None:
        if self.url:
            target.parse(self.url.reveal())
        if self.token and self.username:
            raise ValueError("token, or username and password: not both")


class _Error(msgspec.Struct):
    type: str = ""
    reason: str = ""


class _Done(msgspec.Struct):
    status: int
    error: _Error | None = None


class _Item(msgspec.Struct):
    create: _Done


class _Answer(msgspec.Struct):
    errors: bool
    items: list[_Item]


class Elasticsearch:
    """Creates documents."""

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self._url = settings.url.reveal().rstrip("/") + "/_bulk"
        self._headers = (
            ("content-type", "application/x-ndjson"),
            ("user-agent", f"torana/{tools.version}"),
            *credential(settings),
        )
        self._index = settings.index
        self._tools = tools

    def send(self, batch: Sequence[Record]) -> Sent:
        """See ``ports.sink.Target``. Each document has an outcome of its own."""
        lines: list[bytes] = []
        for record in batch:
            lines.append(_encode({"create": {"_index": self._index, "_id": record.id}}))
            lines.append(_encode(self._document(record)))
        body = b"\n".join(lines) + b"\n"
        answer = judged(self._tools.post(self._url, self._headers, body, compressed=True))
        try:
            said = msgspec.json.decode(answer.body, type=_Answer)
        except msgspec.DecodeError as fault:
            raise Unreachable("its answer is not that of the bulk API") from fault
        if len(said.items) != len(batch):
            raise Unreachable(f"it answered for {len(said.items)} of {len(batch)} documents")
        sent = sent_of(said.items) if said.errors else Sent()
        if len(sent.refused) == len(batch) == 1:
            raise Rejected(sent.refused[0])
        return sent._replace(retry_after_s=retry_after_s(answer.headers.get) or 0.0)

    def close(self) -> None:
        """See ``ports.sink.Target``."""
        self._tools.post.close()

    def _document(self, record: Record) -> dict[str, Any]:
        said = told(record.kind, record.fields)
        fields = record.fields
        document: dict[str, Any] = {
            "@timestamp": datetime.fromtimestamp(record.at, UTC).isoformat(timespec="milliseconds"),
            "message": said.message,
            "event": {
                "id": record.id,
                "kind": "event",
                "dataset": f"torana.{record.kind}",
                "category": [CATEGORIES[record.kind]],
                "action": said.action,
                "outcome": said.outcome,
                "severity": said.severity,
            },
            "log": {"level": said.level},
            "organization": {"id": record.tenant},
            "user": {"id": said.actor},
            "service": {"name": "torana", "version": self._tools.version, "node": {"name": self._tools.process}},
            "host": {"name": self._tools.host},
            "torana": fields,
        }
        if said.address:
            document["client"] = {"address": said.address}
        if record.kind == "request":
            document["event"]["duration"] = int(fields["duration_ms"]) * 1_000_000
            document["http"] = {
                "request": {"id": fields["request_id"], "bytes": fields["request_bytes"]},
                "response": {"status_code": fields["status"], "bytes": fields["response_bytes"]},
            }
            if fields["error_code"]:
                document["error"] = {"code": fields["error_code"]}
        return document


def sent_of(items: Sequence[_Item]) -> Sent:
    """How the documents were taken."""
    left: list[int] = []
    refused: dict[int, str] = {}
    for place, item in enumerate(items):
        status = item.create.status
        if 200 <= status < 300 or status == THERE:
            continue
        if status >= 500 or status in LATER:
            left.append(place)
        else:
            error = item.create.error or _Error()
            refused[place] = f"{status} {error.type}: {error.reason}"[:300]
    return Sent(left, refused)


def credential(settings: Settings) -> tuple[tuple[str, str], ...]:
    """The header that says who we are."""
    if settings.token:
        return (("authorization", f"ApiKey {settings.token.reveal()}"),)
    if settings.username:
        pair = f"{settings.username}:{settings.password.reveal() if settings.password else ''}"
        return (("authorization", "Basic " + base64.b64encode(pair.encode()).decode()),)
    return ()


def open(settings: Settings, tools: Tools) -> Target:  # noqa: A001 - every plug-in is opened by this name
    """The target. Raises ValueError for a URL that is none."""
    return Elasticsearch(settings, tools)
