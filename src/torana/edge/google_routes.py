"""The routes of Google's API, where the path names the model and what to do with it: ``/v1beta/models/{model}:method``.

It reads path and query; serving is ``ai``'s, words are the dialects'. Called by ``app``.
"""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import parse_qs

from torana.core.call import Ask
from torana.core.errors import GatewayError
from torana.dialects import gemini_errors
from torana.dialects.gemini_models import Offered, model_page, one_model
from torana.edge.ai import serve_ai
from torana.edge.array_stream import as_array
from torana.edge.head import read_head, with_key
from torana.edge.house import House, Receive, Scope, Send
from torana.edge.open_routes import send_page
from torana.edge.own_routes import caller_of
from torana.edge.refuse import JSON, send_refusal
from torana.line.policy import shown
from torana.ports.dialect import NamedDialect

BETA = ("/v1beta/", "/api/v1beta/")
STABLE = ("/v1/models/", "/api/v1/models/")
"""Google's stable version has its models where OpenAI's are; only Google's are posted to."""
STREAMS = "stream"
"""How the names of methods begin that answer piece by piece."""


def is_google(path: str, method: str) -> bool:
    """Whether the path belongs to Google's API."""
    return path.startswith(BETA) or (method == "POST" and path.startswith(STABLE) and ":" in path)


class Bound:
    """A dialect for one request, whose model and method are known. Implements ``ports.dialect.ClientSide``."""

    __slots__ = ("CARRIES", "COMMENTS", "ID", "OPERATION", "_dialect", "_method", "_model", "bound")

    def __init__(self, dialect: NamedDialect, model: str, method: str) -> None:
        self.ID = dialect.ID
        self.OPERATION = dialect.OPERATION
        self.CARRIES = dialect.CARRIES
        self.bound = getattr(dialect, "bound", None)
        self.COMMENTS = False
        """Google's SDKs take comments in a stream for JSON."""
        self._dialect = dialect
        self._model = model
        self._method = method

    def read(self, body: bytes) -> Ask:
        """What the body asks for. Raises GatewayError REQUEST_INVALID naming the field at fault."""
        return self._dialect.read_named(body, self._model, self._method)

    def refuse(self, error: GatewayError, request_id: str) -> bytes:
        """The body of an error answer."""
        return self._dialect.refuse(error, request_id)

    def refuse_event(self, error: GatewayError, request_id: str) -> bytes:
        """The last event of a stream that failed after it began."""
        return self._dialect.refuse_event(error, request_id)


async def serve_google(house: House, scope: Scope, receive: Receive, send: Send) -> None:
    """Serve one request of Google's API, refusals in its shape."""
    query = parse_qs(scope.get("query_string", b"").decode("latin-1"))
    scope = with_key(scope, query.get("key", ()))
    try:
        if scope["method"] == "POST":
            bound, streams = bound_of(house, scope["path"])
            if streams and wants_array(query):
                send = as_array(send)
            await serve_ai(house, bound, scope, receive, send)
        elif scope["method"] in ("GET", "HEAD"):
            await serve_page(house, scope, query, send)
        else:
            raise nothing_at(scope)
    except GatewayError as error:
        head = scope["method"] == "HEAD"
        await send_refusal(send, error, gemini_errors, read_head(scope, house).request_id, head=head)


def bound_of(house: House, path: str) -> tuple[Bound, bool]:
    """The dialect that the path means, and whether its answer streams. Raises GatewayError NOT_FOUND.

    Models' names may hold colons: the last one stands before the method.
    """
    _, _, rest = path.partition("/models/")
    model, _, method = rest.rpartition(":")
    dialect = house.named.get(method)
    if dialect is None or not model:
        known = ", ".join(sorted(house.named))
        raise GatewayError("NOT_FOUND", f"Nothing is served here. Of a model can be asked: {known}.")
    return Bound(dialect, model, method), method.startswith(STREAMS)


def wants_array(query: Mapping[str, list[str]]) -> bool:
    """Whether a stream is wanted as a JSON array, which is what Google sends to those who ask for no events.

    Raises GatewayError REQUEST_INVALID for a form that is not served.
    """
    alt = query.get("alt", ["json"])[-1]
    if alt not in ("json", "sse"):
        raise GatewayError("REQUEST_INVALID", "alt: expected sse or json.", param="alt")
    return alt == "json"


async def serve_page(house: House, scope: Scope, query: Mapping[str, list[str]], send: Send) -> None:
    """``GET /v1beta/models`` and ``/v1beta/models/{model}``: https://ai.google.dev/api/models. Raises GatewayError."""
    path = scope["path"].removeprefix("/api")
    name = path.removeprefix("/v1beta/models/")
    if path != "/v1beta/models" and (name == path or not name):
        raise nothing_at(scope)
    caller, request_id = await caller_of(house, scope)
    served = {method: dialect.OPERATION for method, dialect in house.named.items()}
    offered = Offered(served, house.rooms.snapshot.operations)
    if path == "/v1beta/models":
        size, token = query.get("pageSize", [""])[-1], query.get("pageToken", [""])[-1]
        body = model_page(house.rooms.policy.models_for(caller), offered, size, token)
    else:
        model = house.rooms.policy.model_for(caller, name)
        if model is None:
            raise GatewayError("MODEL_NOT_FOUND", f"There is no model {shown(name)!r} here.", param="model")
        body = one_model(model, offered)
    await send_page(scope, send, 200, [JSON, (b"x-request-id", request_id.encode("latin-1"))], body)


def nothing_at(scope: Scope) -> GatewayError:
    """The refusal for a path nobody serves."""
    text = "".join(letter if letter.isprintable() else "?" for letter in scope["path"][:80])
    return GatewayError("NOT_FOUND", f"Nothing is served at {scope['method']} {text}.")
