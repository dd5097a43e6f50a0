"""Relations around people: the tree of tenants, the keys in it, the limits and budgets that point into it.

It judges names only. Called by ``settings.load``.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, NamedTuple, get_args

from torana.control.names import one_line
from torana.wiring.problems import Path, Report
from torana.wiring.settings_checks import exists, is_served, networks, once
from torana.wiring.settings_rules import Budget, Limit, Scope, SpendScope

if TYPE_CHECKING:
    from torana.wiring.settings import Settings
    from torana.wiring.settings_people import Key

DEFAULT_TENANT = "default"
HASH = re.compile(r"[0-9a-fA-F]{64}")
SHORTEST_KEY = 16


class Tree(NamedTuple):
    """The tenants: departments and teams of each, and the department of each team."""

    departments: Mapping[str, frozenset[str]]
    teams: Mapping[str, Mapping[str, str]]
    """Tenant → team → department, empty for a team without one."""

    def all_teams(self) -> set[str]:
        """The teams of all tenants."""
        return {team for teams in self.teams.values() for team in teams}

    def all_departments(self) -> set[str]:
        """The departments of all tenants."""
        return {one for departments in self.departments.values() for one in departments}


def tree_of(settings: Settings) -> Tree:
    """The tree of tenants; ``default`` is always in it."""
    departments: dict[str, frozenset[str]] = {DEFAULT_TENANT: frozenset()}
    teams: dict[str, dict[str, str]] = {DEFAULT_TENANT: {}}
    for tenant in settings.tenants:
        departments[tenant.id] = frozenset(one.id for one in tenant.departments)
        own = {team: one.id for one in tenant.departments for team in one.teams}
        teams[tenant.id] = {**dict.fromkeys(tenant.teams, ""), **own}
    return Tree(departments, teams)


def key_id(key: Key) -> str:
    """The id of a key of the file: given, or made from its name; the same at every start."""
    return key.id or "file-" + re.sub(r"[^a-z0-9]+", "-", key.name.lower()).strip("-")


def check_people(settings: Settings, report: Report) -> None:
    """Report what does not fit in ``tenants``, ``keys``, ``limits`` and ``budgets``."""
    _check_tree(settings, report)
    tree = tree_of(settings)
    _check_keys(settings, tree, report)
    for index, issuer in enumerate(settings.auth.jwt):
        _check_patterns(("auth", "jwt", index, "models"), issuer.models, settings, report)
    for index, limit in enumerate(settings.limits):
        _check_limit(("limits", index), limit, report)
        check_match(("limits", index, "match"), limit.scope, limit.match, settings, report)
        _check_where(("limits", index), limit, settings, report)
    once(((("limits", i, "id"), one.id) for i, one in enumerate(settings.limits)), "limit", report)
    for index, budget in enumerate(settings.budgets):
        check_match(("budgets", index, "match"), budget.scope, budget.match, settings, report)
        _check_where(("budgets", index), budget, settings, report)
        _check_alerts(("budgets", index, "alerts"), budget.alerts, report)
    once(((("budgets", i, "id"), one.id) for i, one in enumerate(settings.budgets)), "budget", report)


def _check_tree(settings: Settings, report: Report) -> None:
    once(((("tenants", i, "id"), one.id) for i, one in enumerate(settings.tenants)), "tenant", report)
    for index, tenant in enumerate(settings.tenants):
        here: Path = ("tenants", index)
        rows = list(enumerate(tenant.departments))
        once((((*here, "departments", i, "id"), one.id) for i, one in rows), "department", report)
        teams: list[tuple[Path, str]] = [((*here, "teams", i), team) for i, team in enumerate(tenant.teams)]
        for i, one in rows:
            teams.extend(((*here, "departments", i, "teams", j), team) for j, team in enumerate(one.teams))
        once(teams, "team", report)


def check_lines(settings: Settings, report: Report) -> None:
    """Ids and names are one line: they stand in records, tables and letters. Of the file only: what is stored was judged by routes."""
    rows: list[tuple[Path, str]] = [(("keys", i, "name"), one.name) for i, one in enumerate(settings.keys)]
    for index, tenant in enumerate(settings.tenants):
        here: Path = ("tenants", index)
        rows += [((*here, "id"), tenant.id), ((*here, "name"), tenant.name)]
        rows += [((*here, "teams", i), team) for i, team in enumerate(tenant.teams)]
        for i, one in enumerate(tenant.departments):
            rows += [((*here, "departments", i, "id"), one.id), ((*here, "departments", i, "name"), one.name)]
            rows += [((*here, "departments", i, "teams", j), team) for j, team in enumerate(one.teams)]
    for path, name in rows:
        try:
            one_line(name or "none")
        except ValueError as fault:
            report.error(path, str(fault))


def _check_keys(settings: Settings, tree: Tree, report: Report) -> None:
    rows = list(enumerate(settings.keys))
    once(((("keys", i, "name"), one.name) for i, one in rows), "key", report)
    named = [(i, one) for i, one in rows if one.name and not report.wrong_at(("keys", i, "name"))]
    once(((("keys", i, "id"), key_id(one)) for i, one in named), "key id", report)
    first: dict[str, int] = {}
    for index, key in rows:
        path: Path = ("keys", index)
        _check_secret(path, key, report)
        text = key.key.reveal() if key.key else ""
        if text and first.setdefault(text, index) != index:
            report.error((*path, "key"), f'the same key as "{settings.keys[first[text]].name}"', "give each its own")
        _check_owner(path, key, tree, report)
        networks((*path, "ip_allow"), key.ip_allow, report)
        _check_patterns((*path, "models"), key.models, settings, report)


def _check_secret(path: Path, key: Key, report: Report) -> None:
    if report.wrong_within((*path, "key")) or report.wrong_within((*path, "key_hash")) or report.wrong_at(path):
        return
    if key.key and key.key_hash:
        report.error((*path, "key_hash"), "a row has key or key_hash, not both", "remove one")
    elif not key.key and not key.key_hash:
        report.error(path, "needs key or key_hash", "such as key: ${MY_KEY}")
    elif key.key_hash and not HASH.fullmatch(key.key_hash):
        report.error((*path, "key_hash"), "expected 64 hex digits", "`torana keys hash` prints it")
    elif key.key and len(key.key.reveal()) < SHORTEST_KEY:
        report.warn((*path, "key"), f"a key of fewer than {SHORTEST_KEY} characters can be guessed", "use a longer one")
    if key.key and any(ord(letter) < 33 or ord(letter) > 126 for letter in key.key.reveal()):
        report.error((*path, "key"), "holds characters that cannot stand in a header", "use letters, digits and -_.")


def _check_owner(path: Path, key: Key, tree: Tree, report: Report) -> None:
    exists((*path, "tenant"), key.tenant, tree.teams, "tenant", report)
    if key.tenant not in tree.teams:
        return
    exists((*path, "department"), key.department, tree.departments[key.tenant], "department", report)
    teams = tree.teams[key.tenant]
    exists((*path, "team"), key.team, teams, "team", report)
    home = teams.get(key.team, "")
    if key.department and home and home != key.department:
        report.error((*path, "department"), f'the team "{key.team}" is in the department "{home}"', "leave it out")


def _check_patterns(path: Path, patterns: Iterable[str], settings: Settings, report: Report) -> None:
    for index, pattern in enumerate(patterns):
        if "*" in pattern[:-1]:
            report.error((*path, index), '"*" may stand at the end only', 'such as "gpt-*"')
        elif not pattern.endswith("*") and not is_served(pattern, settings):
            exists((*path, index), pattern, {one.name for one in settings.models}, "model", report)


def _check_limit(path: Path, limit: Limit, report: Report) -> None:
    if report.wrong_within(path):
        return
    counted = [name for name in ("requests", "tokens", "concurrency") if getattr(limit, name) is not None]
    if len(counted) != 1:
        said = "nothing to count" if not counted else " and ".join(counted) + " in one row"
        report.error(path, said, "give one of: requests, tokens, concurrency")
        return
    if counted == ["concurrency"] and limit.per is not None:
        report.error((*path, "per"), "concurrency has no window", "leave it out")
    if counted != ["concurrency"] and limit.per is None:
        report.error(path, '"per" is missing', "such as per: 1m")
    if limit.burst is not None and limit.algorithm != "token_bucket":
        report.error(
            (*path, "burst"), "only a token bucket has a burst", "set algorithm: token_bucket, or leave it out"
        )


def _check_where(path: Path, rule: Limit | Budget, settings: Settings, report: Report) -> None:
    """The further scopes of a rule: each once, each a scope, each about somebody."""
    for place, scope in enumerate(rule.also):
        if scope == rule.scope or scope in rule.also[:place]:
            report.error((*path, "also", place), f'"{scope}" is said twice', "remove one")
    for name, wanted in rule.where.items():
        known = get_args(SpendScope if isinstance(rule, Budget) else Scope)
        if name not in known:
            report.error((*path, "where", name), "no such scope", f"one of: {', '.join(known)}")
        else:
            check_match((*path, "where", name), name, wanted, settings, report)


def _check_alerts(path: Path, alerts: Iterable[float], report: Report) -> None:
    for place, share in enumerate(alerts):
        if not 0 < share <= 10:
            report.error((*path, place), f"{share:g} is no share of a limit", "such as 0.8 for 80 %")


def check_match(path: Path, scope: str, match: str | None, settings: Settings, report: Report) -> None:
    """A rule about somebody who does not exist protects nobody. Users and keys may live in the database."""
    if match is None:
        return
    tree = tree_of(settings)
    known: dict[str, Iterable[str]] = {
        "team": tree.all_teams(),
        "tenant": tree.teams,
        "department": tree.all_departments(),
        "model": {one.name for one in settings.models},
    }
    if scope == "model" and is_served(match, settings):
        return
    if scope in known:
        exists(path, match, known[scope], scope, report)
    elif scope == "key" and match not in {one.name for one in settings.keys} | {key_id(one) for one in settings.keys}:
        report.warn(path, f'no key of the file is named "{match}"', "it is taken for the id of a stored key")
