"""``/passthrough/{provider}/…``: which request is meant, made safe to pass on, and sent down the line like any other.

It judges no caller and no provider; the line does. Called by ``app``.
"""

from __future__ import annotations

import re

from torana.core.errors import GatewayError
from torana.dialects import passed_path
from torana.dialects.passthrough import DROPPED, METHOD, PATH, QUERY, Passing, Way
from torana.edge.ai import serve_ai
from torana.edge.house import House, Receive, Scope, Send

PREFIX = "/passthrough/"
METHODS = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"})
_PROVIDER = re.compile(r"[A-Za-z0-9._-]{1,128}")


async def serve_passed(house: House, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one such request. Raises GatewayError for one that is not even looked at by the line."""
    way, dropped = way_of(scope)
    plain = [(name, value) for name, value in scope["headers"] if not name.startswith(b":")]
    if any(name == b"content-encoding" and value.strip().lower() != b"identity" for name, value in plain):
        raise GatewayError("REQUEST_INVALID", "A compressed body cannot be looked into, and is not passed on.")
    said = {METHOD: way.method, PATH: way.path, QUERY: way.query}
    if dropped:
        said[DROPPED] = ", ".join(f"query {name}" for name in dropped)
    made = [(name.encode(), value.encode("ascii")) for name, value in said.items()]
    await serve_ai(house, Passing(way), {**scope, "headers": plain + made}, receive, send)


def way_of(scope: Scope) -> tuple[Way, tuple[str, ...]]:
    """Where the request wants to go, and the names of query fields that stay here. Raises GatewayError."""
    method = scope["method"]
    if method not in METHODS:
        raise GatewayError("METHOD_NOT_ALLOWED", f"No request with {method[:16]} is passed on.")
    try:
        raw = str(scope["raw_path"], "ascii")
        query = str(scope["query_string"], "ascii")
    except UnicodeDecodeError:
        raise GatewayError("NOT_FOUND", "This path cannot be passed on.") from None
    raw = raw.partition("?")[0]
    provider, slash, rest = raw.removeprefix(PREFIX).partition("/")
    if not raw.startswith(PREFIX) or not slash or not _PROVIDER.fullmatch(provider):
        raise GatewayError("NOT_FOUND", f"A path to pass on reads {PREFIX}{{provider}}/….")
    kept, dropped = passed_path.without_credentials(query)
    return Way(provider, method, passed_path.checked(f"/{rest}"), kept), dropped
