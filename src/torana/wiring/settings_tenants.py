"""What a tenant's own rows may not say: whatever reaches into the installation's files, environment, networks and stores.

Tenants write them without knowing the house, and must not learn of it. Called where stored objects are laid over the file's.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from torana.ports.objects import StoredObject
from torana.wiring.problems import Path, Report
from torana.wiring.settings_owned import written

if TYPE_CHECKING:
    from torana.wiring.settings import Settings

OWN_CLIENTS = ("litellm",)
"""Kinds of providers that call out by themselves, past the check of addresses."""
STORES = ("vault:", "aws-sm:")


def check_strangers(
    objects: Sequence[StoredObject], rows: Mapping[tuple[str, int], StoredObject], settings: Settings, report: Report
) -> None:
    """Report what only operators may write. ``settings``: the file's."""
    own = {(one.tenant, written(one.id, one.tenant)) for one in settings.providers if one.tenant}
    own |= {(one.tenant, one.name) for one in objects if one.kind == "providers"}
    places = {one.place: where for where, one in rows.items()}
    for one in objects:
        path: Path = places[one.place]
        document = one.document or {}
        for below, text in _texts(document, ()):
            if "${" in text or text.startswith(STORES):
                report.error((*path, *below), "only operators write references", "write the value itself")
        if one.kind == "providers":
            _check_provider(path, document, report)
        if one.kind == "models":
            _check_model(path, one.tenant, document, own, report)
        if one.kind == "price_overrides" and (one.tenant, document.get("provider")) not in own:
            report.error(
                (*path, "provider"), "only operators price the installation's providers", "name one of your own"
            )


def _check_model(
    path: Path, tenant: str, document: Mapping[str, Any], own: Container[tuple[str, Any]], report: Report
) -> None:
    """A tenant's models are at its own providers: at the installation's, a name of its own would go past policies and prices."""
    listed = document.get("deployments")
    rows: list[tuple[Path, Any]] = [(("canary",), document.get("canary")), (("shadow",), document.get("shadow"))]
    rows += [(("deployments", index), row) for index, row in enumerate(listed if isinstance(listed, list) else ())]
    for place, row in rows:
        if isinstance(row, dict) and (tenant, row.get("provider")) not in own:
            advice = "operators make models at the installation's; `fallbacks` may name these"
            report.error((*path, *place, "provider"), "is no provider of your own", advice)


def _check_provider(path: Path, document: Mapping[str, Any], report: Report) -> None:
    if document.get("kind") in OWN_CLIENTS:
        report.error((*path, "kind"), "only operators open providers of this kind")
    if document.get("network"):
        report.error((*path, "network"), "only operators choose a way out")
    for below, _ in _texts(document, ()):
        if str(below[-1]).endswith(("_file", "_path")):
            report.error((*path, *below), "only operators name files of this house", "write the content itself")


def _texts(value: Any, path: Path) -> Iterator[tuple[Path, str]]:
    if isinstance(value, dict):
        for name, below in value.items():
            yield from _texts(below, (*path, str(name)))
    elif isinstance(value, list):
        for index, below in enumerate(value):
            yield from _texts(below, (*path, index))
    elif isinstance(value, str):
        yield path, value
