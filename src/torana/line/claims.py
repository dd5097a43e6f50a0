"""What the claims of a verified token make of its bearer: tenant, team, user, models, permissions, rate.

Pure, and it refuses what it cannot place: nobody gets in by a name that the configuration does not have. Called by
``bearers`` once for a token.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from hashlib import blake2b
from typing import NamedTuple

from torana.core.errors import GatewayError
from torana.core.snapshot import IssuerEntry, KeyEntry, Snapshot
from torana.core.tokens import CONSOLE_ISSUER, Token

LONGEST_NAME = 200
MOST_NAMES = 256
LARGEST_RATE = 1_000_000_000
TRUSTED_ONLY = frozenset({"tenant", "permissions"})
"""Read from another issuer's token only where its ``claims`` name them: many issuers have such claims of their own."""
ROLE = "role:"
"""Begins the permission that stands for those of a role; only for roles that the configuration says are read."""
_SEPARATORS = re.compile(r"[\s,]+")


class Claimed(NamedTuple):
    """The bearer, as the gate makes a Caller of it."""

    entry: KeyEntry
    lob: str
    rate_limit: int | None


def claimed(token: Token, snapshot: Snapshot) -> Claimed:
    """Who bears the token. Raises GatewayError: TOKEN_INVALID (a claim of a wrong shape), PERMISSION_DENIED (unknown name)."""
    issuer = snapshot.issuers[token.issuer]
    user = _text(token, issuer, "user") or token.subject
    if not user:
        raise GatewayError("TOKEN_INVALID", "The token names nobody: it has no claim 'sub'.")
    tenant = _text(token, issuer, "tenant") or issuer.tenant
    home = _text(token, issuer, "department"), _text(token, issuer, "team")
    department, team = (_home_now if token.issuer == CONSOLE_ISSUER else _home)(tenant, *home, snapshot)
    role = _text(token, issuer, "role")
    models = _names(token, issuer, "models")
    permissions = _names(token, issuer, "permissions")
    allowed = set(issuer.permissions if permissions is None else permissions)
    if role and (issuer.own or "role" in issuer.claims):
        allowed.add(ROLE + role)
    entry = KeyEntry(
        key_id=bearer_id(token),
        name=user,
        prefix=f"jwt:{user}",
        tenant=tenant,
        department=department,
        team=team,
        user=user,
        models=issuer.models if models is None else models,
        permissions=frozenset(allowed),
        expires_at=token.expires_at,
        metadata={"role": role} if role else {},
    )
    return Claimed(entry, _text(token, issuer, "lob"), _rate(token, issuer))


def bearer_id(token: Token) -> str:
    """The id that stands in records where a key's does: the same for all tokens of one subject of one issuer."""
    return "jwt_" + blake2b(f"{token.issuer}\0{token.subject}".encode(), digest_size=12).hexdigest()


def value_at(claims: Mapping[str, object], name: str) -> object:
    """A claim by its name, else by its path (``realm_access.roles``); None when there is none."""
    if name in claims:
        return claims[name]
    here: object = claims
    for step in name.split("."):
        if not isinstance(here, Mapping) or step not in here:
            return None
        here = here[step]
    return here


def _home(tenant: str, department: str, team: str, snapshot: Snapshot) -> tuple[str, str]:
    """Department and team, both known in the tenant."""
    teams = snapshot.teams.get(tenant)
    if teams is None:
        raise GatewayError("PERMISSION_DENIED", "The token names a tenant that is not known here.")
    if team and team not in teams:
        raise GatewayError("PERMISSION_DENIED", "The token names a team that its tenant does not have here.")
    if department and department not in snapshot.departments.get(tenant, frozenset()):
        raise GatewayError("PERMISSION_DENIED", "The token names a department that its tenant does not have here.")
    home = teams.get(team, "")
    if department and home and home != department:
        raise GatewayError("PERMISSION_DENIED", "The token names a team and a department that it does not belong to.")
    return department or home, team


def _home_now(tenant: str, department: str, team: str, snapshot: Snapshot) -> tuple[str, str]:
    """Where somebody who signed in here is now: what the configuration took away since keeps nobody out."""
    teams = snapshot.teams.get(tenant, {})
    team = team if team in teams else ""
    department = department if department in snapshot.departments.get(tenant, frozenset()) else ""
    return _home(tenant, teams.get(team, "") or department, team, snapshot)


def _claim(token: Token, issuer: IssuerEntry, word: str) -> object:
    """What the token says for one of our words; None: nothing."""
    if word in issuer.claims:
        return value_at(token.claims, issuer.claims[word])
    if word in TRUSTED_ONLY and not issuer.own:
        return None
    if word == "user":
        return token.claims.get("user_id") or None
    return token.claims.get(word)


def _text(token: Token, issuer: IssuerEntry, word: str) -> str:
    found = _claim(token, issuer, word)
    if isinstance(found, list) and len(found) == 1:
        found = found[0]
    if found is None:
        return ""
    if isinstance(found, int) and not isinstance(found, bool):
        found = str(found)
    if not isinstance(found, str) or len(found) > LONGEST_NAME or not found.isprintable():
        raise GatewayError("TOKEN_INVALID", f"The token's claim for {word!r} is no name.")
    return found.strip()


def _names(token: Token, issuer: IssuerEntry, word: str) -> tuple[str, ...] | None:
    """A list of names, or one text of them; None: the token says nothing."""
    found = _claim(token, issuer, word)
    if found is None:
        return None
    if isinstance(found, str):
        found = [one for one in _SEPARATORS.split(found) if one]
    if not isinstance(found, list) or len(found) > MOST_NAMES or not all(isinstance(one, str) for one in found):
        raise GatewayError("TOKEN_INVALID", f"The token's claim for {word!r} is no list of names.")
    return tuple(one for one in found if one and len(one) <= LONGEST_NAME)


def _rate(token: Token, issuer: IssuerEntry) -> int | None:
    """Requests an hour."""
    found = _claim(token, issuer, "rate_limit")
    if found is None:
        return None
    if isinstance(found, bool) or not isinstance(found, int) or not 0 <= found <= LARGEST_RATE:
        raise GatewayError(
            "TOKEN_INVALID", "The token's claim for 'rate_limit' is no whole number of requests an hour."
        )
    return found
