"""A charge that did not fit, said to the caller: which rule, its limit, the count, when there is room again.

It decides nothing. Called by the limits room.
"""

from __future__ import annotations

from datetime import UTC, datetime

from torana.core.errors import GatewayError, LimitReached
from torana.core.money import decimal_text
from torana.ports.store import Overrun

CODES_BY_UNIT = {"money": "BUDGET_EXCEEDED", "concurrency": "CONCURRENCY_EXCEEDED"}
SHORTEST_WAIT_S = 0.001


def refusal_of(overrun: Overrun, currency: str, now: float, asked: int = 0) -> GatewayError:
    """OVERLOADED (503) when nobody can tell, else BUDGET_EXCEEDED (402: no client should try again by itself), CONCURRENCY_EXCEEDED or RATE_LIMIT_EXCEEDED.

    ``asked``: how much the request wanted of it, by an upper estimate.
    """
    charge = overrun.charge
    if overrun.away:
        return GatewayError(
            "OVERLOADED",
            f"The rule {charge.rule_id} cannot be checked: what counts for it is not known now. Try again soon.",
            details={"rule": charge.rule_id, "counters": "unavailable"},
            retry_after_s=overrun.reset_in_s,
        )
    reset_at = datetime.fromtimestamp(now + overrun.reset_in_s, UTC).isoformat(timespec="milliseconds")
    details: dict[str, object] = {"rule": charge.rule_id, "reset_at": reset_at.replace("+00:00", "Z")}
    if charge.unit == "money":
        limit, used = decimal_text(charge.limit), decimal_text(overrun.used)
        advice = "It may fit with a lower max_tokens; else ask" if overrun.used < charge.limit else "Ask"
        return GatewayError(
            "BUDGET_EXCEEDED",
            f"The budget {charge.rule_id} of {limit} {currency} has no room for this request: {used} {currency} are "
            f"spent or held. {advice} for a larger budget.",
            details={**details, "limit": limit, "used": used, "currency": currency},
        )
    details |= {"current_count": overrun.used, "limit": charge.limit}
    wait_s = max(overrun.reset_in_s, SHORTEST_WAIT_S)
    fits = asked <= charge.capacity
    message = f"The limit {charge.rule_id} allows {charge.limit} {_what(overrun)}."
    if charge.unit == "tokens" and asked:
        details["requested"] = asked
        message += (
            f" This request may use {asked}{'' if fits else ': it never fits. A lower max_tokens makes it smaller'}."
        )
    return LimitReached(
        CODES_BY_UNIT.get(charge.unit, "RATE_LIMIT_EXCEEDED"),
        message,
        details=details,
        retry_after_s=wait_s,
        room=None if charge.unit == "concurrency" else _room(overrun, wait_s),
        fits=fits,
    )


def _room(overrun: Overrun, wait_s: float) -> tuple[str, int, int, float]:
    charge = overrun.charge
    return charge.unit, charge.capacity, max(0, charge.capacity - overrun.used), wait_s


def _what(overrun: Overrun) -> str:
    charge = overrun.charge
    if charge.unit == "concurrency":
        return "requests at once"
    burst = f", {charge.burst} at once" if charge.algorithm == "token_bucket" else ""
    return f"{charge.unit} per {charge.window_s:g} s{burst}"
