"""The ASGI application of a process that serves the control plane alone: AI routes are refused, with where they are.

It judges no credential. Built by ``wiring`` around a House for ``--role control``, in place of ``app``'s.
"""

from __future__ import annotations

from torana.core.errors import GatewayError
from torana.dialects import gemini_errors
from torana.edge.admin import to_control
from torana.edge.app import CONTROL_PREFIXES, no_such_path, refuse_other
from torana.edge.console import console_path, serve_console
from torana.edge.cors import allow_origin, preflight
from torana.edge.dev_routes import mint_for, serve_dev
from torana.edge.google_routes import is_google
from torana.edge.head import read_head
from torana.edge.house import Asgi, House, Receive, Scope, Send
from torana.edge.open_routes import OPEN_ROUTES
from torana.edge.refuse import Refusing, send_refusal

DATA_PREFIXES = ("/v1/", "/api/v1/", "/v1beta/", "/api/v1beta/", "/passthrough/")


def office_application(house: House) -> Asgi:
    """The ASGI application of the house."""

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await refuse_other(scope, receive, send)
            return
        if house.bounds.cors_origins:
            send = allow_origin(scope, send, house.bounds.cors_origins)
        try:
            await route(house, scope, receive, send)
        except GatewayError as error:
            request_id = read_head(scope, house).request_id
            await send_refusal(send, error, shape_of(house, scope), request_id, head=scope["method"] == "HEAD")

    return app


async def route(house: House, scope: Scope, receive: Receive, send: Send) -> None:
    """Lead to who serves it. Raises GatewayError."""
    path, method = scope["path"], scope["method"]
    if method == "OPTIONS" and house.bounds.cors_origins:
        await preflight(scope, send, house.bounds.cors_origins)
    elif path.startswith(CONTROL_PREFIXES):
        await to_control(house, scope, receive, send)
    elif (mint := mint_for(house, path, method)) is not None:
        await serve_dev(house, mint, scope, receive, send)
    elif path in house.dialects or path.startswith(DATA_PREFIXES):
        raise elsewhere()
    elif method not in ("GET", "HEAD"):
        raise no_such_path(method, path)
    elif path in OPEN_ROUTES:
        await OPEN_ROUTES[path](house, scope, receive, send)
    elif (file := console_path(house.static, scope)) is not None:
        await serve_console(house, scope, send, file)
    else:
        raise no_such_path(method, path)


def elsewhere() -> GatewayError:
    """The refusal of everything that the data plane serves."""
    return GatewayError(
        "NOT_FOUND",
        "AI routes are not served by this process (--role control). Ask one with --role data, "
        "or the address in front of both.",
    )


def shape_of(house: House, scope: Scope) -> Refusing:
    """Who shapes the refusal: whose path it is."""
    path = scope["path"]
    return gemini_errors if is_google(path, scope["method"]) else house.dialects.get(path, house.default_dialect)
