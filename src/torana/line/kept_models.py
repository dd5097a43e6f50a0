"""As which model a request about files and batches is granted: the model that its lines name, or none of the caller's.

Pure; denies by default. Called by the policy room.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

from torana.core.call import Ask
from torana.core.errors import GatewayError
from torana.core.kept import BATCH, FILE, RESPONSE, Pin
from torana.core.snapshot import Deployment, ModelEntry, Prices, Snapshot

NAMES = {FILE: "files", BATCH: "batches", RESPONSE: "responses"}
"""The model of requests that are about no model."""
MAKE, LIST = "make", "list"


def kept_model(
    snapshot: Snapshot, ask: Ask, pin: Pin, usable: Sequence[ModelEntry], demanded: Callable[[str], ModelEntry]
) -> ModelEntry:
    """The model, free of cost: what a batch costs is held and settled apart (``batches``).

    ``usable``: the caller's models. ``demanded``: gives a model by its name, or raises GatewayError. Raises GatewayError
    CAPABILITY_MISSING where nobody keeps such things.
    """
    wanted = ask.kept
    if wanted is None:
        raise GatewayError("REQUEST_INVALID", "This is no request about what is kept.")
    free = Prices(snapshot.currency, source="free")
    if wanted.deed == MAKE and ask.model:
        model = demanded(ask.model)
        where = [one for one in model.deployments if one.provider in snapshot.keepers]
        if pin.provider:
            where = [one for one in where if (one.provider, one.model) == (pin.provider, pin.upstream_model)]
        if not where:
            raise missing(f"No provider of the model {model.name} takes batches.")
        return ModelEntry(model.name, tuple(replace(one, prices=free) for one in where), prices=free)
    name = NAMES[wanted.kind]
    if wanted.deed == LIST:
        return ModelEntry(name, (), prices=free)
    if pin.provider:
        return ModelEntry(name, (Deployment(pin.provider, name),), prices=free)
    providers = dict.fromkeys(one.provider for model in usable for one in model.deployments)
    kept_at = next((one for one in providers if one in snapshot.keepers), None)
    if kept_at is None:
        raise missing("No provider of your models keeps files.")
    return ModelEntry(name, (Deployment(kept_at, name),), prices=free)


def where_kept(model: ModelEntry, pin: Pin) -> ModelEntry:
    """The model at the provider that keeps what the request goes on from, and nowhere else.

    Raises GatewayError REQUEST_INVALID where that provider does not serve it.
    """
    there = tuple(dict.fromkeys(one for one in model.candidates if one.provider == pin.provider))
    if not there:
        message = (
            f"previous_response_id: that response is kept by a provider that does not serve the model {model.name}."
        )
        raise GatewayError("REQUEST_INVALID", message, param="previous_response_id")
    return replace(
        model, deployments=there, fallbacks=(), context_window_fallbacks=(), content_policy_fallbacks=(), canary=None,
        shadow=None,
    )  # fmt: skip


def missing(message: str) -> GatewayError:
    """The refusal where nobody keeps such things."""
    return GatewayError("CAPABILITY_MISSING", message, details={"missing": ["files"]})
