"""The same deployment for the same conversation, user or key, within each priority, in shares by weight.

Rendezvous hashing (Thaler, Ravishankar, 1998): when a deployment comes or goes, only what was or will be its own moves.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from hashlib import blake2b

from torana.core.snapshot import Deployment
from torana.ports.strategy import Facts

SPAN = float(1 << 53)
STAYS = True
"""A conversation waits for its deployment, at whose end its beginning is cached, while another has room."""


def order(candidates: Sequence[Deployment], facts: Facts) -> Sequence[Deployment]:
    """The candidates by priority, then by their score for the sticky key. A weight of 0 comes last."""
    return sorted(candidates, key=lambda one: (one.priority, -score(one, facts.sticky_key)))


def score(deployment: Deployment, key: str) -> float:
    """How much the key belongs to the deployment; the same in every process."""
    name = f"{deployment.provider}\0{deployment.model}\0{key}".encode("utf-8", "surrogatepass")
    share = ((int.from_bytes(blake2b(name, digest_size=8).digest(), "big") >> 11) + 0.5) / SPAN
    return -deployment.weight / math.log(share)
