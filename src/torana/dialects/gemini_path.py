"""Where the bodies of Gemini's API repeat the model that stands in the path, and what happens to that there.

It knows the member ``model`` alone. Called by the dialects of that API.
"""

from __future__ import annotations

import msgspec

from torana.core.errors import GatewayError
from torana.dialects import json_text

PREFIX = "models/"


def retold(body: bytes, model: str, inner: bool = False) -> bytes:
    """The object with the provider's name of the model, if it names one; the same object when nothing changes.

    ``inner``: an object inside a body, of which nobody checked that no member is there twice.
    """
    if json_text.surely_absent(body, "model"):
        return body
    told = json_text.member(body, "model")
    wanted = msgspec.json.encode(PREFIX + model.removeprefix(PREFIX))
    if told is None or told == wanted:
        return body
    return (json_text.rewritten if inner else json_text.changed)(body, {"model": wanted})


def same_model(told: str | None, model: str, place: str) -> None:
    """Raises GatewayError REQUEST_INVALID when a body names another model than its path: whose price would be paid?"""
    if told and model and told.removeprefix(PREFIX) != model:
        raise GatewayError("REQUEST_INVALID", f"{place}: the body names another model than the path.", param=place)
