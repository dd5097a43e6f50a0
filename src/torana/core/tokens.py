"""Tokens that others issue (JWT, RFC 7519): what a verified one says, and which of them were revoked.

It verifies nothing (``tokens/`` does) and maps no claim (``line/claims.py`` does). Read by the identify room and the
sweep; filled by ``wiring``.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

LONGEST_TOKEN = 8192
"""Characters. Common servers take no longer header either."""

CONSOLE_ISSUER = "torana-console"
"""The ``iss`` of the tokens of people who signed in here; no configuration may name it."""

BY_ID = "jti"
BY_SUBJECT = "subject"
BY_SESSION = "sid"
"""All tokens of one session of somebody who signed in here."""


class Token(NamedTuple):
    """A token whose signature and times were found good."""

    issuer: str
    subject: str
    token_id: str
    """Its ``jti``; empty: it has none."""
    issued_at: float | None
    """Its ``iat``, epoch seconds."""
    expires_at: float
    """When it is of no more use here: its ``exp`` and the clock skew allowed to its issuer."""
    claims: Mapping[str, object]


class Revocation(NamedTuple):
    """One row of the list: a token by its id, those of a session, or those of a subject that were issued before a moment."""

    tenant: str
    kind: str
    """BY_ID, BY_SESSION or BY_SUBJECT."""
    value: str
    before: float = 0.0
    """Epoch seconds; of subjects only."""
    issuer: str = ""
    """Whose tokens; empty: every issuer's."""
    expires_at: float | None = None
    """When the row may be forgotten, because the token has expired; None: never."""


class Revoked:
    """The revocations in force, replaced whole. ``epoch`` grows with every change."""

    __slots__ = ("_before", "epoch")

    def __init__(self) -> None:
        self.epoch = 0
        self._before: Mapping[tuple[str, str, str, str], float] = {}

    def take(self, rows: Iterable[Revocation]) -> None:
        """Put these in the place of what was known."""
        found: dict[tuple[str, str, str, str], float] = {}
        for row in rows:
            key = (row.tenant, row.issuer, row.kind, row.value)
            before = row.before if row.kind == BY_SUBJECT else float("inf")
            found[key] = max(before, found.get(key, before))
        self._before = found
        self.epoch += 1

    def names(self, tenant: str, user: str, token: Token) -> bool:
        """Whether the token was revoked: by its id, or by its subject or the user it stands for and its time.

        A token that does not say when it was issued counts as issued before. ``iat`` often has whole seconds only, so
        one of the very second of the revocation counts as issued before too.
        """
        known = self._before
        if not known:
            return False
        if token.issuer == CONSOLE_ISSUER and (tenant, "", BY_SESSION, str(token.claims.get("sid"))) in known:
            return True
        issued = float("-inf") if token.issued_at is None else token.issued_at
        for issuer in (token.issuer, ""):
            if token.token_id and (tenant, issuer, BY_ID, token.token_id) in known:
                return True
            for subject in (token.subject, user):
                if issued < known.get((tenant, issuer, BY_SUBJECT, subject), float("-inf")):
                    return True
        return False
