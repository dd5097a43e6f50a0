"""Which kind of provider of ours a foreign word means, and what its rows may say.

The words are in ``words.toml``; no provider is named here. Used by the readers of foreign configurations.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from fnmatch import fnmatchcase
from functools import cache
from importlib.resources import files
from typing import NamedTuple

from msgspec import inspect

from torana.wiring.available import Available, ProviderKind
from torana.wiring.settings_bind import fields_of, unwrap


class Kind(NamedTuple):
    """One kind of ours, with what an import must know of it."""

    name: str
    secret: str
    """Environment name that people know for its key."""
    fields: frozenset[str]
    needed: frozenset[str]
    """Settings that neither the kind nor its catalogue row gives."""
    credential: frozenset[str]
    """Fields of one of its credentials; empty when it takes none."""
    credential_needed: frozenset[str]
    needs_key: bool
    path: str = ""
    """Put behind an address that has none."""


class Unknown(NamedTuple):
    """A word that no kind of this version serves. ``wanted``: the kind that would."""

    wanted: str


@cache
def words(gateway: str) -> Mapping[str, Mapping[str, object]]:
    """What ``words.toml`` says of a gateway's words."""
    text = files("torana.wiring.imports").joinpath("words.toml").read_text("utf-8")
    table: Mapping[str, Mapping[str, object]] = tomllib.loads(text)[gateway]
    return table


def kind_of(gateway: str, word: str, available: Available, *, elsewhere: bool) -> Kind | Unknown:
    """The kind for a gateway's word. ``elsewhere``: the file gives an address of its own."""
    said = words(gateway).get(word, {})
    same = word.replace("-", "_").lower()
    given = (said.get("elsewhere") if elsewhere else None) or said.get("kinds") or [same]
    names = [str(name) for name in given] if isinstance(given, list) else [same]
    found = next((name for name in names if name in available.providers), None)
    return Unknown(names[0]) if found is None else described(found, available)._replace(path=str(said.get("path", "")))


def kind_by_model(model: str, available: Available) -> Kind | Unknown:
    """The kind whose own a model name is."""
    for name, one in sorted(available.providers.items()):
        if any(fnmatchcase(model, pattern) for pattern in one.serves):
            return described(name, available)
    return Unknown("")


def described(name: str, available: Available) -> Kind:
    """A kind of this version."""
    kind = available.providers[name]
    fields = {one.encode_name: one for one in fields_of(kind.settings())}
    needed = {key for key, one in fields.items() if one.required and key not in kind.defaults}
    credential = fields.get("credentials")
    entries = _entries(credential) if credential is not None else ()
    return Kind(
        name,
        kind.secret,
        frozenset(fields),
        frozenset(needed - {"credentials"}),
        frozenset(one.encode_name for one in entries),
        frozenset(one.encode_name for one in entries if one.required),
        _needs_key(kind, fields.get("needs_key")),
    )


def _needs_key(kind: ProviderKind, field: inspect.Field | None) -> bool:
    """As the catalogue row says, else the plug-in's default, else whether people know a name for its key."""
    usual = bool(kind.secret) if field is None else field.default is True
    return bool(kind.defaults.get("needs_key", usual))


def _entries(field: inspect.Field) -> tuple[inspect.Field, ...]:
    """The fields of one item of a list of structs."""
    kind, _ = unwrap(field.type)
    if isinstance(kind, inspect.VarTupleType | inspect.ListType):
        item, _ = unwrap(kind.item_type)
        if isinstance(item, inspect.StructType):
            return fields_of(item.cls)
    return ()
