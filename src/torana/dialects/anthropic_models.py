"""Decides how models look to clients of Anthropic's API: https://docs.anthropic.com/en/api/models-list.

It does not decide who may see which model: it is given those. Called by ``edge`` for ``GET /v1/models`` of callers who say
an ``anthropic-version``, for OpenAI's list has the same path.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import UTC, datetime

import msgspec

from torana.core.errors import GatewayError
from torana.core.snapshot import ModelEntry
from torana.dialects import openai_models

MOST = 1000
"""How many models a page has at most, and when nothing is said: more than anybody has."""


def model_page(models: Iterable[ModelEntry], query: Mapping[str, list[str]]) -> bytes:
    """The body of ``GET /v1/models``: a page by ``limit``, ``after_id`` and ``before_id``.

    Raises GatewayError REQUEST_INVALID for a limit that is none, or an id that is no model's.
    """
    rows = list(models)
    names = [one.name for one in rows]
    start = _place(names, query, "after_id", -1) + 1
    end = _place(names, query, "before_id", len(rows))
    count = _limit(query)
    backward = "before_id" in query and "after_id" not in query
    page = rows[max(start, end - count) : end] if backward else rows[start : min(end, start + count)]
    more = len(page) < end - start
    body: dict[str, object] = {"data": [_shown(one) for one in page], "has_more": more}
    return msgspec.json.encode(
        {**body, "first_id": page[0].name if page else None, "last_id": page[-1].name if page else None}
    )


def one_model(model: ModelEntry) -> bytes:
    """The body of ``GET /v1/models/{id}``."""
    return msgspec.json.encode(_shown(model))


def _shown(model: ModelEntry) -> dict[str, object]:
    """One model: Anthropic's members, and ours that have no name there. ``capabilities`` there are something else."""
    ours = openai_models.shown(model)
    shown: dict[str, object] = {
        "type": "model",
        "id": model.name,
        "display_name": model.name,
        "created_at": datetime.fromtimestamp(model.created, UTC).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "lifecycle": "active",
    }
    if model.context_tokens is not None:
        shown["max_input_tokens"] = model.context_tokens
    if model.max_output_tokens is not None:
        shown["max_tokens"] = model.max_output_tokens
    return shown | {name: ours[name] for name in ("owned_by", "prices") if name in ours}


def _place(names: list[str], query: Mapping[str, list[str]], field: str, otherwise: int) -> int:
    name = query.get(field, [""])[-1]
    if not name:
        return otherwise
    if name not in names:
        raise GatewayError("REQUEST_INVALID", f"{field}: there is no such model here.", param=field)
    return names.index(name)


def _limit(query: Mapping[str, list[str]]) -> int:
    said = query.get("limit", [str(MOST)])[-1]
    if not (said.isascii() and said.isdigit() and 1 <= int(said[:9]) <= MOST):
        raise GatewayError("REQUEST_INVALID", f"limit: expected a whole number from 1 to {MOST}.", param="limit")
    return int(said)
