"""Entries that an empty reference leaves without their point: credentials, keys and sinks are dropped, with a warning.

So one file can name a second credential that only some machines have. Called by ``settings.load`` before binding.
"""

from __future__ import annotations

from collections.abc import Callable

from torana.wiring.nodes import Node
from torana.wiring.problems import Path, Report


def drop_empty(root: Node, report: Report) -> None:
    """Drop credentials with an empty part, keys whose ``key`` is empty, audit sinks whose ``url``, ``token`` or ``secret`` is empty."""
    providers = root.child("providers")
    for index, provider in enumerate(_items(providers)):
        credentials = provider.child("credentials")
        path: Path = ("providers", index, "credentials")
        _keep(credentials, path, _blank_credential, "credential", report)
    _keep(root.child("keys"), ("keys",), _blank_key, "key", report)
    audit = root.child("audit")
    _keep(audit.child("sinks") if audit else None, ("audit", "sinks"), _blank_sink, "sink", report)


def _items(node: Node | None) -> list[Node]:
    return node.value if node is not None and isinstance(node.value, list) else []


def _keep(rows: Node | None, path: Path, blank: Callable[[Node], str], what: str, report: Report) -> None:
    if rows is None or not isinstance(rows.value, list):
        return
    kept = []
    for index, row in enumerate(rows.value):
        field = blank(row)
        if field:
            report.warn((*path, index), f"the {what} is left out: its {field} is empty", "", row.place)
        else:
            kept.append(row)
    rows.value = kept


def _is_blank(node: Node | None) -> bool:
    return (
        node is not None
        and node.expanded
        and not node.broken
        and not isinstance(node.value, dict | list)
        and not node.text.strip()
    )


def _blank_credential(row: Node) -> str:
    if not isinstance(row.value, dict):
        return ""
    return next((name for name, below in row.value.items() if _is_blank(below)), "")


def _blank_key(row: Node) -> str:
    return next((name for name in ("key", "key_hash") if _is_blank(row.child(name))), "")


def _blank_sink(row: Node) -> str:
    return next((name for name in ("url", "token", "secret") if _is_blank(row.child(name))), "")
