"""May a request be passed on as it is: to this provider, by this key, for the model it names.

Pure; denies by default. Called by the policy room.
"""

from __future__ import annotations

from collections.abc import Callable

from torana.core.call import Ask
from torana.core.errors import GatewayError
from torana.core.snapshot import Deployment, KeyEntry, ModelEntry, Snapshot

OPERATION = "passthrough"
PERMISSION = "passthrough.use"
LONGEST_NAME = 128
UNNAMED = "passthrough"
"""The model of requests that name none, or none that is known here."""


def passed_model(
    snapshot: Snapshot, key: KeyEntry, ask: Ask, generates: bool, may_use: Callable[[KeyEntry, str], bool]
) -> ModelEntry:
    """The model that the request is limited, metered and priced as: the one of ours behind the name, where there is one.

    ``generates``: whether it may be a question to a model. Raises GatewayError PERMISSION_DENIED, NOT_FOUND (a provider
    that nothing is passed on to is as good as none), MODEL_NOT_ALLOWED: a key for certain models must name one of them.
    """
    if PERMISSION not in key.permissions:
        message = f"This needs the permission {PERMISSION!r}, which the key {key.prefix} does not have."
        raise GatewayError("PERMISSION_DENIED", message)
    provider = snapshot.provider_meant(key.tenant, ask.provider or "")
    if provider not in snapshot.passthrough or snapshot.provider_owners.get(provider, key.tenant) != key.tenant:
        raise GatewayError("NOT_FOUND", "There is no provider of this name that requests are passed on to.")
    name = ask.model
    if name:
        for model in snapshot.models_of(key.tenant).values():
            for one in model.deployments:
                if one.provider == provider and one.model == name and may_use(key, model.name):
                    return ModelEntry(model.name, (one,), prices=model.prices)
    full = f"{provider}/{name}" if name else UNNAMED
    if (name or generates) and not may_use(key, full):
        what = "this model there" if name else "what names no model"
        raise GatewayError("MODEL_NOT_ALLOWED", f"The key {key.prefix} may not use {what}.", param="model")
    return ModelEntry(full[:LONGEST_NAME], (Deployment(provider, UNNAMED),))
