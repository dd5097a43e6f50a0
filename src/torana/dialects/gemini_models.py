"""Decides how models look to clients of Gemini's API: https://ai.google.dev/api/models.

It does not decide who may see which model: it is given those. Called by ``edge`` for ``GET /v1beta/models``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

import msgspec

from torana.core.errors import GatewayError
from torana.core.snapshot import ModelEntry

PAGE = 50
MOST = 1000
"""How many models a page has when nothing is said, and at most."""
EMBEDS = "embed"
"""In the names of models that make vectors."""
COUNTS = "count_tokens"
"""The operation that every model has: where its provider does not count, it is estimated."""


class Offered(NamedTuple):
    """By what it is told which methods a model has."""

    methods: Mapping[str, str]
    """Method → operation, of all that are served here."""
    operations: Mapping[str, frozenset[str]] = {}
    """What providers offer, by their ids, where that is known."""

    def of(self, model: ModelEntry) -> list[str]:
        """The methods of the model, as far as can be told: vectors have no price for output, and their models say what they are."""
        embeds = any(EMBEDS in one.model.lower() for one in model.deployments) or EMBEDS in model.name.lower()
        prices = model.shown_prices
        lacks = {"chat"} if embeds else {"embeddings"} if prices is not None and prices.output_nano else set()
        said = [self.operations.get(one.provider) for one in model.deployments]
        known = {one for each in said if each is not None for one in each} | {COUNTS}
        all_known = bool(said) and None not in said
        return sorted(
            method
            for method, operation in self.methods.items()
            if operation not in lacks and (operation in known or not all_known)
        )


def model_page(models: Iterable[ModelEntry], offered: Offered, size: str = "", token: str = "") -> bytes:
    """The body of ``GET /v1beta/models``: a page of ``size`` models from the one that ``token`` names.

    Raises GatewayError REQUEST_INVALID for a size or a token that is no number.
    """
    rows = list(models)
    start = _number(token, "pageToken", 0)
    count = min(_number(size, "pageSize", PAGE) or PAGE, MOST)
    page: dict[str, object] = {"models": [_shown(model, offered) for model in rows[start : start + count]]}
    if start + count < len(rows):
        page["nextPageToken"] = str(start + count)
    return msgspec.json.encode(page)


def one_model(model: ModelEntry, offered: Offered) -> bytes:
    """The body of ``GET /v1beta/models/{model}``."""
    return msgspec.json.encode(_shown(model, offered))


def _number(text: str, name: str, otherwise: int) -> int:
    if not text:
        return otherwise
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise GatewayError("REQUEST_INVALID", f"{name}: expected a whole number.", param=name)
    return int(text)


def _shown(model: ModelEntry, offered: Offered) -> dict[str, object]:
    """One model. What can be told of neither its provider nor its price shows when it is called."""
    shown: dict[str, object] = {
        "name": f"models/{model.name}",
        "displayName": model.name,
        "supportedGenerationMethods": offered.of(model),
    }
    if model.context_tokens is not None:
        shown["inputTokenLimit"] = model.context_tokens
    if model.max_output_tokens is not None:
        shown["outputTokenLimit"] = model.max_output_tokens
    return shown
