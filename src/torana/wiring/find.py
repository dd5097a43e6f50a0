"""Finds plug-ins by file name and imports one only when a configuration names it.

The list of what exists is the list of files (and catalogue rows): there is no register to keep in step.
Called by ``build`` and by the CLI.
"""

from __future__ import annotations

import importlib
import pkgutil
from collections.abc import Sequence
from functools import cache, partial
from types import ModuleType
from typing import Any

import msgspec

from torana.providers.catalogue import Row, rows
from torana.wiring.available import Available, GuardrailKind, ProviderKind

NO_PLUGIN = {"providers": frozenset({"catalogue"})}
"""Files of a plug-in folder that are no plug-ins."""

NO_ROWS = frozenset({"database", "spend"})
"""Sinks that are not for rows of ``audit.sinks``: the gateway opens them by itself."""

PACKAGED = frozenset({"guardrails"})
"""Folders in which a folder is a plug-in too; elsewhere it holds parts."""

ROW_KIND = "openai_compatible"
"""The file that serves every row of the catalogue."""


@cache
def ids(folder: str) -> frozenset[str]:
    """The ids of the plug-ins in ``folder``, read off its file names: once, for a start asks some two hundred times."""
    package = importlib.import_module(f"torana.{folder}")
    found = pkgutil.iter_modules(package.__path__)
    names = {module.name for module in found if folder in PACKAGED or not module.ispkg}
    return frozenset(name for name in names - NO_PLUGIN.get(folder, frozenset()) if not name.startswith("_"))


def module(folder: str, plugin: str) -> ModuleType:
    """The plug-in's module, imported now. Raises LookupError when there is none."""
    if plugin not in ids(folder):
        raise LookupError(f"there is no {plugin!r} in {folder}")
    return importlib.import_module(f"torana.{folder}.{plugin}")


def dialect_modules() -> list[ModuleType]:
    """Every dialect: the modules of ``dialects`` that name their paths. What else lies there serves them."""
    found = [module("dialects", name) for name in sorted(ids("dialects"))]
    return [one for one in found if hasattr(one, "PATHS")]


def tool(path: str) -> ModuleType:
    """A module of ours that is too heavy to import before it is needed, by its path under ``torana``."""
    return importlib.import_module(f"torana.{path}")


def provider_module(kind: str) -> ModuleType:
    """The module that serves a kind: its own file, or the one behind the catalogue."""
    return module("providers", kind if kind in ids("providers") else ROW_KIND)


def priced_as(kind: str) -> str:
    """Under which name the price catalogue has the models of a kind; empty: it has none of them."""
    if kind in ids("providers"):
        return str(getattr(module("providers", kind), "PRICED_AS", ""))
    row = rows().get(kind)
    return row.priced_as if row is not None else ""


def available() -> Available:
    """Everything a configuration may name here. A file wins over a row of the same id, as in ``provider_module``."""
    kinds = {row.id: row_kind(row) for row in rows().values()}
    kinds.update({name: file_kind(name) for name in ids("providers")})
    guardrails = {name: guardrail_kind(name) for name in ids("guardrails")}
    sinks = {name: _settings_of("sinks", name) for name in ids("sinks") - NO_ROWS}
    return Available(kinds, ids("strategies"), guardrails, dialect_ids, sinks)


def dialect_ids() -> frozenset[str]:
    """The ids under which requests come in, as records name them."""
    found = (module("dialects", name) for name in ids("dialects"))
    return frozenset(str(one.ID) for one in found if hasattr(one, "ID"))


def guardrail_kind(name: str) -> GuardrailKind:
    """A guardrail as a kind; its module is imported only when a configuration names it."""
    return GuardrailKind(
        settings=_settings_of("guardrails", name),
        sides=lambda: tuple(module("guardrails", name).SIDES),
        modes=lambda: tuple(module("guardrails", name).MODES),
        asks=partial(_asked_by, name),
    )


def _asked_by(name: str, settings: msgspec.Struct) -> Sequence[str]:
    plugin = module("guardrails", name)
    return plugin.asks(settings) if hasattr(plugin, "asks") else ()


def file_kind(name: str) -> ProviderKind:
    """A file of ``providers`` as a kind; what it says of its key and its models stands in it."""
    said = module("providers", name)
    return ProviderKind(
        settings=_settings_of("providers", name),
        secret=getattr(said, "SECRET", ""),
        serves=getattr(said, "SERVES", ()),
        passes=getattr(said, "PASSES", False),
        probes=getattr(said, "PROBES", False),
        environment=getattr(said, "ENVIRONMENT", None),
    )


def row_kind(row: Row) -> ProviderKind:
    """A catalogue row as a kind."""
    return ProviderKind(
        settings=_settings_of("providers", ROW_KIND),
        secret=row.key_env,
        serves=row.serves,
        defaults=row.defaults(),
        passes=module("providers", ROW_KIND).PASSES,
        probes=module("providers", ROW_KIND).PROBES,
    )


def _settings_of(folder: str, plugin: str) -> Any:
    def settings() -> type[msgspec.Struct]:
        found: type[msgspec.Struct] = module(folder, plugin).Settings
        return found

    return settings
