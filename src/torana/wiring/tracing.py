"""Who is traced and where spans go, by ``telemetry``.

It makes no spans. Called by ``recording`` and ``serve``.
"""

from __future__ import annotations

import platform

from torana import __version__
from torana.core import otlp
from torana.core.clock import Clock
from torana.core.trace import Tracing
from torana.records.feed import Log
from torana.records.traces import Collector, Traces
from torana.upstream import target
from torana.upstream.posting import Poster, judged
from torana.wiring.post import Post
from torana.wiring.settings import Settings
from torana.wiring.shipping import way_of

PATH = "/v1/traces"
TIMEOUT_S = 10.0


def tracing_of(settings: Settings) -> Tracing:
    """What decides which requests are traced."""
    telemetry = settings.telemetry
    return Tracing(telemetry.sample_ratio, on=bool(telemetry.otlp_endpoint))


def traces_of(settings: Settings, post: Post, clock: Clock, log: Log) -> tuple[Traces, ...]:
    """What sends spans; nothing where nobody takes them. Raises ValueError for an endpoint that is no URL."""
    telemetry = settings.telemetry
    if not telemetry.otlp_endpoint:
        return ()
    # The operator's own, as the database is: collectors live beside the gateway.
    way = way_of(telemetry.network, True, TIMEOUT_S, settings)
    headers = (
        ("content-type", "application/json"),
        ("user-agent", f"torana/{__version__}"),
        *((name, one.reveal()) for name, one in telemetry.otlp_headers.items()),
    )
    resource = otlp.resource(__version__, post.process, platform.node())
    collector = Collector(address(telemetry.otlp_endpoint), headers, Poster(way), judged, resource, __version__)
    return (Traces(collector, clock, log),)


def address(endpoint: str) -> str:
    """The endpoint with the path of traces, where it has none. Raises ValueError."""
    path = target.parse(endpoint).prefix.split(" ", 2)[1]
    return endpoint.rstrip("/") + PATH if path == "/" else endpoint
