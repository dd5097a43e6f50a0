"""Checks of trials: the canary and the shadow of a model, and when a request is hedged.

Called by ``settings.load``.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from torana.wiring.problems import Path, Report
from torana.wiring.settings_checks import exists
from torana.wiring.settings_conditions import check_condition

if TYPE_CHECKING:
    from torana.wiring.settings import Settings
    from torana.wiring.settings_models import Deployment, Model


def check_trials(settings: Settings, report: Report) -> None:
    """Report what cannot be tried as it is written."""
    for index, model in enumerate(settings.models):
        for field, one in (("canary", model.canary), ("shadow", model.shadow)):
            if one is not None:
                _check(("models", index, field), one, model, settings, report)
    hedge = settings.routing.hedge
    if hedge is not None and hedge.after_p95 == (hedge.after_ms is not None):
        report.error(("routing", "hedge"), "needs one of after_p95 and after_ms", "such as after_ms: 800")
    check_own_keys(settings, report)


def check_own_keys(settings: Settings, report: Report) -> None:
    """Report providers that do not exist, or take no key."""
    kinds = {one.id: one.settings for one in settings.providers}
    for index, policy in enumerate(settings.policies):
        for place, name in enumerate(policy.upstream_keys or ()):
            path = ("policies", index, "upstream_keys", place)
            exists(path, name, kinds, "provider", report)
            if name in kinds and not hasattr(kinds[name], "api_key"):
                report.error(path, f'the provider "{name}" takes no key', "remove it")


def _check(path: Path, one: Deployment, model: Model, settings: Settings, report: Report) -> None:
    exists((*path, "provider"), one.provider, (each.id for each in settings.providers), "provider", report)
    for name in one.when:
        check_condition((*path, "when", name), name, report)
    if any((one.provider, one.model) == (each.provider, each.model) for each in model.deployments):
        report.error(path, "is one of the model's deployments already", "name another deployment")
