"""The reference of all routes, for people: ``/docs`` and ``/redoc``, drawn from the OpenAPI file without anything from elsewhere.

It describes nothing by itself (``description`` does). Added to the application by ``app``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from importlib.resources import files

from fastapi import FastAPI, Response

POLICY = "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; base-uri 'none'; frame-ancestors 'none'"
KINDS = {"html": "text/html; charset=utf-8", "js": "text/javascript; charset=utf-8", "css": "text/css; charset=utf-8"}


def add_reference(app: FastAPI) -> None:
    """Serve the page and its two files."""
    for path, name in (
        ("/docs", "page.html"),
        ("/redoc", "page.html"),
        ("/docs/page.js", "page.js"),
        ("/docs/page.css", "page.css"),
    ):
        app.add_api_route(path, _served(name), methods=["GET"], include_in_schema=False)


def _served(name: str) -> Callable[[], Awaitable[Response]]:
    body = files("torana.control.reference").joinpath(name).read_bytes()
    headers = {"content-security-policy": POLICY, "x-content-type-options": "nosniff", "referrer-policy": "no-referrer"}

    async def served() -> Response:
        return Response(body, media_type=KINDS[name.rpartition(".")[2]], headers=headers)

    return served
