"""The data routes that the gateway answers itself: the models a caller may use, and how their deployments are.

They identify the caller by the same gate as the line; nothing is sent upstream.
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping
from urllib.parse import parse_qs

from torana.core.call import Ask, Call
from torana.core.errors import GatewayError
from torana.core.money import decimal_text
from torana.core.snapshot import Deployment
from torana.core.tickets import Caller
from torana.core.trail import Trail
from torana.dialects import anthropic_models
from torana.dialects.openai_models import model_list, one_model
from torana.edge.head import read_head
from torana.edge.house import House, Scope, Send
from torana.edge.open_routes import send_page
from torana.edge.refuse import JSON
from torana.line.health import Condition, moment
from torana.line.policy import shown
from torana.ports.store import Charge

MOST_RECENT = 500
"""Requests that are shown at once."""
BUDGETS_READ = "budgets.read"
"""The permission to see budgets of other teams of one's tenant."""


async def caller_of(house: House, scope: Scope) -> tuple[Caller, str]:
    """The Caller and the request id. Raises GatewayError as the gate does."""
    head = read_head(scope, house)
    trail = Trail(head.request_id, "", house.clock.now(), house.clock.monotonic())
    trail.address = head.address
    call = Call("openai_models", "models", b"", head.credentials, no_ask, trail)
    return await house.rooms.gate.identify(call), head.request_id


def no_ask(body: bytes) -> Ask:
    """These routes have no body to read."""
    return Ask(None)


async def serve_models(house: House, scope: Scope, send: Send) -> None:
    """``GET /v1/models`` (OpenAI API reference, models); as Anthropic lists them to who speaks its API."""
    caller, request_id = await caller_of(house, scope)
    models = house.rooms.policy.models_for(caller)
    if speaks_anthropic(scope):
        body = anthropic_models.model_page(models, parse_qs(scope["query_string"].decode("latin-1")))
    else:
        body = model_list(models)
    await send_page(scope, send, 200, [JSON, (b"x-request-id", request_id.encode("latin-1"))], body)


async def serve_model(house: House, scope: Scope, send: Send) -> None:
    """``GET /v1/models/{id}``; ids may hold slashes. A model the key may not use is not found: it is not theirs to know."""
    caller, request_id = await caller_of(house, scope)
    path = scope["path"]  # ASGI servers give it decoded; decoding twice would make another name of it
    name = path[path.index("/models/") + len("/models/") :]
    model = house.rooms.policy.model_for(caller, name)
    if model is None:
        raise GatewayError("MODEL_NOT_FOUND", f"There is no model {shown(name)!r} here.", param="model")
    body = anthropic_models.one_model(model) if speaks_anthropic(scope) else one_model(model)
    await send_page(scope, send, 200, [JSON, (b"x-request-id", request_id.encode("latin-1"))], body)


def speaks_anthropic(scope: Scope) -> bool:
    """Whether the caller speaks Anthropic's API, whose paths of models are OpenAI's."""
    return any(name == b"anthropic-version" for name, _ in scope["headers"])


async def serve_providers(house: House, scope: Scope, send: Send) -> None:
    """``GET /v1/providers/status``: each deployment of the caller's models, as this process knows it."""
    caller, request_id = await caller_of(house, scope)
    rooms = house.rooms
    models: dict[tuple[str, str], list[str]] = {}
    deployments: dict[tuple[str, str], Deployment] = {}
    for model in rooms.policy.models_for(caller):
        for one in model.everywhere:
            where = (one.provider, one.model)
            deployments[where] = one
            names = models.setdefault(where, [])
            if model.name not in names:
                names.append(model.name)
    rows = [shown_condition(one, models[where], rooms.health.condition(one)) for where, one in deployments.items()]
    body = json.dumps({"object": "list", "data": rows}, ensure_ascii=False).encode()
    headers = [JSON, (b"x-request-id", request_id.encode("latin-1")), (b"cache-control", b"no-store")]
    await send_page(scope, send, 200, headers, body)


async def serve_budget(house: House, scope: Scope, send: Send) -> None:
    """``GET /v1/budget/{team_id}``: the team's budgets. Another team's are not found without ``budgets.read``."""
    caller, request_id = await caller_of(house, scope)
    path = scope["path"]
    team = path[path.index("/budget/") + len("/budget/") :]
    rooms = house.rooms
    if not team or (team != caller.team and BUDGETS_READ not in caller.key.permissions):
        raise GatewayError("NOT_FOUND", f"There is no team {shown(team)!r} here whose budgets this key may see.")
    found = await rooms.limits.budgets_of_team(caller.tenant, team)
    rows = [shown_budget(charge, used, held) for charge, used, held in found]
    body = json.dumps({"team": team, "currency": rooms.snapshot.currency, "data": rows}, ensure_ascii=False).encode()
    headers = [JSON, (b"x-request-id", request_id.encode("latin-1")), (b"cache-control", b"no-store")]
    await send_page(scope, send, 200, headers, body)


