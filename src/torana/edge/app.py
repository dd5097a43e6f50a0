"""The data plane's ASGI application: a path leads to one function, nothing stands in between.

It knows paths, not rules. Built by ``wiring`` around a House; run by any ASGI server (ASGI 3.0).
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from torana.core.errors import GatewayError
from torana.dialects.stored_responses import ID as STORED
from torana.edge.admin import elsewhere, to_control
from torana.edge.ai import serve_ai
from torana.edge.console import console_path, serve_console
from torana.edge.cors import allow_origin, preflight
from torana.edge.dev_routes import mint_for, serve_dev
from torana.edge.google_routes import is_google, serve_google
from torana.edge.head import read_head
from torana.edge.house import Asgi, House, Receive, Scope, Send
from torana.edge.kept import KEPT, serve_kept, serve_stored
from torana.edge.open_routes import OPEN_ROUTES
from torana.edge.own_routes import own_route
from torana.edge.passing import PREFIX, serve_passed
from torana.edge.refuse import send_refusal

Route = Callable[[House, Scope, Receive, Send], Awaitable[None]]

CONTROL_PREFIXES = ("/api/v1/admin/", "/admin/", "/openapi.json", "/docs", "/redoc", "/scim/")


def application(house: House) -> Asgi:
    """The ASGI application of the house."""
    dialects = house.dialects

    async def app(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await refuse_other(scope, receive, send)
            return
        if house.bounds.cors_origins:
            send = allow_origin(scope, send, house.bounds.cors_origins)
        dialect = dialects.get(scope["path"])
        if dialect is not None and scope["method"] == "POST":
            if dialect.ID == STORED and house.desk is not None:
                await serve_stored(house, scope, receive, send)
            else:
                await serve_ai(house, dialect, scope, receive, send)
            return
        await other_route(house, scope, receive, send)

    return app


async def other_route(house: House, scope: Scope, receive: Receive, send: Send) -> None:
    """Everything that is no AI request."""
    path, method = scope["path"], scope["method"]
    try:
        if method == "OPTIONS" and house.bounds.cors_origins:
            await preflight(scope, send, house.bounds.cors_origins)
        elif path in house.dialects:
            raise GatewayError("METHOD_NOT_ALLOWED", f"{path} takes POST.")
        elif (route := by_prefix(path)) is not None:
            await route(house, scope, receive, send)
        elif is_google(path, method):
            await serve_google(house, scope, receive, send)
        elif (mint := mint_for(house, path, method)) is not None:
            await serve_dev(house, mint, scope, receive, send)
        elif method not in ("GET", "HEAD"):
            raise no_such_path(method, path)
        elif path in OPEN_ROUTES:
            await OPEN_ROUTES[path](house, scope, receive, send)
        elif (own := own_route(path)) is not None:
            await own(house, scope, send)
        elif (file := console_path(house.static, scope)) is not None:
            await serve_console(house, scope, send, file)
        else:
            raise elsewhere() if path == "/" and house.data_only else no_such_path(method, path)
    except GatewayError as error:
        request_id = read_head(scope, house).request_id
        await send_refusal(send, error, house.default_dialect, request_id, head=method == "HEAD")


def by_prefix(path: str) -> Route | None:
    """Who serves all paths that begin like this one; None when nobody does."""
    if path.startswith(CONTROL_PREFIXES):
        return to_control
    if path.startswith(KEPT):
        return serve_kept
    return serve_passed if path.startswith(PREFIX) else None


async def refuse_other(scope: Scope, receive: Receive, send: Send) -> None:
    """Lifespan is accepted and has nothing to do (wiring starts and stops things); WebSockets are refused."""
    if scope["type"] == "lifespan":
        while True:
            message = await receive()
            if message["type"] == "lifespan.startup":
                await send({"type": "lifespan.startup.complete"})
            elif message["type"] == "lifespan.shutdown":
                await send({"type": "lifespan.shutdown.complete"})
                return
    elif scope["type"] == "websocket":
        await send({"type": "websocket.close", "code": 1003})


def no_such_path(method: str, path: str) -> GatewayError:
    """The refusal for a path nobody serves."""
    text = "".join(letter if letter.isprintable() else "?" for letter in path[:80])
    return GatewayError("NOT_FOUND", f"Nothing is served at {method} {text}. The OpenAI base URL is …/v1.")
