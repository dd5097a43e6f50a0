"""Digests of settings: the same content has the same digest, in whatever order it was written.

It compiles nothing. Called by ``compile`` and ``compile_policies``.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from typing import Any

import msgspec


def fingerprint(content: object) -> str:
    """SHA-256 of the content in one canonical form: sorted keys, sorted sets, bytes as hex."""
    return hashlib.sha256(msgspec.json.encode(canonical(content))).hexdigest()


def canonical(value: Any) -> Any:
    """The value as plain lists, mappings and scalars."""
    if is_dataclass(value) and not isinstance(value, type):
        return {one.name: canonical(getattr(value, one.name)) for one in fields(value)}
    if isinstance(value, msgspec.Struct):
        return {name: canonical(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, Mapping):
        pairs = ((key.hex() if isinstance(key, bytes) else str(key), canonical(below)) for key, below in value.items())
        return dict(sorted(pairs, key=lambda pair: pair[0]))
    if isinstance(value, frozenset | set):
        return sorted((canonical(one) for one in value), key=repr)
    if isinstance(value, list | tuple):
        return [canonical(one) for one in value]
    return value if isinstance(value, str | int | float | bool | None) else repr(value)
