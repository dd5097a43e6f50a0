"""What the control plane is given: who is asking, and the few things it may have done.

It holds no logic and imports no adapter. Built by ``wiring``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass

from torana.control.answers import AnswerDesk
from torana.control.audit.entries import AuditTrail
from torana.control.audit.prover import Prover
from torana.control.book import PolicyBook
from torana.control.metering import Metering
from torana.control.objects.book import ObjectBook
from torana.control.people_desk import PeopleDesk
from torana.control.revealer import Revealer
from torana.control.scanner import Scanner
from torana.core.call import Ask
from torana.core.tickets import Caller, Grant, Plan
from torana.core.tokens import Revocation
from torana.ports.database import Database
from torana.ports.identity import IdentityDesk
from torana.ports.tokens import Mint


@dataclass(frozen=True, slots=True)
class Reloaded:
    """What a reload of the configuration led to."""

    taken: bool
    """False: the file was refused and the old Snapshot serves on."""
    version: int
    digest: str
    problems: tuple[str, ...] = ()
    """Why it was refused; when taken, what of it waits for the next start."""


@dataclass(frozen=True, slots=True)
class Office:
    """The control plane's whole world."""

    identify: Callable[[Sequence[tuple[str, str]], str], Awaitable[Caller]]
    """Credential headers and client address → Caller. Raises GatewayError."""
    reload: Callable[[], Awaitable[Reloaded]]
    configuration: Callable[[], Mapping[str, object]]
    """The settings in force, secrets masked."""
    system: Callable[[], Mapping[str, object]]
    """Facts of this process: version, Snapshot, sinks, uptime."""
    explain: Callable[[Caller, Ask, str, Mapping[str, str]], tuple[Grant, Plan]]
    """The Grant and the Plan that a request of this Caller would have now, in this conversation, with these headers.

    Raises GatewayError for a model that does not exist or is not theirs.
    """
    revoke: Callable[[Caller, Revocation], Awaitable[None]]
    """Put on the list of revoked tokens, for this Caller. Raises GatewayError OVERLOADED when it cannot be written."""
    now: Callable[[], float]
    """Epoch seconds."""
    new_id: Callable[[str], str]
    """An id that sorts by time, beginning with the text given."""
    database: Database
    trail: AuditTrail
    """Where it is kept what people do."""
    prover: Prover
    """Proves the audit trail."""
    sign_tokens: Mint
    """Signs the access tokens of people who sign in."""
    people: PeopleDesk
    """What registering, signing in and making keys need."""
    identity: IdentityDesk
    """Identity providers, and the seal of their secrets."""
    policies: PolicyBook
    """Policies and guardrails."""
    objects: ObjectBook
    """Stored objects: providers, models, limits, budgets and the rest of the configuration."""
    scanner: Scanner
    """Reads files."""
    revealer: Revealer
    """What tokens stand for."""
    metering: Metering
    """Usage, and what it cost."""
    answers: AnswerDesk
    """The answer cache."""
    features: Mapping[str, str]
    """Capability → ``on``, ``off`` or ``not yet``."""
