"""The routes that need no credential: health and metrics. Listed once, here; the console's files are beside."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping

from torana.core.errors import GatewayError
from torana.edge.head import read_head
from torana.edge.house import Asgi, House, Receive, Scope, Send
from torana.edge.refuse import JSON, send_whole

PROMETHEUS = (b"content-type", b"text/plain; version=0.0.4; charset=utf-8")
OpenRoute = Callable[[House, Scope, Receive, Send], Awaitable[None]]


async def health(house: House, scope: Scope, receive: Receive, send: Send) -> None:
    """Alive and answering."""
    await send_page(scope, send, 200, [JSON, request_id(house, scope)], b'{"status":"ok"}')


async def ready(house: House, scope: Scope, receive: Receive, send: Send) -> None:
    """Whether to send traffic here, and how each dependency is."""
    takes, dependencies = house.views.ready()
    takes = takes and not house.draining
    state = "draining" if house.draining else "ok" if takes else "unavailable"
    body = json.dumps({"status": state, "dependencies": dependencies}).encode()
    headers = [JSON, request_id(house, scope), (b"cache-control", b"no-store")]
    if not takes:
        headers.append((b"retry-after", b"1"))
    await send_page(scope, send, 200 if takes else 503, headers, body)


async def metrics(house: House, scope: Scope, receive: Receive, send: Send) -> None:
    """The Prometheus page. Raises GatewayError NOT_FOUND where it is not served beside the data routes."""
    page = house.views.metrics
    if page is None:
        raise GatewayError("NOT_FOUND", "Metrics are not served on this port (server.metrics_port, telemetry.metrics).")
    await send_page(scope, send, 200, [PROMETHEUS, request_id(house, scope)], page())


def metrics_application(page: Callable[[], bytes]) -> Asgi:
    """An application of its own for the metrics port: the page at every path, nothing else."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await send_page(scope, send, 200, [PROMETHEUS], page())

    return app


def request_id(house: House, scope: Scope) -> tuple[bytes, bytes]:
    """The header that every answer carries: the caller's own id when it is a sane one."""
    return b"x-request-id", read_head(scope, house).request_id.encode("latin-1")


async def send_page(scope: Scope, send: Send, status: int, headers: list[tuple[bytes, bytes]], body: bytes) -> None:
    """The answer; without its body for HEAD (RFC 9110 section 9.3.2)."""
    if scope["method"] == "HEAD":
        headers.append((b"content-length", str(len(body)).encode()))
        await send({"type": "http.response.start", "status": status, "headers": headers})
        await send({"type": "http.response.body", "body": b""})
        return
    await send_whole(send, status, headers, body)


OPEN_ROUTES: Mapping[str, OpenRoute] = {
    "/health": health,
    "/health/live": health,
    "/health/ready": ready,
    "/metrics": metrics,
}
