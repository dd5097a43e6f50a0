"""What the control plane is given for people: who may register, the tree in force, digests, letters.

It holds no logic and imports no adapter. Implemented by ``wiring``; part of the Office.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import NamedTuple

from torana.core.secret import Secret
from torana.core.snapshot import KeyEntry


class Letter(NamedTuple):
    """Something to be sent to somebody."""

    to: str
    """An e-mail address."""
    kind: str
    """``invitation`` or ``password_reset``."""
    token: Secret
    """What proves that it was received; used once."""
    expires_at: float
    """Epoch seconds."""
    name: str = ""
    """Of the tenant that it is about."""


class Place(NamedTuple):
    """A tenant as it is in force: the configuration's and the database's departments and teams."""

    tenant: str
    name: str
    suspended: bool
    departments: Mapping[str, str]
    """Id → name."""
    teams: Mapping[str, str]
    """Id → department, empty for none."""
    in_file: bool
    """Whether the configuration names it: such rows are not changed here."""
    file_departments: frozenset[str] = frozenset()
    file_teams: frozenset[str] = frozenset()


class Manners(NamedTuple):
    """What the settings say of registering and signing in."""

    registration: str
    """``first``, ``invitation`` or ``open``."""
    session_s: float
    behind_proxy: bool
    """Whether a proxy in front ends TLS."""
    dev: bool
    currency: str
    time_zone: str


class PeopleDesk(NamedTuple):
    """The whole of it."""

    manners: Callable[[], Manners]
    places: Callable[[], Mapping[str, Place]]
    """Tenant → what it is now."""
    file_keys: Callable[[], Mapping[bytes, KeyEntry]]
    """Keys of the configuration, by keyed digest: such are not changed here."""
    digest: Callable[[str], bytes]
    """The keyed digest of a secret, as keys are found by."""
    catch_up: Callable[[], Awaitable[None]]
    """This process goes by what was just written, at once; the others follow within a second."""
    named_by: Callable[[str, str, str], Awaitable[tuple[str, ...]]]
    """Of a tenant, a kind (``department``, ``team``; empty: the tenant itself) and an id: what names it and is in its way."""
    post: Callable[[Letter], Awaitable[None]]
    """Send a letter. Never raises: whoever asked must not learn from it whether there is such an address."""
