"""Settings for people to read: as YAML with secrets masked, and as the differences of two.

It changes nothing and writes nothing. Called by ``torana config``.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import msgspec
import yaml

from torana.core.secret import Secret
from torana.wiring.settings import Settings

MASK = "***"
NAMED_BY = ("id", "name", "issuer")


def plain(value: Any, *, hints: bool = False) -> Any:
    """Plain values for output: Structs as mappings, Secrets masked (``hints``: with a short hash, to tell them apart)."""
    if isinstance(value, Secret):
        return f"{MASK} ({value.hint()})" if hints and value else MASK
    if isinstance(value, msgspec.Struct):
        return {name: plain(below, hints=hints) for name, below in _members(value)}
    if isinstance(value, dict):
        return {key: plain(below, hints=hints) for key, below in value.items()}
    if isinstance(value, list | tuple):
        return [plain(one, hints=hints) for one in value]
    return str(value) if isinstance(value, Decimal) else value


def _members(struct: msgspec.Struct) -> Iterator[tuple[str, Any]]:
    """The fields of a Struct; those of a plug-in's Settings stand among the row's own, as in the file."""
    for name in struct.__struct_fields__:
        value = getattr(struct, name)
        if name == "settings" and isinstance(value, msgspec.Struct):
            yield from _members(value)
        elif not (name == "settings" and value is None):
            yield name, value


def shown(settings: Settings) -> str:
    """The settings as YAML, every default written out, no secret in it."""
    return yaml.safe_dump(plain(settings), sort_keys=False, allow_unicode=True, width=120)


def differences(old: Settings, new: Settings) -> list[str]:
    """One line for each setting that differs: ``- path: value`` of the old, ``+ path: value`` of the new."""
    before = dict(_flat(plain(old, hints=True), ""))
    after = dict(_flat(plain(new, hints=True), ""))
    lines = []
    for path in [*before, *(path for path in after if path not in before)]:
        if before.get(path, MISSING) == after.get(path, MISSING):
            continue
        if path in before:
            lines.append(f"- {path}: {before[path]}")
        if path in after:
            lines.append(f"+ {path}: {after[path]}")
    return lines


MISSING = object()


def _flat(value: Any, path: str) -> Iterator[tuple[str, Any]]:
    if isinstance(value, dict) and value:
        for key, below in value.items():
            yield from _flat(below, f"{path}.{key}" if path else key)
    elif isinstance(value, list) and any(isinstance(one, dict) for one in value):
        for index, one in enumerate(value):
            yield from _flat(one, f"{path}[{_row_name(one, index)}]")
    else:
        yield path, value


def _row_name(row: Any, index: int) -> str:
    """A row by its name, so that a row put before it changes nothing else."""
    names = (row[field] for field in NAMED_BY if isinstance(row, dict) and row.get(field))
    return str(next(names, index))
