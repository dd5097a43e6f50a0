"""Where the gateway is told to keep rows and counters, and with which certificate it serves: whether that can be.

It connects to nothing. Called by ``settings_checks``.
"""

from __future__ import annotations

import ssl
from typing import TYPE_CHECKING

from torana.core.secret import Secret
from torana.wiring.problems import Report

if TYPE_CHECKING:
    from torana.wiring.settings import Settings

DATABASES = ("sqlite:///", "postgresql://", "postgres://")
"""How the URL of a database begins."""
COUNTERS = ("redis://", "rediss://", "valkey://", "valkeys://", "cluster+redis://", "cluster+rediss://")
"""How the URL of shared counters begins."""


def check_addresses(settings: Settings, report: Report) -> None:
    """``database_url``, ``redis_url``, ``server.tls``."""
    _begins("database_url", settings.database_url, DATABASES, report)
    _begins("redis_url", settings.redis_url, COUNTERS, report)
    tls = settings.server.tls
    if tls is None or report.wrong_within(("server", "tls")):
        return
    try:
        ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER).load_cert_chain(tls.cert, tls.key, password="")
    except (OSError, ssl.SSLError) as fault:  # a file that is not there, is no PEM, or does not fit the other
        why = fault.strerror or str(fault) or type(fault).__name__
        report.error(("server", "tls"), f"this certificate cannot be served with this key: {why}", "two PEM files")


def _begins(name: str, url: Secret | None, known: tuple[str, ...], report: Report) -> None:
    """Report a URL of another kind, and never the URL: there may be a password in it."""
    if url and not url.reveal().startswith(known):  # an empty one, as of ``${DATABASE_URL:-}``, is none
        report.error(
            (name,), "is no address of a kind that is known here", f"it begins with one of: {', '.join(known)}"
        )
