"""What the line asks of a way to choose among deployments: one pure function.

A module in ``strategies/`` offers ``order(candidates, facts)``. It returns a permutation of the candidates;
leaving one out is the router's business, with a reason.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple, Protocol

from torana.core.snapshot import Deployment


def not_known(deployment: Deployment) -> None:
    """Nobody measured it."""


def idle(deployment: Deployment) -> int:
    """Nobody counted."""
    return 0


class Facts(NamedTuple):
    """What a strategy may look at. ``draw`` is a number in [0, 1) drawn for this request."""

    draw: float
    turn: int
    """A counter that grows by one per request of the model, for taking turns."""
    attributes: Mapping[str, str]
    latency_s: Callable[[Deployment], float | None] = not_known
    """Mean seconds to content of late; None when nothing is known."""
    busy: Callable[[Deployment], int] = idle
    """Requests in flight there, from this process."""
    price_nano: Callable[[Deployment], int | None] = not_known
    """What a middling request costs there, in nano-units; None when no price is known."""
    sticky_key: str = ""
    """What should stay with one deployment: a conversation, a user, a key."""
    needs: frozenset[str] = frozenset()
    """Capabilities that the request uses."""
    tokens: int = 0
    """About how many tokens its prompt and answer have together, by bytes; 0 when bytes say nothing of it."""


class Strategy(Protocol):
    """A way to choose.

    A module whose first choice should be waited for, though another deployment has room, says ``STAYS = True``.
    """

    def __call__(self, candidates: Sequence[Deployment], facts: Facts) -> Sequence[Deployment]:
        """The candidates in the order to try them. Same input, same output."""
        ...
