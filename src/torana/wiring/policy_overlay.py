"""Lays stored policies over the file's: bound to the same shape, checked by the same checks, completed the same way.

It reads no database. Called by ``live`` for every new Snapshot, and before a policy is stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import partial
from typing import Any

import msgspec

from torana.ports.policies import StoredPolicy
from torana.wiring.available import Available
from torana.wiring.nodes import from_plain
from torana.wiring.policy_rows import resolved
from torana.wiring.problems import ConfigError, Place, Problem, Report
from torana.wiring.settings import Settings, plugin_settings
from torana.wiring.settings_bind import Binder
from torana.wiring.settings_not_yet import refuse_not_yet
from torana.wiring.settings_policies import Policy
from torana.wiring.settings_policies_checks import check_policies
from torana.wiring.settings_trials import check_own_keys

SOURCE = "stored policies"
DEEPEST = 8


def laid_over(settings: Settings, stored: Iterable[StoredPolicy], available: Available) -> Settings:
    """The settings with the stored policies in the place of the file's of the same names, and behind them.

    Raises ConfigError with every problem; the paths are those of ``policies`` in the result.
    """
    documents = {one.name: one.document for one in stored if one.document is not None}
    if not documents:
        return settings
    report = Report(SOURCE)
    names = [one.name for one in settings.policies]
    names += [name for name in documents if name not in names]
    own = {one.name: one for one in settings.policies}
    binder = Binder(report, partial(plugin_settings, available))
    policies = tuple(
        _bound(binder, ("policies", place), name, documents[name]) if name in documents else own[name]
        for place, name in enumerate(names)
    )
    # What could not be bound is told without the rest, which would be about harmless values in its place.
    report.raise_errors()
    laid = msgspec.structs.replace(settings, policies=policies)
    check_policies(laid, available, report)
    check_own_keys(laid, report)
    refuse_not_yet(laid, report)
    report.raise_errors()
    return resolved(laid, available)


def _bound(binder: Binder, path: tuple[str | int, ...], name: str, document: Mapping[str, Any]) -> Policy:
    place = Place(f"policy {name}")
    if depth(document) > DEEPEST:
        raise ConfigError([Problem(place, "", "is nested too deeply")])
    policy: Policy = binder.bind(Policy, from_plain({**document, "name": name}, place), path)
    return policy


def depth(value: object) -> int:
    """How deeply a plain value is nested, up to one more than is allowed."""
    level, here = 0, [value]
    while here and level <= DEEPEST:
        level += 1
        here = [
            below
            for one in here
            if isinstance(one, dict | list)
            for below in (one.values() if isinstance(one, dict) else one)
        ]
    return level


def field_of(problem: Problem) -> str:
    """Where in its document a problem is: ``policies[3].models[0]`` → ``models[0]``."""
    return problem.path.partition(".")[2] if problem.path.startswith("policies[") else problem.path
