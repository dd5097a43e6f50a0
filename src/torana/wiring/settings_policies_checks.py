"""Checks of policies: whom they are about, and that everything exists which they name.

Called by ``settings.load``, and before a policy is stored.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Any

import msgspec

from torana.core.policies import SIDES
from torana.wiring.available import Available
from torana.wiring.packs import packs
from torana.wiring.problems import Path, Report, did_you_mean
from torana.wiring.settings_checks import exists, is_served, once
from torana.wiring.settings_files import TYPES
from torana.wiring.settings_people_checks import check_match, tree_of
from torana.wiring.settings_policies import WIDEN, Attach, Policy

if TYPE_CHECKING:
    from torana.wiring.settings import Settings

POLICY_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}(@[^@\s]{1,64})?")
"""Behind ``@`` the tenant whose own it is."""


def check_policies(settings: Settings, available: Available, report: Report) -> None:
    """Report policies that name what does not exist, and guardrails that no policy names."""
    once(((("policies", i, "name"), one.name) for i, one in enumerate(settings.policies)), "policy", report)
    for index, policy in enumerate(settings.policies):
        check_policy(("policies", index), policy, settings, available, report)
    if any(one.name == "default" for one in settings.policies):
        used = {one.id for policy in settings.policies for one in policy.guardrails or ()}
        for index, row in enumerate(settings.guardrails):
            if row.id and row.id not in used:
                report.warn(("guardrails", index), f'no policy names the guardrail "{row.id}": it does nothing')


def check_policy(path: Path, policy: Policy, settings: Settings, available: Available, report: Report) -> None:
    """Report what is wrong with one policy; ``path`` is where it stands."""
    if policy.name and not POLICY_NAME.fullmatch(policy.name):
        report.error((*path, "name"), "may hold up to 64 letters, digits, dots, dashes and underscores only")
    for place, row in enumerate(policy.attach):
        _check_attach((*path, "attach", place), row, settings, report)
    _check_guardrails((*path, "guardrails"), policy, settings, available, report)
    _check_packs((*path, "packs"), policy, available, report)
    _check_choices(path, policy, settings, available, report)
    for field in ("limits", "budgets"):
        rows = {one.id: one.by_policy for one in getattr(settings, field)}
        for place, name in enumerate(getattr(policy, field)):
            where = (*path, field, place)
            exists(where, name, rows, field[:-1], report)
            if name in rows and not rows[name]:
                report.error(where, f'"{name}" holds for everybody already', "set by_policy: true in its row")
    for place, name in enumerate(policy.widen):
        exists((*path, "widen", place), name, WIDEN, "field", report)
    for place, name in enumerate((policy.files and policy.files.types) or ()):
        exists((*path, "files", "types", place), name, TYPES, "type of file", report)
    if policy.shadow and (policy.limits or policy.budgets):
        report.warn((*path, "shadow"), "limits and budgets of a policy on trial count nothing")


def _check_attach(path: Path, row: Attach, settings: Settings, report: Report) -> None:
    tree = tree_of(settings)
    exists((*path, "tenant"), row.tenant, tree.teams, "tenant", report)
    exists((*path, "department"), row.department, tree.all_departments(), "department", report)
    exists((*path, "team"), row.team, tree.all_teams(), "team", report)
    if not any(msgspec.structs.astuple(row)):
        report.error(path, "names nobody", "leave attach out: the policy is for everyone")
    if row.key:
        check_match((*path, "key"), "key", row.key, settings, report)


def _check_guardrails(path: Path, policy: Policy, settings: Settings, available: Available, report: Report) -> None:
    kinds = {one.id: one.plugin for one in settings.guardrails}
    kinds |= {rule.id: rule.kind for name in policy.packs if name in packs() for rule in packs()[name].rules}
    seen: set[tuple[str, str]] = set()
    for place, row in enumerate(policy.guardrails or ()):
        where = (*path, place)
        if not row.id:
            continue
        sides = SIDES if row.side in (None, "both") else (str(row.side),)
        if any((row.id, side) in seen for side in sides):
            report.error(where, f'guardrail "{row.id}" is there twice', "once, or once for each side")
        seen.update((row.id, side) for side in sides)
        kind = available.guardrails.get(kinds.get(row.id, row.id))
        if row.id not in kinds and not (kind is not None and needs_nothing(kind.settings())):
            advice = "it needs settings: give it a row in guardrails" if kind else did_you_mean(row.id, kinds)
            report.error(where, f'guardrail "{row.id}" does not exist', advice)
        elif kind is not None and row.mode is not None and row.mode not in kind.modes():
            report.error((*where, "mode"), f'"{row.id}" cannot {row.mode}', "it can: " + ", ".join(kind.modes()))


def _check_packs(path: Path, policy: Policy, available: Available, report: Report) -> None:
    for place, name in enumerate(policy.packs):
        exists((*path, place), name, packs(), "pack", report)
        for rule in packs()[name].rules if name in packs() else ():
            if rule.kind not in available.guardrails:
                report.error((*path, place), f'"{name}" needs the guardrail kind "{rule.kind}", which is not here')


def needs_nothing(struct: type[msgspec.Struct]) -> bool:
    """Whether a plug-in works without any setting."""
    return not any(one.required for one in msgspec.structs.fields(struct))


def _check_choices(path: Path, policy: Policy, settings: Settings, available: Available, report: Report) -> None:
    providers = {name for one in settings.providers for name in (one.id, one.kind)}
    regions = {one.region for model in settings.models for one in model.deployments if one.region}
    models = {one.name for one in settings.models}
    known: dict[str, Any] = {"models": models, "providers": providers, "regions": regions}
    if policy.dialects or policy.dialects_denied:
        known["dialects"] = available.dialects()
    for field, names in known.items():
        for listed in (field, f"{field}_denied"):
            for place, pattern in enumerate(getattr(policy, listed) or ()):
                where = (*path, listed, place)
                if "*" in pattern[:-1]:
                    report.error(where, '"*" may stand at the end only', 'such as "gpt-*"')
                elif not pattern:
                    report.error(where, "must not be empty")
                elif not pattern.endswith("*") and not (field == "models" and is_served(pattern, settings)):
                    exists(where, pattern, names, field[:-1], report)
