"""Tokens for whoever asks, ``POST /auth/token`` and ``POST /login``: with ``--dev`` only, else there are no such paths.

They prove nothing about who asks; that is what they are for. Called by ``app``.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

from torana.core.errors import GatewayError
from torana.edge.body import read_body
from torana.edge.head import read_head
from torana.edge.house import House, Receive, Scope, Send
from torana.edge.refuse import JSON, send_whole
from torana.ports.tokens import Mint

MAX_BODY_BYTES = 64 * 1024
BODY_WITHIN_S = 10.0
LONGEST_NAME = 200
ANY_MODEL = ["*"]

Claims = dict[str, object]


async def serve_dev(house: House, mint: Mint, scope: Scope, receive: Receive, send: Send) -> None:
    """Sign what is asked for. Raises GatewayError REQUEST_INVALID, REQUEST_TOO_LARGE, REQUEST_TIMEOUT."""
    head = read_head(scope, house)
    bounds = replace(house.bounds, max_body_bytes=MAX_BODY_BYTES)
    try:
        async with asyncio.timeout(BODY_WITHIN_S):
            body = await read_body(receive, head.content_length, bounds)
    except TimeoutError:
        raise GatewayError("REQUEST_TIMEOUT", "The body did not arrive in time.") from None
    minted = mint(DEV_ROUTES[scope["path"]](members_of(body)))
    answer = {
        "access_token": minted.text,
        "token": minted.text,
        "token_type": "bearer",
        "expires_in": minted.expires_in_s,
    }
    headers = [JSON, (b"x-request-id", head.request_id.encode("latin-1")), (b"cache-control", b"no-store")]
    await send_whole(send, 200, headers, json.dumps(answer).encode())


def token_claims(asked: Mapping[str, Any]) -> Claims:
    """``{username, lob, models, rate_limit, permissions, team}``; all but the first may be left out, models for any."""
    claims: Claims = {"sub": name(asked, "username"), "models": names(asked, "models") or ANY_MODEL}
    for member in ("lob", "team"):
        if asked.get(member) is not None:
            claims[member] = name(asked, member)
    if asked.get("permissions") is not None:
        claims["permissions"] = names(asked, "permissions")
    rate = asked.get("rate_limit")
    if rate is not None:
        if isinstance(rate, bool) or not isinstance(rate, int) or rate < 0:
            raise GatewayError(
                "REQUEST_INVALID", "rate_limit is a whole number of requests an hour.", param="rate_limit"
            )
        claims["rate_limit"] = rate
    return claims


def login_claims(asked: Mapping[str, Any]) -> Claims:
    """``{user_id, role}``."""
    claims: Claims = {"sub": name(asked, "user_id"), "models": ANY_MODEL}
    if asked.get("role") is not None:
        claims["role"] = name(asked, "role")
    return claims


def members_of(body: bytes) -> Mapping[str, Any]:
    """The JSON object of the body."""
    try:
        found = json.loads(body)
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise GatewayError("REQUEST_INVALID", "The body must be a JSON object.")
    return found


def name(asked: Mapping[str, Any], member: str) -> str:
    """A short text."""
    found = asked.get(member)
    if not isinstance(found, str) or not 0 < len(found.strip()) <= LONGEST_NAME or not found.isprintable():
        raise GatewayError(
            "REQUEST_INVALID", f"{member} must be a text of 1 to {LONGEST_NAME} characters.", param=member
        )
    return found.strip()


def names(asked: Mapping[str, Any], member: str) -> list[str]:
    """A list of texts; empty when it is left out."""
    found = asked.get(member)
    if found is None:
        return []
    if not isinstance(found, list) or not all(isinstance(one, str) and one for one in found):
        raise GatewayError("REQUEST_INVALID", f"{member} must be a list of texts.", param=member)
    return found


DEV_ROUTES: Mapping[str, Callable[[Mapping[str, Any]], Claims]] = {"/auth/token": token_claims, "/login": login_claims}


def mint_for(house: House, path: str, method: str) -> Mint | None:
    """What signs a token for this request; None where there is no such path."""
    if method != "POST" or path not in DEV_ROUTES or house.mint is None:
        return None
    return house.mint()
