"""``/v1/files…``, ``/v1/batches…`` and ``/v1/responses…``: which request about what is kept is meant.

It judges nothing; the line does. Called by ``app``.
"""

from __future__ import annotations

import re
from functools import partial
from urllib.parse import parse_qs, parse_qsl, urlencode

from torana.core.call import Call
from torana.core.errors import GatewayError
from torana.core.kept import BATCH, FILE, RESPONSE, Page, Wanted
from torana.core.trail import Trail
from torana.dialects import stored_responses
from torana.dialects.kept_requests import KeptRequest
from torana.edge.ai import serve_ai
from torana.edge.head import read_head
from torana.edge.house import House, Receive, Scope, Send
from torana.edge.open_routes import send_page
from torana.edge.refuse import JSON
from torana.line.kept import answer_kept, list_kept
from torana.line.stored import answer_stored

KEPT = (
    "/v1/files", "/api/v1/files", "/v1/batches", "/api/v1/batches", "/v1/responses/", "/api/v1/responses/",
)  # fmt: skip
KINDS = {"files": FILE, "batches": BATCH, "responses": RESPONSE}
LARGEST_PAGE = {FILE: 10_000, BATCH: 100}
"""https://platform.openai.com/docs/api-reference/files/list, …/batch/list"""
FIRST_PAGE = {FILE: 10_000, BATCH: 20}
FIELDS = frozenset({"include", "include[]", "after", "limit", "order"})
"""https://platform.openai.com/docs/api-reference/responses/get, …/responses/input-items"""
LONGEST_FIELD = 256
_ID = re.compile(r"[A-Za-z0-9_-][A-Za-z0-9._-]{0,255}")

DEEDS = {
    (FILE, "GET", ""): "read",
    (FILE, "DELETE", ""): "drop",
    (FILE, "GET", "content"): "content",
    (BATCH, "GET", ""): "read",
    (BATCH, "POST", "cancel"): "stop",
    (RESPONSE, "GET", ""): "read",
    (RESPONSE, "DELETE", ""): "drop",
    (RESPONSE, "GET", "input_items"): "items",
    (RESPONSE, "POST", "cancel"): "stop",
}
"""Kind, method and what stands behind the id → what is wanted."""


async def serve_kept(house: House, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one such request. Raises GatewayError for a path that is none."""
    wanted = wanted_of(scope)
    if house.desk is None:
        raise GatewayError("NOT_FOUND", "What providers keep is not offered by this process.")
    if wanted.deed == "list":
        await serve_list(house, KeptRequest(wanted), scope, send)
        return
    await serve_ai(house, KeptRequest(wanted), scope, receive, send, partial(answer_kept, desk=house.desk))


async def serve_stored(house: House, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve a request for an answer that may be kept or go on from a kept one."""
    assert house.desk is not None  # noqa: S101 - the caller's case
    line = partial(answer_stored, desk=house.desk, id_in=stored_responses.id_in)
    await serve_ai(house, stored_responses, scope, receive, send, line)


def wanted_of(scope: Scope) -> Wanted:
    """What the path and the query ask for. Raises GatewayError NOT_FOUND, METHOD_NOT_ALLOWED, REQUEST_INVALID."""
    method = scope["method"]
    name, *rest = scope["path"].removeprefix("/api").removeprefix("/v1/").split("/")
    kind = KINDS.get(name)
    if kind is None or len(rest) > 2:
        raise GatewayError("NOT_FOUND", "Nothing is served at this path.")
    if not rest:
        if method == "POST":
            return Wanted(kind, "make")
        if method in ("GET", "HEAD"):
            return Wanted(kind, "list", page=page_of(kind, scope["query_string"]))
        raise takes(f"/v1/{name}", "GET", "HEAD", "POST")
    if not _ID.fullmatch(rest[0]):
        raise GatewayError("NOT_FOUND", f"There is no {kind} of this id here.", param=f"{kind}_id")
    behind = rest[1] if len(rest) == 2 else ""
    deed = DEEDS.get((kind, method, behind))
    if deed is None:
        raise takes("This path", *(verb for of, verb, what in DEEDS if (of, what) == (kind, behind)))
    return Wanted(kind, deed, rest[0], query=passed_on(scope["query_string"]) if kind == RESPONSE else "")


def takes(path: str, *methods: str) -> GatewayError:
    """The refusal of another method."""
    message = f"{path} takes {' and '.join(methods)}." if methods else f"{path} is none."
    return GatewayError("METHOD_NOT_ALLOWED", message, details={"allow": ", ".join(methods)})


def passed_on(query: bytes) -> str:
    """What of the query about a response goes on. Raises GatewayError REQUEST_INVALID.

    A stream is only had of an answer in the background, of which there are none here.
    """
    said = parse_qsl(query.decode("latin-1"))
    if ("stream", "true") in said:
        raise GatewayError("REQUEST_INVALID", "stream: only a whole response is kept here.", param="stream")
    return urlencode([pair for pair in said if pair[0] in FIELDS and len(pair[1]) <= LONGEST_FIELD])


def page_of(kind: str, query: bytes) -> Page:
    """Which part of a list is wanted. Raises GatewayError REQUEST_INVALID."""
    said = {name: values[-1] for name, values in parse_qs(query.decode("latin-1")).items()}
    limit = said.get("limit", str(FIRST_PAGE[kind]))
    if not (limit.isascii() and limit.isdigit() and len(limit) < 9 and 1 <= int(limit) <= LARGEST_PAGE[kind]):
        message = f"limit: expected a number from 1 to {LARGEST_PAGE[kind]}."
        raise GatewayError("REQUEST_INVALID", message, param="limit")
    if said.get("order", "desc") not in ("asc", "desc"):
        raise GatewayError("REQUEST_INVALID", "order: expected asc or desc.", param="order")
    after, purpose = said.get("after", ""), said.get("purpose", "")
    if len(after) > 256 or len(purpose) > 64:
        raise GatewayError("REQUEST_INVALID", "after or purpose is too long.")
    return Page(int(limit), after, purpose, said.get("order") == "asc")


async def serve_list(house: House, dialect: KeptRequest, scope: Scope, send: Send) -> None:
    """Answer a list from the rows that are the caller's own."""
    assert house.desk is not None  # noqa: S101 - serve_kept's case
    head = read_head(scope, house)
    trail = Trail(head.request_id, house.new_receipt_id(), house.clock.now(), house.clock.monotonic())
    trail.dialect, trail.operation = dialect.ID, dialect.OPERATION
    trail.address, trail.reading = head.address, False
    call = Call(dialect.ID, dialect.OPERATION, b"", head.credentials, dialect.read, trail)
    rows, more = await list_kept(call, house.rooms, house.desk)
    headers = [JSON, (b"x-request-id", head.request_id.encode("latin-1")), (b"cache-control", b"no-store")]
    await send_page(scope, send, 200, headers, dialect.listed(rows, more))
