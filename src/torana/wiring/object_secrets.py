"""Finds the secrets in a document by the types of its section: to seal them, to open them, to show that they are there.

It knows no cipher (``sealing`` does). Called by the overlay and the book of objects.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any

import msgspec
from msgspec import inspect

from torana.core.errors import GatewayError
from torana.ports.objects import StoredObject
from torana.wiring.object_kinds import KINDS, Kind, row_of
from torana.wiring.problems import ConfigError, Path, Place, Problem, dotted
from torana.wiring.sealing import Sealer, Unsealable, is_sealed, mark_of
from torana.wiring.settings_bind import REST, FindRest, fields_of, unwrap

MASK = "masked:"
"""Before the fingerprint of a secret that is shown."""
REFERENCES = ("vault:", "aws-sm:")
ADDRESS = re.compile(r"\s*[A-Za-z][A-Za-z0-9+.-]*://[^/?#\\\s]*")
"""Scheme, host and port at the beginning of a URL (RFC 3986); a backslash ends the host, as some read it."""
OnSecret = Callable[[str, Path], str]


def about(tenant: str, kind: str, name: str) -> str:
    """Where a secret stands: what it is sealed for."""
    return f"config_objects\0{tenant}\0{kind}\0{name}"


def is_reference(text: str) -> bool:
    """Whether a text says where a secret is, and is none itself."""
    return text.startswith(REFERENCES) or (text.startswith("${") and text.endswith("}"))


def origins(value: Any) -> frozenset[str]:
    """Scheme, host and port of every address in a document, in lower case."""
    if isinstance(value, Mapping):
        return frozenset().union(*map(origins, value.values()))
    if isinstance(value, list):
        return frozenset().union(*map(origins, value))
    found = ADDRESS.match(value) if isinstance(value, str) else None
    return frozenset({found[0].lower()}) if found else frozenset()


class Secrets:
    """The secrets of documents."""

    def __init__(self, sealer: Sealer, find_rest: FindRest) -> None:
        self._sealer = sealer
        self._find_rest = find_rest

    @property
    def sealer(self) -> Sealer:
        """What seals them, for secrets that stand elsewhere."""
        return self._sealer

    def sealed(self, row: StoredObject, before: Mapping[str, Any] | None) -> StoredObject:
        """The object with its secrets sealed. ``before``: the version that it replaces, whose secrets may be meant by a mask.

        Raises GatewayError REQUEST_INVALID for a mask that stands for nothing there, or that would take a secret to another address:
        whoever may write documents may not read what others wrote, and would by sending it to themselves.
        """
        elsewhere = origins(row.document or {}) - origins(before or {})
        known: dict[str, str] = {}
        place = about(*row.place)

        def remember(text: str, path: Path) -> str:
            known[self._shown(text)] = text
            return text

        if before is not None:
            self._each(row, before, remember)

        def seal(text: str, path: Path) -> str:
            if text.startswith((MASK, "***")):
                if text not in known:
                    message = f"{dotted(path)}: this stands for a secret that is not here. Write the secret itself."
                    raise GatewayError("REQUEST_INVALID", message, param=dotted(path))
                if elsewhere:
                    message = (
                        f"{dotted(path)}: was written for another address than {min(elsewhere)}. Write the secret too."
                    )
                    raise GatewayError("REQUEST_INVALID", message, param=dotted(path), details={"field": dotted(path)})
                return known[text]
            if not text or is_reference(text):
                return text
            if is_sealed(text):
                return self._same(text, place, path)
            return self._sealer.seal(text, place)

        return row._replace(document=self._each(row, row.document, seal))

    def _same(self, text: str, place: str, path: Path) -> str:
        """A sealed text of an older version of the object. Raises GatewayError REQUEST_INVALID for any other."""
        try:
            self._sealer.open(text, place)
        except Unsealable as fault:
            message = f"{dotted(path)}: this is sealed for another place. Write the secret itself."
            raise GatewayError("REQUEST_INVALID", message, param=dotted(path)) from fault
        return text

    def opened(self, row: StoredObject) -> dict[str, Any]:
        """The document with its secrets. Raises ConfigError for one that cannot be opened."""
        place = about(*row.place)

        def open_(text: str, path: Path) -> str:
            if not is_sealed(text):
                return text
            try:
                return self._sealer.open(text, place)
            except Unsealable as fault:
                where = Place(f"stored {row.kind} {row.name}")
                raise ConfigError([Problem(where, dotted(path), f"a secret cannot be opened: {fault}")]) from None

        return self._each(row, row.document, open_) or {}

    def masked(self, row: StoredObject) -> dict[str, Any] | None:
        """The document to be shown."""
        return self._each(row, row.document, lambda text, path: self._shown(text))

    def resealed(self, row: StoredObject, other: Sealer) -> StoredObject:
        """The object with its secrets sealed by another key. Raises Unsealable."""
        place = about(*row.place)

        def again(text: str, path: Path) -> str:
            return other.seal(self._sealer.open(text, place), place) if is_sealed(text) else text

        return row._replace(document=self._each(row, row.document, again))

    def _shown(self, text: str) -> str:
        if is_sealed(text):
            return MASK + mark_of(text)
        return text if not text or is_reference(text) else MASK + self._sealer.mark(text)

    def _each(
        self, row: StoredObject, document: Mapping[str, Any] | None, on_secret: OnSecret
    ) -> dict[str, Any] | None:
        kind = KINDS[row.kind]
        if document is None or kind.struct is None:
            return None if document is None else dict(document)
        whole = row_of(kind, row.tenant, row.name, document)
        changed = self._struct(kind.struct, whole, (), on_secret)
        return {name: changed[name] for name in document}

    def _struct(self, struct: type[msgspec.Struct], value: Any, path: Path, on_secret: OnSecret) -> Any:
        if not isinstance(value, dict):
            return value
        types = {one.encode_name: one.type for one in fields_of(struct)}
        if any(unwrap(one)[1].get("form") == REST for one in types.values()):
            rest = self._find_rest(struct, value)
            if rest is not None:
                types = {one.encode_name: one.type for one in fields_of(rest.struct)} | types
        return {
            name: self._value(types[name], below, (*path, name), on_secret) if name in types else below
            for name, below in value.items()
        }

    def _value(self, kind: inspect.Type, value: Any, path: Path, on_secret: OnSecret) -> Any:
        kind, _ = unwrap(kind)
        if isinstance(kind, inspect.StructType):
            return self._struct(kind.cls, value, path, on_secret)
        if isinstance(kind, inspect.VarTupleType | inspect.ListType) and isinstance(value, list):
            return [self._value(kind.item_type, one, (*path, index), on_secret) for index, one in enumerate(value)]
        if isinstance(kind, inspect.DictType) and isinstance(value, dict):
            return {name: self._value(kind.value_type, one, (*path, name), on_secret) for name, one in value.items()}
        if isinstance(kind, inspect.CustomType) and value is not None:
            return on_secret(str(value), path)
        return value


def plain_kind(name: str) -> Kind:
    """A section. Raises GatewayError NOT_FOUND."""
    if name not in KINDS:
        raise GatewayError("NOT_FOUND", f"There is no section {name!r} that can be written here.", param="kind")
    return KINDS[name]
