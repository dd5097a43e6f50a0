"""What the control plane is given to read, write and try policies and guardrails.

It holds no logic and imports no adapter. Implemented by ``wiring``; part of the Office.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from torana.core.policies import Attachment
from torana.core.tickets import Caller, Rule
from torana.ports.database import Connection
from torana.ports.policies import StoredPolicy

Beside = Callable[[Connection], None]
"""What is done in the same transaction, in a thread."""

Plain = Mapping[str, Any]
"""A value as JSON has it."""


class PolicyRow(NamedTuple):
    """One policy in force."""

    name: str
    source: str
    """``stored``, ``file``, or ``implied``: nobody wrote it."""
    document: Plain
    """As a row of ``policies``, only what it says."""
    version: int = 0
    """Of a stored one; 0 for others."""
    tenant: str = ""
    """Whose it is; empty: the installation's."""
    written_at: float | None = None
    written_by: str = ""


class Effective(NamedTuple):
    """What policies come to at one place of the tree."""

    policy: str
    """Their names and the version of all of them, as Receipts say it."""
    chain: Sequence[tuple[str, str]]
    """Level and name of each, wide to narrow."""
    terms: Plain


class Kind(NamedTuple):
    """One kind of guardrail that there is."""

    kind: str
    sides: Sequence[str]
    modes: Sequence[str]
    price_class: str
    about: str
    settings: Plain
    """JSON Schema of what it can be told."""
    ids: Sequence[str]
    """The guardrails of this kind that are configured."""


class Tried(NamedTuple):
    """What guardrails made of a text."""

    policy: str
    blocked: bool
    message: str
    text: str
    """What would go on; empty when blocked."""
    verdicts: Sequence[str]
    findings: Sequence[Plain]


class FindingsPage(NamedTuple):
    """Findings, newest first, and the place where the next page goes on."""

    items: Sequence[Plain]
    next_place: tuple[int, str] | None


class PolicyBook(Protocol):
    """Policies and guardrails of this installation."""

    def rows(self) -> Sequence[PolicyRow]:
        """Every policy in force."""
        ...

    def effective(self, who: Attachment) -> Effective:
        """What holds for somebody."""
        ...

    async def write(self, row: StoredPolicy, beside: Beside) -> StoredPolicy:
        """Keep the version that follows ``row.version`` (or ANY_VERSION), and what ``beside`` does in the same transaction.

        Raises GatewayError REQUEST_INVALID, CONFLICT, OVERLOADED, and what ``beside`` raises.
        """
        ...

    async def history(self, name: str, most: int) -> Sequence[StoredPolicy]:
        """The versions of a stored policy, newest first. Raises GatewayError OVERLOADED."""
        ...

    async def dry_run(self, row: StoredPolicy, tenant: str, last: int) -> Plain:
        """What would have become of a tenant's last requests. Raises GatewayError REQUEST_INVALID, OVERLOADED."""
        ...

    async def kinds(self) -> Sequence[Kind]:
        """The kinds of guardrails."""
        ...

    def packs(self) -> Sequence[Plain]:
        """The compliance packs, each rule with what it serves."""
        ...

    async def try_text(self, caller: Caller, text: str, policy: str, is_input: bool) -> Tried:
        """What guardrails make of a text; ``policy`` empty: those of the caller. Raises GatewayError NOT_FOUND."""
        ...

    async def findings(
        self, tenant: str, limit: int, after: tuple[int, str] | None, where: Mapping[str, str]
    ) -> FindingsPage:
        """What was found in a tenant's requests. Raises GatewayError OVERLOADED."""
        ...


def shown_rule(rule: Rule) -> Plain:
    """A rule for people."""
    return rule._asdict()
