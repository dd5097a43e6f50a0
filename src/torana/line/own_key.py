"""A provider's key that a caller brings along, to be used for this one request instead of ours.

It finds the key among the credential headers and names what a provider says of it; who may bring one, and for which
providers, is the Snapshot's. Nothing here keeps or prints a key.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from torana.core.errors import GatewayError
from torana.core.faults import CREDENTIAL_REFUSED, StatusFault, UpstreamFault
from torana.core.secret import Secret
from torana.core.trail import Trail

UPSTREAM_KEY_HEADERS = ("openai-api-key", "x-torana-upstream-key")
"""Headers that name nobody: they carry a provider's key."""
BESIDE = "x-api-key"
"""Carries one too where ``Authorization`` already names the caller."""
CREDENTIAL = "own"
"""Stands in Receipts where a credential's position in its pool does."""
NOT_ALLOWED = "A provider's key of your own may not be used here: no policy allows it."

_KEY = re.compile(r"[\x21-\x7e]{1,4096}")

Credentials = Sequence[tuple[str, str]]


def split(credentials: Credentials, is_ours: Callable[[str], bool] | None) -> tuple[Credentials, Secret | None]:
    """The credentials that name the caller, and the provider's key.

    ``is_ours`` tells keys of this gateway, which go to no provider; None: BESIDE is a caller's like any other. Raises
    GatewayError REQUEST_INVALID for two different keys for the provider, and for what no header of ours could carry.
    """
    named = any(name == "authorization" and value.strip() for name, value in credentials)
    who: list[tuple[str, str]] = []
    found: set[str] = set()
    for name, value in credentials:
        text = value.strip()
        beside = named and name == BESIDE and is_ours is not None and bool(text) and not is_ours(text)
        if beside or name in UPSTREAM_KEY_HEADERS:
            found.add(text)
        else:
            who.append((name, value))
    found.discard("")
    if not found:
        return who, None
    if len(found) > 1:
        raise GatewayError("REQUEST_INVALID", "Two different keys for the provider were sent. Send one of them.")
    (text,) = found
    if not _KEY.fullmatch(text) or (is_ours is not None and is_ours(text)):
        raise GatewayError("REQUEST_INVALID", "What was sent as a key for the provider is none.")
    return who, Secret(text)


def refused(fault: object) -> GatewayError | None:
    """What a caller is told whose own key the provider refused; None for any other fault."""
    if not isinstance(fault, StatusFault) or fault.injected or fault.status not in CREDENTIAL_REFUSED:
        return None
    message = f"The provider refused the key that you sent for it ({fault.status})."
    return GatewayError("PERMISSION_DENIED", message, details={"upstream_status": fault.status})


def was_used(trail: Trail) -> bool:
    """Whether the latest try was made with a caller's key: how it went on says nothing of the deployment."""
    return bool(trail.attempted) and trail.attempted[-1].credential == CREDENTIAL


def says_nothing(fault: UpstreamFault, own: bool) -> bool:
    """Whether a failed try tells nothing of its deployment: an operator asked for it, or the key was the caller's."""
    return own or fault.injected
