"""The issuer of our own tokens: its row of ``auth.jwt``, made where the environment or ``--dev`` asks for it.

Whoever gives the secret, or starts with ``--dev``, wants such tokens to count. Called by ``settings.load`` and
``environment_names``.
"""

from __future__ import annotations

from torana.wiring.nodes import Node, mapping, scalar, sequence, set_at
from torana.wiring.problems import Place

OWN_ISSUER = "torana"


def own_row(root: Node, place: Place) -> Node:
    """The row of issuer ``torana``, made when it is missing."""
    auth = root.child("auth")
    issuers = auth.child("jwt") if auth else None
    rows = issuers.value if issuers and isinstance(issuers.value, list) else []
    for row in rows:
        named = row.child("issuer")
        if named is not None and named.value == OWN_ISSUER:
            return row
    own = mapping(place, {"issuer": scalar(OWN_ISSUER, place)})
    set_at(root, ("auth", "jwt"), sequence(place, [*rows, own]))
    return own
