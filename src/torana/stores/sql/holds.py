"""Legal holds: while one lasts, no record of its tenant is deleted for its age.

Called by whoever deletes old records, and by the control plane.
"""

from __future__ import annotations

from torana.ports.database import Connection

_HELD = "SELECT DISTINCT tenant FROM legal_holds WHERE ended_at IS NULL"
_NUMBERS = "SELECT names.id FROM legal_holds JOIN names ON names.text = legal_holds.tenant WHERE ended_at IS NULL"


def held(connection: Connection) -> set[str]:
    """The tenants with a hold."""
    return {row[0] for row in connection.execute(_HELD).fetchall()}


def held_numbers(connection: Connection) -> set[int]:
    """The same as their numbers in ``names``, as rows of usage have them."""
    return {int(row[0]) for row in connection.execute(_NUMBERS).fetchall()}
