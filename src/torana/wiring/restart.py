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
    "audit.fsync": lambda one: one.audit.fsync,
    "audit.on_full": lambda one: one.audit.on_full,
    "audit.mask_kinds": lambda one: one.audit.mask_kinds,
    "audit.mask_addresses": lambda one: one.audit.mask_addresses,
    "telemetry.metrics": lambda one: one.telemetry.metrics,
}


def wait_for_restart(old: Settings, new: Settings) -> tuple[str, ...]:
    """The changed settings that wait, by name."""
    return tuple(name for name, read in OPENED_ONCE.items() if read(old) != read(new))
