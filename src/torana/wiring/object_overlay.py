"""Lays stored objects over the file's settings: bound to the same shapes, checked by the same checks, named the same way.

It reads no database. Called by ``live`` for every new Snapshot, and before an object is stored.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import msgspec

from torana.ports.objects import StoredObject
from torana.wiring.available import Available
from torana.wiring.fingerprints import fingerprint
from torana.wiring.nodes import from_plain
from torana.wiring.object_kinds import KINDS, VALUE, Kind, place_in, row_of
from torana.wiring.object_secrets import Secrets
from torana.wiring.policy_overlay import DEEPEST, depth
from torana.wiring.problems import ConfigError, Path, Place, Problem, Report
from torana.wiring.references import Resolve, expand_tree
from torana.wiring.settings import Settings, plugin_settings
from torana.wiring.settings_alerts import check_alerts
from torana.wiring.settings_bind import Binder, fields_of
from torana.wiring.settings_checks import check_relations
from torana.wiring.settings_conditions import check_conditions
from torana.wiring.settings_not_yet import refuse_not_yet
from torana.wiring.settings_owned import check_owners, owned, written
from torana.wiring.settings_people_checks import check_people
from torana.wiring.settings_policies_checks import check_policies
from torana.wiring.settings_prices_checks import check_money
from torana.wiring.settings_queue_checks import check_queue
from torana.wiring.settings_tenants import check_strangers
from torana.wiring.settings_trials import check_own_keys, check_trials

SOURCE = "stored objects"
Rows = Mapping[tuple[str, int], StoredObject]
"""Section and place in it → the object that stands there."""


class Means(NamedTuple):
    """What laying needs beside the objects."""

    available: Available
    secrets: Secrets
    environ: Callable[[], Mapping[str, str]]
    """Where operators' ``${NAME}`` are looked up."""
    resolve: Resolve | None = None
    """Looks up operators' references to secret stores."""


class Misfit(ConfigError):
    """Objects that do not fit. ``rows``: where each stands, to tell whose problem is whose."""

    def __init__(self, refused: ConfigError, rows: Rows) -> None:
        super().__init__(refused.problems, refused.warnings)
        self.rows = rows


def laid(settings: Settings, stored: Iterable[StoredObject], means: Means) -> Settings:
    """The settings with the stored objects in the place of the file's of the same names, and behind them.

    Raises Misfit with every problem; their paths are those of the result.
    """
    live = [one for one in stored if one.document is not None and one.kind in KINDS]
    if not live:
        return settings
    report = Report(SOURCE)
    rows: dict[tuple[str, int], StoredObject] = {}
    try:
        changed = _changed(settings, live, means, report, rows)
        # What could not be bound is told without the rest, which would be about harmless values in its place.
        report.raise_errors()
        check_strangers([one for one in live if one.tenant], rows, settings, report)
        report.raise_errors()
        found = owned(msgspec.structs.replace(settings, **changed))
        _check(found, settings, means.available, report)
        report.raise_errors()
    except ConfigError as refused:
        raise Misfit(refused, rows) from None
    return found


def _changed(
    settings: Settings,
    live: Sequence[StoredObject],
    means: Means,
    report: Report,
    rows: dict[tuple[str, int], StoredObject],
) -> dict[str, Any]:
    binder = Binder(report, partial(plugin_settings, means.available))
    changed: dict[str, Any] = {}
    for section, kind in KINDS.items():
        objects = [one for one in live if one.kind == section]
        if not objects:
            continue
        if not kind.many:
            rows[section, -1] = objects[0]
            changed[section] = _single(kind, objects[0], binder, means)
            continue
        there: list[Any] = list(getattr(settings, section))
        places = {place_in(kind, one): index for index, one in enumerate(there)} if kind.named_by else {}
        for one in objects:
            index = places.get((one.tenant, one.name), len(there))
            if index == len(there):
                there.append(None)
            rows[section, index] = one
            there[index] = _bound(kind, one, (section, index), binder, means)
        changed[section] = tuple(there)
    return changed


