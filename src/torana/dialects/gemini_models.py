"""Decides how models look to clients of Gemini's API: https://ai.google.dev/api/models.

It does not decide who may see which model: it is given those. Called by ``edge`` for ``GET /v1beta/models``.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import msgspec

from torana.core.errors import GatewayError
from torana.core.snapshot import ModelEntry

PAGE = 50
MOST = 1000
"""How many models a page has when nothing is said, and at most."""


def model_page(models: Iterable[ModelEntry], methods: Sequence[str], size: str = "", token: str = "") -> bytes:
    """The body of ``GET /v1beta/models``: a page of ``size`` models from the one that ``token`` names.

    Raises GatewayError REQUEST_INVALID for a size or a token that is no number.
    """
    rows = list(models)
    start = _number(token, "pageToken", 0)
    count = min(_number(size, "pageSize", PAGE) or PAGE, MOST)
    page: dict[str, object] = {"models": [_shown(model, methods) for model in rows[start : start + count]]}
    if start + count < len(rows):
        page["nextPageToken"] = str(start + count)
    return msgspec.json.encode(page)


def one_model(model: ModelEntry, methods: Sequence[str]) -> bytes:
    """The body of ``GET /v1beta/models/{model}``."""
    return msgspec.json.encode(_shown(model, methods))


def _number(text: str, name: str, otherwise: int) -> int:
    if not text:
        return otherwise
    if not text.isascii() or not text.isdigit() or len(text) > 9:
        raise GatewayError("REQUEST_INVALID", f"{name}: expected a whole number.", param=name)
    return int(text)


def _shown(model: ModelEntry, methods: Sequence[str]) -> dict[str, object]:
    """One model. Which method its provider offers shows when it is called: all that are served here are named."""
    shown: dict[str, object] = {
        "name": f"models/{model.name}",
        "displayName": model.name,
        "supportedGenerationMethods": list(methods),
    }
    if model.context_tokens is not None:
        shown["inputTokenLimit"] = model.context_tokens
    if model.max_output_tokens is not None:
        shown["outputTokenLimit"] = model.max_output_tokens
    return shown
