"""Which model is meant by a request that wants a certain provider, or leaves the choice to us.

Pure. It judges no key (the models it is given are those that the key may use). Called by the policy room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from torana.core.call import ANY_PROVIDER
from torana.core.snapshot import ModelEntry


def provider_ids(kinds: Mapping[str, str], wanted: str) -> frozenset[str]:
    """The ids of the providers that a name means: the one with this id, else all of this kind."""
    if wanted in kinds:
        return frozenset((wanted,))
    return frozenset(id_ for id_, kind in kinds.items() if kind == wanted)


def narrowed(model: ModelEntry, providers: frozenset[str]) -> ModelEntry | None:
    """The model with only its deployments at these providers, its canary among them; None when it has none there.

    Its fallbacks stay.
    """
    there = tuple(one for one in model.deployments if one.provider in providers)
    canary = model.canary if model.canary is not None and model.canary.deployment.provider in providers else None
    if len(there) == len(model.deployments) and canary is model.canary:
        return model
    return replace(model, deployments=there, canary=canary) if there else None


def first_of(
    models: Sequence[ModelEntry], default: str | None, wanted: str, kinds: Mapping[str, str]
) -> ModelEntry | None:
    """A model for a request that names none: the default one if it is among them, else the first of them.

    ``wanted``: a provider's id or kind, at which it must be; ANY_PROVIDER: anywhere. None when there is none.
    """
    ordered = sorted(models, key=lambda model: model.name != default)
    if wanted == ANY_PROVIDER:
        return ordered[0] if ordered else None
    providers = provider_ids(kinds, wanted)
    return next((found for model in ordered if (found := narrowed(model, providers)) is not None), None)
