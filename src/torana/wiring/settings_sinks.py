"""Settings of the places outside that records go to: rows of ``audit.sinks``.

What a kind takes beside these is its plug-in's own ``Settings``. Part of ``settings.Settings``; checked by ``settings.load``.
"""

from __future__ import annotations

from ipaddress import ip_address
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlsplit

import msgspec

from torana.core.secret import Secret
from torana.ports.sink import KINDS, Kind
from torana.upstream import target
from torana.upstream.public import is_public
from torana.wiring.available import Available
from torana.wiring.problems import Path, Report, did_you_mean
from torana.wiring.settings_forms import Name, Seconds, Texts, says

if TYPE_CHECKING:
    from torana.wiring.settings import Settings

ID = r"^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$"


class AuditSink(msgspec.Struct, frozen=True, kw_only=True):
    """One row of ``audit.sinks``. One whose ``url``, ``token`` or ``secret`` is an empty reference is left out, with a warning."""

    kind: Annotated[Name, says("a file in `sinks/`")]
    id: Annotated[
        str, says("name in metrics, health and files; empty: the kind", pattern=f"^$|{ID}", example="siem-india")
    ] = ""
    events: Annotated[
        tuple[Kind, ...],
        says("what it gets: `request` (one record of each AI request), `admin`, `security`", min_length=1),
    ] = KINDS
    tenants: Annotated[Texts, says("only records of these tenants; empty: of all")] = ()
    allow_private: Annotated[bool, says("whether its host may have a private, loopback or link-local address")] = False
    network: Annotated[str, says("name of an entry of `networks` to reach it by: proxy, certificate authorities")] = ""
    timeout_s: Annotated[Seconds, says("seconds to wait for the connection, and for each answer")] = 10.0
    batch: Annotated[int, says("most records of one request", ge=1, le=5000)] = 500
    required: Annotated[
        bool,
        says(
            "whether its records are kept even when the spool is full, so that new ones are dropped or refused "
            "(`audit.on_full`); false: it then misses the oldest"
        ),
    ] = False
    settings: Annotated[Any, says("the kind's own settings, such as `url` and `token`", form="rest")] = None
    """The plug-in's Settings, filled from the other keys of the row."""

    @property
    def name(self) -> str:
        """Its id, or its kind."""
        return self.id or self.kind


def check_sinks(settings: Settings, available: Available, report: Report) -> None:
    """Report kinds and networks that do not exist, names that are there twice, and hosts that are not public as written."""
    first: dict[str, int] = {}
    for index, row in enumerate(settings.audit.sinks):
        path: Path = ("audit", "sinks", index)
        if row.kind and row.kind not in available.sinks:
            report.error((*path, "kind"), f'no kind of sink "{row.kind}"', did_you_mean(row.kind, available.sinks))
        elif first.setdefault(row.name, index) != index:
            report.error(path, f'the sink "{row.name}" is there twice', "give each an id of its own")
        if row.network and row.network not in settings.networks:
            advice = did_you_mean(row.network, settings.networks)
            report.error((*path, "network"), f'network "{row.network}" does not exist', advice)
        if not row.allow_private and not report.wrong_within(path) and is_private(host_of(row.settings)):
            report.error((*path, "url"), "its host is not public", "allow_private: true, if that is meant")
    check_telemetry(settings, report)


def check_telemetry(settings: Settings, report: Report) -> None:
    """Report an endpoint for traces that is no URL, headers that break a head, a network that does not exist."""
    telemetry = settings.telemetry
    path: Path = ("telemetry", "otlp_endpoint")
    try:
        if telemetry.otlp_endpoint:
            target.parse(telemetry.otlp_endpoint)
    except ValueError as fault:
        report.error(path, str(fault), "such as http://127.0.0.1:4318")
    if telemetry.otlp_endpoint and urlsplit(telemetry.otlp_endpoint).netloc.endswith(":4317"):
        report.warn(path, "4317 is the port of OTLP over gRPC", "traces go over HTTP, which has 4318")
    try:
        target.check_headers([(name, one.reveal()) for name, one in telemetry.otlp_headers.items()])
    except ValueError as fault:
        report.error(("telemetry", "otlp_headers"), str(fault))
    network = settings.telemetry.network
    if network and network not in settings.networks:
        advice = did_you_mean(network, settings.networks)
        report.error(("telemetry", "network"), f'network "{network}" does not exist', advice)


def host_of(settings: object) -> str:
    """The host of the settings' URL; empty where there is none."""
    url = getattr(settings, "url", None)
    text = url.reveal() if isinstance(url, Secret) else url or ""
    try:
        return urlsplit(text).hostname or ""
    except ValueError:
        return ""


def is_private(host: str) -> bool:
    """Whether the host as it is written is no public address. A name is judged when it is connected to."""
    if host == "localhost" or host.endswith(".localhost"):
        return True
    try:
        ip_address(host.partition("%")[0])
    except ValueError:
        return False
    return not is_public(host)
