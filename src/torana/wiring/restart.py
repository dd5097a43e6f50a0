"""Which changed settings take effect only at the next start: what was opened once is not opened again.

It changes nothing. Called when a new configuration is taken.
"""

from __future__ import annotations

from collections.abc import Callable

from torana.wiring.settings import Settings
from torana.wiring.settings_issuers import own_jwt_secret

OPENED_ONCE: dict[str, Callable[[Settings], object]] = {
    "server.host": lambda one: one.server.host,
    "server.port": lambda one: one.server.port,
    "server.metrics_port": lambda one: one.server.metrics_port,
    "server.tls": lambda one: one.server.tls,
    "server.log_level": lambda one: one.server.log_level,
    "data_dir": lambda one: one.data_dir,
    "redis_url": lambda one: one.redis_url,
    "database_url": lambda one: one.database_url,
    "time_zone": lambda one: one.time_zone,
    "networks": lambda one: one.networks,
    "auth.jwt": own_jwt_secret,
    "audit.jsonl": lambda one: one.audit.jsonl,
    "audit.rotate_mb": lambda one: one.audit.rotate_mb,
    "audit.rotate_hours": lambda one: one.audit.rotate_hours,
    "audit.keep_files": lambda one: one.audit.keep_files,
    "audit.sinks": lambda one: one.audit.sinks,
    "audit.fsync": lambda one: one.audit.fsync,
    "audit.on_full": lambda one: one.audit.on_full,
    "audit.mask_kinds": lambda one: one.audit.mask_kinds,
    "audit.mask_addresses": lambda one: one.audit.mask_addresses,
    "cache.exact.store": lambda one: one.cache.exact.store,
    "cache.semantic.enabled": lambda one: one.cache.semantic.enabled,
    "cache.semantic.index": lambda one: one.cache.semantic.index,
    "cache.semantic.max_mb": lambda one: one.cache.semantic.max_mb,
    "cache.semantic.max_questions": lambda one: one.cache.semantic.max_questions,
    "cache.exact.max_mb": lambda one: one.cache.exact.max_mb,
    "files": lambda one: one.files,
    "telemetry.metrics": lambda one: one.telemetry.metrics,
    "telemetry.otlp_endpoint": lambda one: one.telemetry.otlp_endpoint,
    "telemetry.otlp_headers": lambda one: one.telemetry.otlp_headers,
    "telemetry.sample_ratio": lambda one: one.telemetry.sample_ratio,
    "telemetry.network": lambda one: one.telemetry.network,
}


def wait_for_restart(old: Settings, new: Settings) -> tuple[str, ...]:
    """The changed settings that wait, by name."""
    return tuple(name for name, read in OPENED_ONCE.items() if read(old) != read(new))
