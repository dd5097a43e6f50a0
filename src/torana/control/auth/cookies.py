"""The cookies of the console: session, refresh token, and what its changes repeat in a header.

Scripts have no use for them: they are set for browsers only, or on demand. Called by the sign-in routes.
"""

from __future__ import annotations

from fastapi import Request, Response

from torana.control.admission import CSRF_COOKIE, PREFIX, SESSION_COOKIE
from torana.control.changes import office_of
from torana.core.ids import new_secret_text

REFRESH_COOKIE = "torana_refresh"
REFRESH_PATH = f"{PREFIX}/auth"
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


def wants_cookies(request: Request, asked: bool | None) -> bool:
    """Whether whoever signs in shall get cookies: browsers send Sec-Fetch-Mode (W3C Fetch Metadata), scripts do not.

    Never by a page of another site: it would sign its visitor in as somebody of its own.
    """
    if request.headers.get("sec-fetch-site") == "cross-site":
        return False
    return "sec-fetch-mode" in request.headers if asked is None else asked


def set_cookies(request: Request, response: Response, access: tuple[str, int], refresh: tuple[str, int] | None) -> None:
    """Set them. ``access`` and ``refresh``: token and seconds; without ``refresh`` the browser has a newer one already."""
    text, life_s = access
    _set(request, response, SESSION_COOKIE, text, life_s)
    if refresh is not None:
        _set(request, response, REFRESH_COOKIE, *refresh, REFRESH_PATH)
        _set(request, response, CSRF_COOKIE, new_secret_text(""), refresh[1])


def drop_cookies(request: Request, response: Response) -> None:
    """Take them back."""
    _set(request, response, SESSION_COOKIE, "", 0)
    _set(request, response, REFRESH_COOKIE, "", 0, REFRESH_PATH)
    _set(request, response, CSRF_COOKIE, "", 0)


def is_secure(request: Request) -> bool:
    """Whether browsers shall send them over TLS only: always, but to a gateway on their own machine without it."""
    if request.url.scheme == "https" or office_of(request).people.manners().behind_proxy:
        return True
    host = request.headers.get("host", "")
    name = host.partition("]")[0] + "]" if host.startswith("[") else host.partition(":")[0]
    return name not in LOOPBACK


def _set(request: Request, response: Response, name: str, value: str, life_s: int, path: str = "/") -> None:
    response.set_cookie(
        name,
        value,
        max_age=life_s,
        path=path,
        secure=is_secure(request),
        httponly=name != CSRF_COOKIE,  # that one is there for the page to read
        samesite="strict",
    )