async def serve_usage(house: House, scope: Scope, send: Send) -> None:
    """``GET /v1/usage/me``: the caller's own usage today and this month, and what is left of its limits."""
    caller, request_id = await caller_of(house, scope)
    if house.views.usage is None:
        raise GatewayError("NOT_FOUND", "Usage is not kept here.")
    used = await house.views.usage(caller)
    rates = await house.rooms.limits.rates_of(caller)
    limits = [shown_rate(charge, used) for charge, used, _ in rates]
    body = json.dumps({"object": "usage", **used, "limits": limits}, ensure_ascii=False).encode()
    headers = [JSON, (b"x-request-id", request_id.encode("latin-1")), (b"cache-control", b"no-store")]
    await send_page(scope, send, 200, headers, body)


async def serve_recent(house: House, scope: Scope, send: Send) -> None:
    """``GET /v1/audit/recent?limit=50``: the last requests that the caller may see, never a text of them."""
    caller, request_id = await caller_of(house, scope)
    if house.views.recent is None:
        raise GatewayError("NOT_FOUND", "Requests are not kept here.")
    rows = await house.views.recent(caller, limit_of(scope))
    body = json.dumps({"object": "list", "data": rows}, ensure_ascii=False).encode()
    headers = [JSON, (b"x-request-id", request_id.encode("latin-1")), (b"cache-control", b"no-store")]
    await send_page(scope, send, 200, headers, body)


def limit_of(scope: Scope) -> int:
    """``limit`` of the query, 50 without. Raises GatewayError REQUEST_INVALID."""
    said = parse_qs(scope["query_string"].decode("latin-1"), keep_blank_values=True).get("limit", ["50"])[-1]
    if not (said.isascii() and said.isdigit() and 1 <= int(said[:9]) <= MOST_RECENT):
        raise GatewayError("REQUEST_INVALID", f"limit: a whole number from 1 to {MOST_RECENT}.", param="limit")
    return int(said)


def shown_rate(charge: Charge, used: int) -> dict[str, object]:
    """One row: what a limit counts, how much it allows in how many seconds, and what is left now."""
    return {
        "limit": charge.rule_id,
        "counts": charge.unit,
        "per_s": charge.window_s or None,
        "allowed": charge.capacity,
        "remaining": max(0, charge.capacity - used),
    }


def shown_budget(charge: Charge, used: int, held: int) -> dict[str, object]:
    """One row. Amounts are decimal texts of the installation's currency; ``resets_at`` is RFC 3339."""
    _, _, per, window = charge.subject.split("\0")
    return {
        "budget": charge.rule_id,
        "per": per,
        "window": window,
        "limit": decimal_text(charge.limit),
        "spent": decimal_text(used - held),
        "held": decimal_text(held),
        "remaining": decimal_text(max(0, charge.limit - used)),
        "hard": charge.hard,
        "resets_at": moment(charge.ends_at),
    }


def shown_condition(deployment: Deployment, models: list[str], now: Condition) -> dict[str, object]:
    """One row. Moments are RFC 3339; ``latency_ms`` is null before the first answer."""
    return {
        "provider": deployment.provider,
        "model": deployment.model,
        "models": models,
        "breaker": now.breaker,
        "probes_at": None if now.probes_at is None else moment(now.probes_at),
        "cooling_until": None if now.cooling_until is None else moment(now.cooling_until),
        "probe": now.probe,
        "probed_at": None if now.probed_at is None else moment(now.probed_at),
        "in_flight": now.in_flight,
        "latency_ms": None if now.latency_s is None else round(now.latency_s * 1000),
    }


OwnRoute = Callable[[House, Scope, Send], Awaitable[None]]
EXACT: Mapping[str, OwnRoute] = {
    "/v1/models": serve_models,
    "/v1/providers/status": serve_providers,
    "/v1/usage/me": serve_usage,
    "/v1/audit/recent": serve_recent,
}
PREFIXED: Mapping[str, OwnRoute] = {"/v1/models/": serve_model, "/v1/budget/": serve_budget}


def own_route(path: str) -> OwnRoute | None:
    """Who serves a GET of this path, or of its alias below ``/api``; None when nobody here does."""
    path = path.removeprefix("/api")
    return EXACT.get(path) or next((route for begin, route in PREFIXED.items() if path.startswith(begin)), None)
