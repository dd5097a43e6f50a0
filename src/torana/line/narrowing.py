"""What policies leave of a model: the deployments that may be used, and whether others may answer instead.

Pure. It does not say which models a caller may ask for. Called by the policy room, and by the router for fallbacks.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from torana.core.policies import Terms
from torana.core.snapshot import Deployment, ModelEntry
from torana.core.tickets import Dropped

NO_FALLBACKS = "the policy allows no fallbacks"


def barred_by(terms: Terms, one: Deployment, kinds: Mapping[str, str]) -> str:
    """Why a deployment may not be used; empty when it may. ``kinds``: of the providers, by id.

    A deployment without a region is in none that a policy names.
    """
    if not terms.providers.permits_any(dict.fromkeys((one.provider, kinds.get(one.provider, one.provider)))):
        return f"the policy does not allow the provider {one.provider}"
    if not terms.regions.permits(one.region):
        return f"the policy does not allow the region {one.region}" if one.region else "the policy demands a region"
    return ""


def fitted(model: ModelEntry, terms: Terms, kinds: Mapping[str, str]) -> tuple[ModelEntry | None, tuple[Dropped, ...]]:
    """The model as it may be used, and what was left out of it and why; no model when nothing is left of it.

    The very same model when nothing was left out: other rooms know models by identity.
    """
    barred: list[Dropped] = []
    changed: dict[str, object] = {}
    if terms.narrows:
        reasons = {one: reason for one in model.everywhere if (reason := barred_by(terms, one, kinds))}
        barred += (Dropped(one.provider, one.model, reason) for one, reason in reasons.items())
        if reasons:
            changed["deployments"] = tuple(one for one in model.deployments if one not in reasons)
            if model.canary is not None and model.canary.deployment in reasons:
                changed["canary"] = None
            if model.shadow is not None and model.shadow.deployment in reasons:
                changed["shadow"] = None
            if model.deployments and not changed["deployments"]:
                return None, tuple(barred)
    if not terms.fallbacks and model.all_fallbacks:
        barred += (Dropped("", name, NO_FALLBACKS) for name in model.all_fallbacks)
        changed |= dict.fromkeys(("fallbacks", "context_window_fallbacks", "content_policy_fallbacks"), ())
    if not changed:
        return model, ()
    return replace(model, **changed), tuple(barred)  # type: ignore[arg-type]


def would_refuse(trial: Terms, model: ModelEntry, dialect: str, kinds: Mapping[str, str]) -> str:
    """What of a request these Terms would refuse: model, dialect or place; empty when nothing."""
    if not trial.models.permits(model.name):
        return "model"
    if not trial.dialects.permits(dialect):
        return "dialect"
    return "place" if fitted(model, trial, kinds)[0] is None else ""
