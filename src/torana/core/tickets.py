"""The tickets that rooms hand on: Caller, Grant, Hold, Plan, Attempt. The last one, Receipt, is in ``ports/receipt.py``.

A room asks for the ticket of the room before it, so the order of the line is held by types. Only the
room that issues a ticket constructs it (an architecture test holds that). Plain data, no I/O.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

from torana.core.policies import FREE, Terms
from torana.core.slotted import slotted

if TYPE_CHECKING:
    from torana.core.call import Usage
    from torana.core.snapshot import Deployment, KeyEntry, ModelEntry, Prices
    from torana.core.tokens import Token
    from torana.core.trail import Trail


@dataclass(frozen=True, slots=True)
class Caller:
    """Who is calling. Issued by ``line/identify.py``."""

    tenant: str
    key_id: str
    key: KeyEntry
    department: str = ""
    team: str = ""
    user: str = ""
    lob: str = ""
    """Line of business, where a token names one."""
    rate_limit: int | None = None
    """Requests an hour that the caller's own token allows it; None: it says nothing."""
    token: Token | None = None
    """The token that it bears; None: it has a virtual key."""


class Rule(NamedTuple):
    """One guardrail of a policy, and what a finding of it leads to."""

    guardrail_id: str
    mode: str = "block"
    """``shadow``, ``flag``, ``mask``, ``tokenise``, ``redact`` or ``block``, from the mildest to the strictest."""
    side: str = ""
    """``input``, ``output`` or ``both``; empty: the sides that its kind looks at."""
    on_error: str = "closed"
    """What happens when it cannot look: ``closed``, nothing passes unseen, or ``open``."""
    shadow: bool = False
    """Whether its policy is on trial: what it would have done is recorded, and nothing is done."""


@slotted
class Grant:
    """What this request may do. Issued by ``line/policy.py``."""

    caller: Caller
    model: ModelEntry
    policy: str
    """Name and version of the policy that judged it."""
    guardrails: tuple[Rule, ...] = ()
    terms: Terms = FREE
    """All that the policies come to."""
    barred: tuple[Dropped, ...] = ()
    """The model's deployments that the policies leave out, and why."""


class Hold:
    """What was reserved for one request: rate, concurrency and money. Issued by ``line/limits.py``.

    Closed exactly once, by the ledger; ``take`` says who was first.
    """

    __slots__ = ("amount_nano", "budgets", "closed", "costed", "currency", "grant", "slot", "taken", "trail")

    def __init__(self, grant: Grant, trail: Trail, amount_nano: int, currency: str, taken: object = None) -> None:
        self.grant = grant
        self.trail = trail
        self.amount_nano = amount_nano
        self.currency = currency
        self.taken = taken
        """What the counters store must give back or correct; opaque here."""
        self.budgets: tuple[str, ...] = ()
        """The names of the budgets that it was taken from (``core/budget_name.py``)."""
        self.slot = -1
        """Where it is written down for the case that this process dies; -1: nowhere."""
        self.closed = False
        self.costed: Usage | None = None
        """The usage whose cost is known."""

    def take(self) -> bool:
        """True for the first asker only: the one who closes the Hold."""
        if self.closed:
            return False
        self.closed = True
        return True


class Dropped(NamedTuple):
    """A candidate that was left out of a Plan, and why."""

    provider: str
    model: str
    reason: str


@slotted
class Attempt:
    """One try that a Plan foresees. Issued by ``line/route.py``."""

    deployment: Deployment
    number: int
    fallback: bool = False
    prices: Prices | None = None
    """What the answer of this try costs: a fallback model has prices of its own."""
    only: str = ""
    """The one refusal after which it is made: context_window or content_policy; empty: after what fails over."""
    canary: bool = False
    credential: str = ""
    """Position in its pool of the credential that had better be used; empty: whose turn it is."""


@slotted
class Plan:
    """The order of tries for one request, and what was left out. Issued by ``line/route.py``."""

    attempts: tuple[Attempt, ...]
    dropped: tuple[Dropped, ...] = ()
    strategy: str = "priority"
    note: str = ""
    """Why something is tried that should rest: nothing else was left."""
    hedge_s: float | None = None
    """After so long without content the next deployment is asked as well; None: never."""
    shadow: Plan | None = None
    """The Plan of the copy that is made of a share of such requests; None: none is made."""


class Attempted(NamedTuple):
    """One try that was made: which deployment, how it went, how long it took."""

    provider: str
    model: str
    outcome: str
    """``ok``, or the phase or status that failed it: connect, first_token, idle, total, deadline, broken, 429 …;
    ``injected`` before one that an operator asked for; ``parked`` when no credential may be asked, ``refused`` by the
    provider unsent, ``cancelled`` when the request was, ``outrun`` when a hedge or its first try gave content sooner."""
    duration_ms: int
    credential: str = ""
    """The credential's position in its pool, never the credential."""


class Found(NamedTuple):
    """Something that a guardrail found: what kind and where, never the value."""

    guardrail: str
    """Its id and version: ``pii@1f0c33ab``."""
    kind: str
    side: str
    path: str
    """The place in the body: ``messages[1].content``."""
    start: int
    end: int
    """Code points in the text of that place, end exclusive; of an answer that is streamed, in all its text so far."""
    digest: str
    """Keyed hash of the value: equal values have equal ones."""
    does: str
    """What came of it: the mode, ``shadow`` for what would have been done."""


ENDINGS = (
    "completed",  # the whole answer left
    "refused",  # we said no: nothing was sent, or a guardrail kept the answer
    "upstream_error",  # the provider failed before the first chunk
    "upstream_broken",  # the provider failed after the first chunk
    "client_gone_early",  # the caller hung up before the first chunk
    "client_gone",  # the caller hung up after it
    "deadline",  # a deadline of ours ended it
    "shutdown",  # the gateway drained and time was up
    "revoked",  # the key was revoked while its answer ran
    "cut",  # we ended an answer: it was longer than what was held for, or a guardrail refused it
    "internal",  # a fault of the gateway
    "unknown",  # the gateway died under it: settled at what was held
)
