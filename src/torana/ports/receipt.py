"""The Receipt: the record of one request, as the line hands it to the recorder and all that keeps or counts it reads it.

A Struct and not a class of core's own: it is written several times for every request (the spool, the audit file), which costs
a third of what a dataclass costs. The one module of ``ports`` that needs a package for it.
"""

from __future__ import annotations

from typing import Any, get_origin

import msgspec
from msgspec import structs

from torana.core.tickets import Attempted, Dropped, Found
from torana.core.trace import Timed


class Receipt(msgspec.Struct, gc=False):
    """The record of one request, whatever its ending. Issued by ``line/settle.py``.

    One per request, refusals too. No prompt text, no secret. Field names are those of the audit file
    and the usage table.
    """

    receipt_id: str
    request_id: str
    at: float
    """Epoch seconds at which the request came in."""
    tenant: str
    department: str
    team: str
    user: str
    key_id: str
    dialect: str
    operation: str
    model: str
    """The model's name here, bounded to 128 characters; of a refused request the name asked for, empty when unreadable."""
    provider: str
    upstream_model: str
    stream: bool
    status: int
    ending: str
    """One of ENDINGS."""
    error_code: str
    finish: str
    input_tokens: int
    cache_read_tokens: int
    cache_write_tokens: int
    output_tokens: int
    reasoning_tokens: int
    usage_estimated: bool
    cost_nano: int
    currency: str
    priced: bool
    """False: no price is known for this model; the cost is 0 and says nothing."""
    held_nano: int
    duration_ms: int
    first_chunk_ms: int
    upstream_ms: int
    overhead_us: int
    request_bytes: int
    response_bytes: int
    cache: str
    policy: str
    snapshot: int
    address: str
    attempts: list[Attempted]
    dropped: list[Dropped]
    verdicts: list[str]
    price: str = ""
    """Which prices made the cost (``Prices.source``); empty: none are known."""
    budgets: list[str] = []
    """The names of the budgets that it was charged to (``core/budget_name.py``)."""
    waited_ms: int = 0
    """For places at deployments that were at their capacity, before the first chunk."""
    findings: list[Found] = []
    """What guardrails found, as many as are kept."""

    saved_nano: int = 0
    """What an answer of the cache would have cost, less what it did."""
    saved_ms: int = 0
    """By how much it came sooner."""

    trace: str = ""
    """The trace that it belongs to, in the form of ``traceparent`` with the caller's span; empty: to none."""
    timed: list[Timed] = []
    """What was timed of a request that is traced."""

    @property
    def overrun(self) -> bool:
        """Whether its provider billed more than was held for it."""
        return self.cost_nano > self.held_nano


def blank() -> dict[str, Any]:
    """A value for each field, by name: what a Receipt says that knows nothing."""
    return {one.name: (get_origin(one.type) or one.type)() for one in structs.fields(Receipt)}
