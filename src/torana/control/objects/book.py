"""What the control plane is given of stored objects: those in force, and a way to have changes judged before they are kept.

It holds no logic. Implemented by ``wiring``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple, Protocol

from torana.core.tickets import Caller
from torana.ports.objects import ANY_VERSION, StoredObject


class ObjectRow(NamedTuple):
    """One row of the configuration in force."""

    tenant: str
    """Whose it is; empty: the installation's."""
    kind: str
    name: str
    source: str
    """``stored`` or ``file``."""
    document: Mapping[str, Any]
    """Secrets masked."""
    version: int = 0
    """0: of the file."""
    written_at: float | None = None
    written_by: str = ""
    edited_beneath: bool = False
    """The file's row of this name is another one than when this was written."""


class Draft(NamedTuple):
    """A change that somebody wants."""

    tenant: str
    kind: str
    name: str
    document: dict[str, Any] | None
    """None: it is withdrawn."""
    by: str
    version: int = ANY_VERSION
    """The version that it replaces."""


class Judged(NamedTuple):
    """Changes that can be taken."""

    rows: Sequence[StoredObject]
    """Without those that change nothing."""
    counted: int
    """How many changes there were of any object when they were judged."""


class Difference(NamedTuple):
    """A stored object beside the file's row of the same name."""

    row: ObjectRow
    file: Mapping[str, Any] | None
    """None: the file has none."""
    fields: Sequence[Mapping[str, Any]]
    """``field``, ``file`` and ``stored`` of what differs."""


class Priced(NamedTuple):
    """What one deployment costs somebody now."""

    model: str
    provider: str
    upstream_model: str
    prices: Mapping[str, Any] | None
    """None: nobody knows."""


class Spent(NamedTuple):
    """How a budget stands for one of those whom it is about."""

    budget: str
    about: Mapping[str, str]
    """Scope → name, such as team: books."""
    per: str
    window: str
    limit_nano: int
    spent_nano: int
    held_nano: int
    hard: bool
    starts_at: float
    resets_at: float


class Trial(NamedTuple):
    """What became of a tiny request to a provider."""

    ok: bool
    model: str
    latency_ms: float
    receipt_id: str
    code: str = ""
    message: str = ""


class ObjectBook(Protocol):
    """Stored objects, and the rows of the file among which they stand."""

    @property
    def currency(self) -> str:
        """The installation's."""
        ...

    @property
    def time_zone(self) -> str:
        """The installation's, by its IANA name."""
        ...

    def rows(self, kind: str, tenant: str | None = None) -> Sequence[ObjectRow]:
        """The rows of a section in force; ``tenant``: only what may be about it. Raises GatewayError NOT_FOUND."""
        ...

    async def judged(self, drafts: Sequence[Draft]) -> Judged:
        """The changes as they would be kept. Raises GatewayError REQUEST_INVALID with every problem, CONFLICT."""
        ...

    def shown(self, row: StoredObject) -> ObjectRow:
        """A version with its secrets masked."""
        ...

    async def look(self) -> None:
        """Take what was kept, in this process; the others do within a second."""
        ...

    def differences(self, tenant: str | None) -> Sequence[Difference]:
        """Stored objects beside the file's rows; ``tenant``: of this one only."""
        ...

    def exported(self, tenant: str | None) -> str:
        """Stored objects as YAML, secrets as masks and references."""
        ...

    def read_objects(self, text: str, tenant: str) -> Sequence[tuple[str, str, str, dict[str, Any]]]:
        """Tenant, kind, name and document of each object of a YAML text; ``tenant``: whose rows are that name no other.

        Raises GatewayError REQUEST_INVALID with the places of what cannot be read.
        """
        ...

    def prices(self, tenant: str) -> Sequence[Priced]:
        """What every deployment of the tenant's models costs it now."""
        ...

    def catalogue(self, provider: str) -> Sequence[Mapping[str, Any]]:
        """What the price catalogue says of a kind of provider, by model."""
        ...

    async def standing(
        self, tenant: str, names: Mapping[str, str], people: Sequence[tuple[str, str, str]] = ()
    ) -> Sequence[Spent]:
        """How the tenant's budgets stand; ``names``: only those of this department, team or user.

        ``people``: department, team and user of those who may have no key.
        """
        ...

    async def try_provider(self, caller: Caller, provider: str, model: str) -> Trial:
        """Send a tiny request to a provider, in the caller's name. Raises GatewayError NOT_FOUND."""
        ...
