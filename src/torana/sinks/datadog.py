"""Datadog: records as logs of its intake, version 2.

Its reserved words (``status``, ``host``, ``service``) keep their meaning there; our fields stand under ``torana``. Found by file
name; asked by ``Shipping``.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec

from torana.core.secret import Secret
from torana.core.told import told
from torana.ports.sink import Record, Sent, Target, Tools
from torana.upstream import target
from torana.upstream.posting import judged

TARGET = True
MOST = 1000
"""Logs of one request (Datadog, Send logs)."""
_encode = msgspec.json.Encoder().encode


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where to."""

    token: Secret
    """API key."""
    site: str = "datadoghq.com"
    """Your Datadog site, such as `datadoghq.eu`."""
    url: Secret | None = None
    """Whole address of the intake; null: that of `site`."""
    service: str = "torana"
    """`service` of the logs."""
    tags: str = ""
    """Further tags, such as `env:prod,region:in`."""

    def __post_init__(self) -> None:
        target.parse(address(self))


def address(settings: Settings) -> str:
    """The intake's."""
    return settings.url.reveal() if settings.url else f"https://http-intake.logs.{settings.site}/api/v2/logs"


class Datadog:
    """Sends logs, a list at a time."""

    def __init__(self, settings: Settings, tools: Tools) -> None:
        self._url = address(settings)
        self._headers = (
            ("dd-api-key", settings.token.reveal()),
            ("content-type", "application/json"),
            ("user-agent", f"torana/{tools.version}"),
        )
        self._settings = settings
        self._tools = tools

    def send(self, batch: Sequence[Record]) -> Sent:
        """See ``ports.sink.Target``. What is beyond one request's measure is left."""
        body = _encode([self._log(record) for record in batch[:MOST]])
        judged(self._tools.post(self._url, self._headers, body, compressed=True))
        return Sent(tuple(range(MOST, len(batch))))

    def close(self) -> None:
        """See ``ports.sink.Target``."""
        self._tools.post.close()

    def _log(self, record: Record) -> dict[str, Any]:
        said = told(record.kind, record.fields)
        tags = f"event:{record.kind},tenant:{record.tenant.replace(',', '_') or 'none'}"  # a comma ends a tag
        log: dict[str, Any] = {
            "ddsource": "torana",
            "ddtags": f"{tags},{self._settings.tags}" if self._settings.tags else tags,
            "hostname": self._tools.host,
            "service": self._settings.service,
            "timestamp": int(record.at * 1000),
            "status": said.level,
            "message": said.message,
            "evt": {"name": said.action, "outcome": said.outcome, "id": record.id},
            "usr": {"id": said.actor},
            "torana": record.fields,
        }
        if said.address:
            log["network"] = {"client": {"ip": said.address}}
        if record.kind == "request":
            log["duration"] = int(record.fields["duration_ms"]) * 1_000_000
            log["http"] = {"status_code": record.fields["status"], "request_id": record.fields["request_id"]}
        return log


def open(settings: Settings, tools: Tools) -> Target:  # noqa: A001 - every plug-in is opened by this name
    """The target. Raises ValueError for a URL that is none."""
    return Datadog(settings, tools)
