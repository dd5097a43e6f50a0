"""What the claims of a provider say about somebody, in our words: address, name, role, teams.

Pure. A claim is found by name or by path; what has an unexpected form says nothing. Called when somebody comes in.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from torana.control.auth.shapes import EMAIL, lowered
from torana.control.names import tidied
from torana.control.sso.shapes import ROLES_OF_PEOPLE, GroupRow, SsoAsk
from torana.core.errors import GatewayError

MOST_GROUPS = 2000
LONGEST_NAME = 120
LONGEST_EMAIL = 254


class Comer(NamedTuple):
    """Whoever comes in, as the provider tells."""

    subject: str
    email: str
    """Empty where it tells none."""
    vouched: bool
    """Whether the address is theirs, says the provider."""
    name: str
    groups: tuple[str, ...]
    role: str
    """That a claim gives by itself; empty: none."""


class Standing(NamedTuple):
    """What groups lead to."""

    role: str
    """Empty: the provider decides about no role."""
    teams: tuple[str, ...]
    """The main one first."""
    governed: frozenset[str]
    """Teams that the provider decides about: who is not in the group is not in them."""


def comer(claims: Mapping[str, Any], provider: SsoAsk) -> Comer:
    """Whoever it is. Raises GatewayError SIGN_IN_FAILED for an address of no known form."""
    names = provider.claims
    email = lowered(_word(claims, names.email))
    if email and (len(email) > LONGEST_EMAIL or re.fullmatch(EMAIL, email) is None):
        raise GatewayError("SIGN_IN_FAILED", "The provider tells an e-mail address that is none.")
    verified = claims.get("email_verified")
    return Comer(
        str(claims.get("sub", "")),
        email,
        bool(email) and (provider.trust_email or verified is True or verified == "true"),
        tidied(_word(claims, names.name))[:LONGEST_NAME],
        tuple(dict.fromkeys(_words(found(claims, names.groups))))[:MOST_GROUPS],
        mightiest(_words(found(claims, names.role))) if names.role else "",
    )


def found(claims: Mapping[str, Any], path: str) -> Any:
    """The claim of this name; else what lies at this path; None: nothing."""
    if path in claims:
        return claims[path]
    here: Any = claims
    for part in path.split("."):
        if not isinstance(here, Mapping) or part not in here:
            return None
        here = here[part]
    return here


def standing(rows: Sequence[GroupRow], groups: Iterable[str], said: str = "", otherwise: str = "") -> Standing:
    """What these groups lead to. ``said``: a role that a claim gives; ``otherwise``: where nothing gives one."""
    mine = set(groups)
    fitting = [one for one in rows if one.group in mine]
    decides = bool(said) or any(one.role for one in rows)
    role = mightiest([said, *(one.role or "" for one in fitting)]) or otherwise
    teams = tuple(dict.fromkeys(one.team for one in fitting if one.team))
    return Standing(role if decides else "", teams, frozenset(one.team for one in rows if one.team))


def mightiest(roles: Iterable[str]) -> str:
    """The first of our roles that is among these; empty: none is."""
    given = set(roles)
    return next((one for one in ROLES_OF_PEOPLE if one in given), "")


def _word(claims: Mapping[str, Any], path: str) -> str:
    value = found(claims, path)
    return value.strip() if isinstance(value, str) else ""


def _words(value: Any) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [one for one in value if isinstance(one, str)] if isinstance(value, list) else []
