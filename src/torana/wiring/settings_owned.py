"""Rows that belong to one tenant: what they are called inside, so that tenants may use the same names without meeting.

A provider ``mine`` of the tenant ``acme`` is ``mine@acme`` from here on; its limits and budgets are about it alone. Called by
``settings.load``, and where stored objects are laid over the file's.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from torana.wiring.problems import Report

if TYPE_CHECKING:
    from torana.wiring.settings import Settings
    from torana.wiring.settings_models import Deployment, Model
    from torana.wiring.settings_rules import Budget, Limit

SECTIONS = ("providers", "models", "limits", "budgets")
"""Whose rows may be a tenant's own."""
DEFAULT_TENANT = "default"
Rule = TypeVar("Rule", "Limit", "Budget")


def marked(name: str, tenant: str) -> str:
    """What a name of the tenant's is called inside; for no tenant, itself."""
    return name if not tenant or name.endswith(f"@{tenant}") else f"{name}@{tenant}"


def written(name: str, tenant: str) -> str:
    """A name as its tenant writes it."""
    return name.removesuffix(f"@{tenant}") if tenant else name


def owned(settings: Settings) -> Settings:
    """The settings with the names of tenants' rows marked, and what points to them; twice is as good as once."""
    if not any(one.tenant for name in SECTIONS for one in getattr(settings, name)):
        return settings
    own = {(one.tenant, written(one.id, one.tenant)) for one in settings.providers if one.tenant}
    replace = msgspec.structs.replace
    return replace(
        settings,
        providers=tuple(replace(one, id=marked(one.id, one.tenant)) for one in settings.providers),
        models=tuple(_model(one, own) for one in settings.models),
        limits=tuple(_rule(one) for one in settings.limits),
        budgets=tuple(_rule(one) for one in settings.budgets),
        price_overrides=tuple(
            replace(one, provider=marked(one.provider, one.tenant or "")) if (one.tenant, one.provider) in own else one
            for one in settings.price_overrides
        ),
    )


def check_owners(settings: Settings, report: Report) -> None:
    """A row of a tenant that does not exist serves nobody."""
    tenants = {one.id for one in settings.tenants} | {DEFAULT_TENANT}
    for section in SECTIONS:
        for index, one in enumerate(getattr(settings, section)):
            if one.tenant and one.tenant not in tenants:
                report.error((section, index, "tenant"), f'tenant "{one.tenant}" does not exist')


def _model(model: Model, own: Iterable[tuple[str, str]]) -> Model:
    if not model.tenant:
        return model
    known = set(own)

    def at(one: Any) -> Any:
        if one is None or (model.tenant, one.provider) not in known:
            return one
        return msgspec.structs.replace(one, provider=marked(one.provider, model.tenant))

    deployments: tuple[Deployment, ...] = tuple(at(one) for one in model.deployments)
    return msgspec.structs.replace(model, deployments=deployments, canary=at(model.canary), shadow=at(model.shadow))


def _rule(rule: Rule) -> Rule:
    """The rule about its tenant alone."""
    if not rule.tenant:
        return rule
    changed: Mapping[str, Any] = {"match": rule.tenant}
    if rule.scope != "tenant":
        changed = {"where": {**rule.where, "tenant": rule.tenant}}
    return msgspec.structs.replace(rule, id=marked(rule.id, rule.tenant) if rule.id else "", **changed)
