"""Settings of the process itself: where it listens, what it records and where.

Plain values; what may be combined is judged in ``settings_checks.py``. Part of ``settings.Settings``.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from torana.core.secret import Secret
from torana.wiring.settings_forms import Name, Port, Seconds, Texts, says
from torana.wiring.settings_sinks import AuditSink

Level = Literal["debug", "info", "warning", "error"]
MaskedKind = Literal[
    "email", "phone", "ssn", "credit_card", "iban", "bank_account", "ifsc", "upi", "aadhaar", "pan", "gstin", "passport",
    "driving_licence", "ip", "mac", "date_of_birth", "medical_record", "address",
]  # fmt: skip


class Tls(msgspec.Struct, frozen=True, kw_only=True):
    """``server.tls``: serve HTTPS."""

    cert: Annotated[Name, says("path of the certificate chain, PEM")]
    key: Annotated[Name, says("path of the private key, PEM")]


class Server(msgspec.Struct, frozen=True, kw_only=True):
    """``server``."""

    host: Annotated[Name, says("address to listen on")] = "127.0.0.1"
    port: Annotated[Port, says("port to listen on; 0: any free one")] = 8000
    metrics_port: Annotated[Port | None, says("own port for `/metrics`; null: on the main port")] = None
    max_body_mb: Annotated[int, says("largest request body, in MiB", ge=1, le=1024)] = 32
    cors_origins: Annotated[Texts, says("origins of browser pages that may call; `*` for any")] = ()
    drain_s: Annotated[Seconds, says("seconds that running answers may take after SIGTERM")] = 30.0
    tls: Annotated[Tls | None, says("serve HTTPS; null: plain HTTP")] = None
    behind_proxy: Annotated[bool, says("a proxy in front ends TLS: no warning about plain HTTP")] = False
    trusted_proxies: Annotated[Texts, says("networks (CIDR) whose forwarded headers count")] = ()
    tenant_private_urls: Annotated[
        bool,
        says("whether providers that tenants write themselves may be at private, loopback and link-local addresses"),
    ] = False
    log_level: Annotated[Level, says("least level that is logged")] = "info"


class Audit(msgspec.Struct, frozen=True, kw_only=True):
    """``audit``."""

    jsonl: Annotated[str | None, says("path of the audit file; null: none")] = "${data_dir}/audit.jsonl"
    rotate_mb: Annotated[
        int, says("MiB from which on the audit file is set aside and another begun; 0: never", ge=0, le=1_000_000)
    ] = 0
    rotate_hours: Annotated[
        float, says("hours after its first record from which on it is set aside; 0: never", ge=0, le=87600)
    ] = 0.0
    keep_files: Annotated[int, says("files that were set aside and are kept; 0: all", ge=0, le=100_000)] = 0
    fsync: Annotated[
        bool, says("flush each batch of records to the disk: it then survives a power cut, and costs one")
    ] = False
    on_full: Annotated[
        Literal["drop", "refuse"], says("when records cannot be kept: drop and count, or refuse requests")
    ] = "drop"
    mask_kinds: Annotated[
        tuple[MaskedKind, ...],
        says(
            "kinds of personal data that keyed hashes take the place of in logs and records, in texts that callers and "
            "providers choose; secrets always; of addresses (`ip`) only public ones"
        ),
    ] = (
        "email", "phone", "ssn", "credit_card", "iban", "bank_account", "upi", "aadhaar", "pan", "gstin", "passport",
        "driving_licence", "ip", "mac", "date_of_birth", "medical_record", "address",
    )  # fmt: skip
    mask_addresses: Annotated[
        bool, says("whether a keyed hash takes the place of callers' addresses in logs and records")
    ] = False
    retention_days: Annotated[
        int, says("days that the database keeps a row per request; the audit file is yours to rotate", ge=1, le=36500)
    ] = 30
    retention_hourly_days: Annotated[int, says("days that sums by hour are kept", ge=1, le=36500)] = 400
    retention_daily_days: Annotated[int, says("days that sums by day are kept", ge=1, le=36500)] = 3653
    trail_days: Annotated[int, says("days that the audit trail keeps what people did", ge=1, le=36500)] = 400
    trail_requests_days: Annotated[
        int, says("days that the audit trail keeps its entry of each AI request", ge=1, le=36500)
    ] = 400
    sinks: Annotated[tuple[AuditSink, ...], says("further places for records")] = ()


class Telemetry(msgspec.Struct, frozen=True, kw_only=True):
    """``telemetry``."""

    otlp_endpoint: Annotated[
        str | None,
        says("where traces go, by OTLP over HTTP; `/v1/traces` is added where there is no path; null: nowhere"),
    ] = None
    otlp_headers: Annotated[dict[str, Secret], says("headers of what is sent there, such as an API key")] = {}
    sample_ratio: Annotated[
        float, says("share of the requests that are traced, where the caller did not decide it", ge=0, le=1)
    ] = 1.0
    network: Annotated[str, says("name of an entry of `networks` to reach it by")] = ""
    metrics: Annotated[bool, says("serve `/metrics`")] = True
