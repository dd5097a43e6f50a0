"""Rows of the settings as documents that can be written again: only what was said, in the forms that people write.

Secrets are masked. Called by the book of objects and the command line.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import msgspec

from torana.core.secret import Secret
from torana.wiring.object_kinds import KINDS, VALUE
from torana.wiring.settings import Settings
from torana.wiring.settings_bind import REST, fields_of, unwrap
from torana.wiring.settings_owned import written
from torana.wiring.settings_text import MASK


def document_of(settings: Settings, section: str, row: Any) -> dict[str, Any]:
    """The document of a row of a section, or of the whole section, without its name and its tenant."""
    kind = KINDS[section]
    if kind.struct is None:
        return {VALUE: _plain(row)}
    said = struct_said(row)
    tenant = said.pop("tenant", "") if kind.tenants and kind.named_by else ""
    if kind.named_by:
        said.pop(kind.named_by, None)
    if section in ("limits", "budgets") and tenant:
        _without_owner(said, tenant)
    if section == "models" and tenant:
        for one in (*said.get("deployments", ()), said.get("canary"), said.get("shadow")):
            if one:
                one["provider"] = written(one["provider"], tenant)
    return said


def struct_said(struct: msgspec.Struct) -> dict[str, Any]:
    """The fields of a Struct that are not at their defaults; a plug-in's settings stand among the row's own."""
    said: dict[str, Any] = {}
    for one in fields_of(type(struct)):
        value = getattr(struct, one.name)
        _, extra = unwrap(one.type)
        if extra.get("form") == REST:
            if isinstance(value, msgspec.Struct):
                said |= struct_said(value)
            elif isinstance(value, Mapping):
                said |= value
        elif one.required or value != _default(one):
            said[one.encode_name] = _formed(value, str(extra.get("form", "")))
    return said


def _default(one: Any) -> Any:
    return one.default_factory() if one.default_factory is not msgspec.NODEFAULT else one.default


def _formed(value: Any, form: str) -> Any:
    if form == "duration" and isinstance(value, float):
        return f"{value:g}s"
    if form == "moment" and isinstance(value, float):
        return datetime.fromtimestamp(value, UTC).isoformat()
    return _plain(value)


def _plain(value: Any) -> Any:
    if isinstance(value, Secret):
        return MASK if value else ""
    if isinstance(value, msgspec.Struct):
        return struct_said(value)
    if isinstance(value, Mapping):
        return {str(name): _plain(below) for name, below in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    return f"{value:f}" if isinstance(value, Decimal) else value


def _without_owner(said: dict[str, Any], tenant: str) -> None:
    """Without what ``settings_owned`` says of whose it is."""
    where = {scope: value for scope, value in said.get("where", {}).items() if (scope, value) != ("tenant", tenant)}
    said.pop("where", None)
    if where:
        said["where"] = where
    if said.get("scope") == "tenant" and said.get("match") == tenant:
        said.pop("match")
