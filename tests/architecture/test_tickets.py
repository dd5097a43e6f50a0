"""Only the room that issues a ticket constructs it: the order of the line cannot be forged."""

from __future__ import annotations

import ast

import pytest

from tests.architecture.house import Module, module, modules

ISSUERS = {
    "Caller": "line/identify.py",
    "Grant": "line/policy.py",
    "Hold": "line/limits.py",
    "Prompt": "line/guard.py",
    "Plan": "line/route.py",
    "Attempt": "line/route.py",
    "Receipt": "line/settle.py",
}
HOMES = {"torana.core.tickets", "torana.core.call", "torana.ports.receipt"}


def forged(source: Module) -> list[str]:
    """Constructions of a ticket outside its room, under whatever name it was imported."""
    if source.room == "testing":
        return []
    names, homes = _imported(source)
    found = []
    for node in ast.walk(source.tree):
        if not isinstance(node, ast.Call):
            continue
        function = node.func
        if node.args and ast.unparse(function) in {"NEW", "object.__new__"}:
            function = node.args[0]  # made without its constructor
        if isinstance(function, ast.Attribute) and function.attr in {"_make", "_replace"}:
            function = function.value  # Grant._make(…) forges a Grant too
        ticket = None
        if isinstance(function, ast.Name):
            ticket = names.get(function.id)
        elif isinstance(function, ast.Attribute) and ast.unparse(function.value) in homes:
            ticket = function.attr
        if ticket in ISSUERS and source.name != ISSUERS[ticket]:
            found.append(f"{source.name}:{node.lineno} {ticket}")
    return found


def _imported(source: Module) -> tuple[dict[str, str], set[str]]:
    names, homes = {}, set(HOMES)
    for node in ast.walk(source.tree):
        if isinstance(node, ast.ImportFrom) and node.module in HOMES:
            names |= {alias.asname or alias.name: alias.name for alias in node.names}
        if isinstance(node, ast.ImportFrom):
            homes |= {alias.asname or alias.name for alias in node.names if f"{node.module}.{alias.name}" in HOMES}
        if isinstance(node, ast.Import):
            homes |= {alias.asname for alias in node.names if alias.name in HOMES and alias.asname}
    return names, homes


def test_only_the_issuing_room_constructs_its_ticket() -> None:
    assert [line for source in modules() for line in forged(source)] == []


@pytest.mark.parametrize("ticket", ISSUERS)
@pytest.mark.parametrize(
    "text",
    [
        "from torana.{room}.{home} import {ticket}\n{ticket}()\n",
        "from torana.{room}.{home} import {ticket} as Ticket\nTicket()\n",
        "from torana.{room} import {home}\n{home}.{ticket}()\n",
        "import torana.{room}.{home} as words\nwords.{ticket}()\n",
        "import torana.{room}.{home}\ntorana.{room}.{home}.{ticket}()\n",
        "from torana.{room}.{home} import {ticket}\nobject.__new__({ticket})\n",
        "from torana.{room}.{home} import {ticket}\nNEW({ticket})\n",
    ],
)
def test_a_forged_ticket_is_caught(ticket: str, text: str) -> None:
    room, home = {"Prompt": ("core", "call"), "Receipt": ("ports", "receipt")}.get(ticket, ("core", "tickets"))
    planted = text.format(ticket=ticket, room=room, home=home)
    assert forged(module("edge/planted.py", planted)) == [f"edge/planted.py:2 {ticket}"]
    assert forged(module(ISSUERS[ticket], planted)) == []
    assert forged(module("testing/planted.py", planted)) == []
