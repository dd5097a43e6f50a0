"""Stored objects as a page of YAML, the way back, and what differs between two documents.

Pure. Called by the book of objects and the command line.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import yaml

from torana.control.objects.book import ObjectRow
from torana.wiring.object_kinds import KINDS, VALUE
from torana.wiring.problems import ConfigError, Place, Problem
from torana.wiring.settings_read import as_plain
from torana.wiring.yaml_text import read_yaml

OBJECT = "object"
"""The field of a row that holds the name of an object whose section knows no names."""
PAGE = "the configuration"


def written_page(rows: Iterable[ObjectRow]) -> str:
    """The objects as sections of a configuration file."""
    page: dict[str, Any] = {}
    by_kind: dict[str, list[ObjectRow]] = {}
    for row in rows:
        by_kind.setdefault(row.kind, []).append(row)
    for section, kind in KINDS.items():
        found = by_kind.get(section, [])
        if not found:
            continue
        if not kind.many:
            document = found[0].document
            page[section] = document.get(VALUE) if kind.struct is None else dict(document)
            continue
        page[section] = [_row(row, kind.named_by or OBJECT) for row in found]
    return yaml.safe_dump(page, sort_keys=False, allow_unicode=True, width=120) if page else ""


def _row(row: ObjectRow, named_by: str) -> dict[str, Any]:
    tenant = {"tenant": row.tenant} if row.tenant else {}
    return {named_by: row.name, **tenant, **row.document}


def read_page(text: str) -> Mapping[str, Any]:
    """YAML as plain values, references as they are written. Raises ConfigError with line and column."""
    node = read_yaml(text.encode(), PAGE)
    if node.value is None:
        return {}
    if not isinstance(node.value, dict):
        raise ConfigError([Problem(node.place, "", "expected a mapping of sections")])
    return {name: as_plain(below) for name, below in node.value.items()}


def objects_of_page(page: Mapping[str, Any], tenant: str) -> Iterator[tuple[str, str, str, dict[str, Any]]]:
    """Tenant, kind, name and document of each object of a page. ``tenant``: whose rows are that name no other.

    Raises ConfigError for sections that cannot be written, rows without names, names that are there twice.
    """
    problems: list[Problem] = []
    seen: set[tuple[str, str, str]] = set()
    place = Place(PAGE)
    for section, value in page.items():
        kind = KINDS.get(section)
        if kind is None:
            known = ", ".join(KINDS)
            problems.append(Problem(place, section, "is not written here, but in the file", f"written here: {known}"))
        elif not kind.many:
            document = {VALUE: value} if kind.struct is None else value
            if isinstance(document, dict):
                yield "", section, section, document
            else:
                problems.append(Problem(place, section, "expected a mapping"))
        elif not isinstance(value, list):
            problems.append(Problem(place, section, "expected a list"))
        else:
            for index, row in enumerate(value):
                found = _object(section, row, tenant)
                if found is None or found[:3] in seen:
                    said = "has no name" if found is None else f'"{found[2]}" is there twice'
                    problems.append(Problem(place, f"{section}[{index}]", said))
                    continue
                seen.add(found[:3])
                yield found
    if problems:
        raise ConfigError(problems)


def _object(section: str, row: object, tenant: str) -> tuple[str, str, str, dict[str, Any]] | None:
    kind = KINDS[section]
    if not isinstance(row, dict):
        return None
    document = dict(row)
    name = document.pop(kind.named_by or OBJECT, None)
    owner = tenant
    if kind.tenants and (kind.named_by or tenant):
        owner = document.pop("tenant", None) or tenant
    return (str(owner), section, str(name), document) if name else None


def differing(before: Mapping[str, Any] | None, after: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The fields that differ, by dotted name; None where one side has none."""
    old, new = dict(_flat(before or {}, "")), dict(_flat(after, ""))
    names = [*old, *(name for name in new if name not in old)]
    return [
        {"field": name, "file": old.get(name), "stored": new.get(name)}
        for name in names
        if old.get(name) != new.get(name)
    ]


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, Mapping) and value:
        for key, below in value.items():
            yield from _flat(below, f"{path}.{key}" if path else str(key))
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        for index, below in enumerate(value):
            yield from _flat(below, f"{path}[{index}]")
    else:
        yield path, value