def _bound(kind: Kind, one: StoredObject, path: Path, binder: Binder, means: Means) -> Any:
    assert kind.struct is not None  # noqa: S101 - sections of rows have one
    return binder.bind(kind.struct, _node(kind, one, path, means, binder.report), path)


def _node(kind: Kind, one: StoredObject, path: Path, means: Means, report: Report) -> Any:
    place = Place(f"stored {one.kind} {one.name}")
    if depth(one.document) > DEEPEST:
        raise ConfigError([Problem(place, "", "is nested too deeply")])
    node = from_plain(row_of(kind, one.tenant, one.name, means.secrets.opened(one)), place)
    if one.tenant:
        return node  # ``check_strangers`` refuses references: they would look into what is not the tenant's
    inner = Report(SOURCE)
    node = expand_tree(node, means.environ(), {}, inner, means.resolve)
    for problem in inner.errors:
        report.error((*path, problem.path), problem.message, problem.suggestion, place)
    return node


def _single(kind: Kind, one: StoredObject, binder: Binder, means: Means) -> Any:
    if kind.struct is not None:
        return _bound(kind, one, (kind.section,), binder, means)
    field = next(each for each in fields_of(Settings) if each.name == kind.section)
    node = _node(kind, one, (kind.section,), means, binder.report)
    below = node.child(VALUE)
    if below is None or len(node.value) != 1:
        binder.report.error((kind.section,), f'expected "{VALUE}" and nothing else', 'such as {"value": …}', node.place)
        return None
    return binder.value(field.type, below, (kind.section,))


def _check(found: Settings, before: Settings, available: Available, report: Report) -> None:
    """Every check of the file; what it says of the file alone was said when that was read."""
    known = {(one.path, one.message) for one in _checked(before, available, Report(SOURCE)).errors}
    own = _checked(found, available, _with_places(report))
    report.errors[:] = [one for one in own.errors if (one.path, one.message) not in known]


def _checked(settings: Settings, available: Available, report: Report) -> Report:
    check_owners(settings, report)
    check_relations(settings, available, report)
    check_conditions(settings, report)
    check_trials(settings, report)
    check_people(settings, report)
    check_policies(settings, available, report)
    check_own_keys(settings, report)
    check_money(settings, report)
    check_alerts(settings, report)
    check_queue(settings, report)
    refuse_not_yet(settings, report)
    return report


def _with_places(report: Report) -> Report:
    made = Report(report.source)
    made.places = report.places
    return made


def row_beneath(settings: Settings, tenant: str, kind: str, name: str) -> Any:
    """The file's row or section of the same name; None where there is none. ``settings``: the file's."""
    known = KINDS[kind]
    if not known.many:
        return getattr(settings, kind)
    if not known.named_by:
        return None
    return next((one for one in getattr(settings, kind) if place_in(known, one) == (tenant, name)), None)


def digest_beneath(settings: Settings, tenant: str, kind: str, name: str) -> str:
    """What the file's row of the same name is known by; empty where there is none."""
    found = row_beneath(settings, tenant, kind, name)
    return "" if found is None else fingerprint(found)[:16]


def edited_beneath(settings: Settings, stored: Iterable[StoredObject]) -> list[StoredObject]:
    """The stored objects whose row of the file is another one than when they were written."""
    live = (one for one in stored if one.document is not None and one.kind in KINDS)
    return [one for one in live if digest_beneath(settings, *one.place) != one.beneath]


def field_of(problem: Problem, place: tuple[str, str, str], rows: Rows) -> str:
    """Where in an object's document a problem is: ``providers[3].credentials`` → ``credentials``; else the whole path."""
    tenant, kind, name = place
    for (section, index), row in rows.items():
        if row.place != (tenant, kind, name):
            continue
        begin = section if index < 0 else f"{section}[{index}]"
        if problem.path == begin:
            return ""
        if problem.path.startswith(begin + "."):
            return written(problem.path[len(begin) + 1 :], "")
    return problem.path
