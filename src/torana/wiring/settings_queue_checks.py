"""Checks of capacities and queues: classes without a weight, rules about nobody, two capacities of one deployment.

Called by ``settings.load``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, get_args

from torana.wiring.problems import Path, Report
from torana.wiring.settings_checks import exists
from torana.wiring.settings_models import Deployment
from torana.wiring.settings_people_checks import check_match
from torana.wiring.settings_queue import Capacity
from torana.wiring.settings_rules import Scope

if TYPE_CHECKING:
    from torana.wiring.settings import Settings

MOST_CLASSES = 16
HEAVIEST = 1_000
NOTHING = Capacity()
SAY = "give concurrency, requests_per_minute, or both"


def check_queue(settings: Settings, report: Report) -> None:
    """Report what nobody could queue by."""
    queue = settings.routing.queue
    classes = queue.weights
    if len(classes) > MOST_CLASSES:
        report.error(("routing", "queue", "classes"), f"has {len(classes)} classes", f"give {MOST_CLASSES} at most")
    for name, weight in classes.items():
        if not 1 <= weight <= HEAVIEST:
            report.error(("routing", "queue", "classes", name), f"{weight} is no weight", f"1 to {HEAVIEST:,}")
    exists(("routing", "queue", "default"), queue.default, classes, "class", report)
    for index, one in enumerate(queue.priorities):
        path: Path = ("routing", "queue", "priorities", index)
        exists((*path, "priority"), one.priority, classes, "class", report)
        check_match((*path, "match"), one.scope, one.match, settings, report)
        for scope, wanted in one.where.items():
            if scope not in get_args(Scope):
                report.error((*path, "where", scope), "no such scope", f"one of: {', '.join(get_args(Scope))}")
            else:
                check_match((*path, "where", scope), scope, wanted, settings, report)
    _check_capacities(settings, report)


def _check_capacities(settings: Settings, report: Report) -> None:
    said: dict[tuple[str, str], Capacity] = {}
    for index, provider in enumerate(settings.providers):
        if provider.capacity == NOTHING:
            report.error(("providers", index, "capacity"), "says nothing", SAY)
    for path, one in deployments_of(settings).items():
        if one.capacity is None:
            continue
        if one.capacity == NOTHING:
            report.error((*path, "capacity"), "says nothing", SAY)
        elif said.setdefault((one.provider, one.model), one.capacity) != one.capacity:
            where = f"{one.provider} / {one.model}"
            report.error((*path, "capacity"), f"another one is said of {where} already", "say it once, or the same")


def deployments_of(settings: Settings) -> Mapping[Path, Deployment]:
    """Every deployment of every model, canaries and shadows too, by its path."""
    found: dict[Path, Deployment] = {}
    for index, model in enumerate(settings.models):
        for place, one in enumerate(model.deployments):
            found["models", index, "deployments", place] = one
        for name, trial in (("canary", model.canary), ("shadow", model.shadow)):
            if trial is not None:
                found["models", index, name] = trial
    return found
