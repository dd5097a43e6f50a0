"""OpenTelemetry: records as log records, by OTLP over HTTP in its JSON form.

What a collector refuses without naming it is counted and kept in the dead letters, never sent again (OTLP, partial success).
Found by file name; asked by ``Shipping``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from torana.core import otlp
from torana.core.secret import Secret
from torana.core.told import told
from torana.ports.sink import Record, Sent, Target, Tools
from torana.upstream import target
from torana.upstream.posting import judged

TARGET = True
PATH = "/v1/logs"
SEVERITIES = {"info": (9, "INFO"), "warning": (13, "WARN"), "error": (17, "ERROR")}
NAMED = {
    "model": "gen_ai.request.model",
    "upstream_model": "gen_ai.response.model",
    "provider": "gen_ai.provider.name",
    "operation": "gen_ai.operation.name",
    "input_tokens": "gen_ai.usage.input_tokens",
    "output_tokens": "gen_ai.usage.output_tokens",
    "status": "http.response.status_code",
}
"""Fields of a request that have a name in the semantic conventions; the others stand under ``torana.``."""
_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to."""

    url: Secret
    """Address of the collector; without a path `/v1/logs` is added."""
    token: Secret | None = None
    """Sent as `authorization: Bearer`; null: no such header."""
    headers: dict[str, Secret] = {}
    """Further headers, such as an API key."""

    def __post_init__(self) -> None:
        if self.url:
            target.parse(self.url.reveal())
        target.check_headers([(name, one.reveal()) for name, one in self.headers.items()])


class _Partial(msgspec.Struct):
    rejectedLogRecords: int | str = 0  # noqa: N815 - the name on the wire
    errorMessage: str = ""  # noqa: N815


class _Answer(msgspec.Struct):
    partialSuccess: _Partial | None = None  # noqa: N815


class OtlpLogs:
    """Exports log records."""

    def __init__(self, settings: Settings, tools: Tools) -> None:
        url = settings.url.reveal()
        self._url = url if target.parse(url).prefix.split(" ", 2)[1] != "/" else url.rstrip("/") + PATH
        self._headers: tuple[tuple[str, str], ...] = (
            ("content-type", "application/json"),
            ("user-agent", f"torana/{tools.version}"),
            *((name, one.reveal()) for name, one in settings.headers.items()),
        )
        if settings.token:
            self._headers += (("authorization", f"Bearer {settings.token.reveal()}"),)
        self._tools = tools
        self._resource = otlp.resource(tools.version, tools.process, tools.host)

    def send(self, batch: Sequence[Record]) -> Sent:
        """See ``ports.sink.Target``."""
        now = otlp.nanos(self._tools.clock.now())
        logs = {
            "scope": {"name": otlp.SCOPE, "version": self._tools.version},
            "logRecords": [log_record(record, now) for record in batch],
        }
        body = _encode({"resourceLogs": [{"resource": self._resource, "scopeLogs": [logs]}]})
        answer = judged(self._tools.post(self._url, self._headers, body, compressed=True))
        rejected = rejected_in(answer.body)
        if rejected and len(batch) == 1:
            return Sent(refused={0: "it was refused by the collector"})
        return Sent(unnamed=min(rejected, len(batch)))

    def close(self) -> None:
        """See ``ports.sink.Target``."""
        self._tools.post.close()


def log_record(record: Record, observed: str) -> dict[str, Any]:
    """One ``LogRecord``."""
    said = told(record.kind, record.fields)
    number, text = SEVERITIES[said.level]
    pairs: dict[str, object] = {
        "log.record.uid": record.id,
        "torana.event": record.kind,
        "torana.tenant": record.tenant,
        "torana.outcome": said.outcome,
        "enduser.id": said.actor or None,
        "client.address": said.address or None,
    }
    for name, plain in record.fields.items():
        if plain or plain == 0:  # neither empty nor nothing
            pairs[NAMED.get(name) or f"torana.{name}" if record.kind == "request" else f"torana.{name}"] = plain
    made: dict[str, Any] = {
        "timeUnixNano": otlp.nanos(record.at),
        "observedTimeUnixNano": observed,
        "severityNumber": number,
        "severityText": text,
        "eventName": said.action,
        "body": otlp.value(said.message),
        "attributes": otlp.attributes(pairs.items()),
    }
    trace = str(record.fields.get("trace", "")).split("-")
    if record.kind == "request" and len(trace) == 4:
        made["traceId"] = trace[1]
    return made


def rejected_in(body: bytes) -> int:
    """How many records the collector says it refused. An answer that cannot be read refuses none."""
    try:
        partial = msgspec.json.decode(body or b"{}", type=_Answer).partialSuccess
        return int(partial.rejectedLogRecords) if partial is not None else 0
    except ValueError:  # msgspec.DecodeError is one
        return 0


def open(settings: Settings, tools: Tools) -> Target:  # noqa: A001 - every plug-in is opened by this name
    """The target. Raises ValueError for a URL that is none."""
    return OtlpLogs(settings, tools)
