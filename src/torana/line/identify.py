"""Who is calling: finds the virtual key or the token of a request and issues the Caller.

It does not say what the Caller may do. Keys are looked up by keyed digest, so no comparison of secret
text exists that timing could measure.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_network

from torana.core.call import Call
from torana.core.clock import Clock
from torana.core.errors import GatewayError
from torana.core.kept import Kept
from torana.core.keys import KEY_PREFIX, digester
from torana.core.snapshot import KeyEntry
from torana.core.tickets import Caller
from torana.core.tokens import LONGEST_TOKEN
from torana.line import own_key
from torana.line.bearers import Bearers, looks_like_token

CREDENTIAL_HEADERS = ("authorization", "x-api-key", "x-goog-api-key", "api-key")
"""Where SDKs put a key: OpenAI, Anthropic, Google and Azure clients, in that order."""

SECRET_HEADERS = CREDENTIAL_HEADERS + own_key.UPSTREAM_KEY_HEADERS
"""All headers that carry a key, whosever."""

LONGEST_KEY = 512


class Gate:
    """Finds callers among the keys of one Snapshot, and among the bearers of tokens where issuers are configured."""

    __slots__ = ("_bearers", "_callers", "_clock", "_digest", "_keys", "_longest", "_own_keys", "standing")

    def __init__(
        self,
        keys: Mapping[bytes, KeyEntry],
        hash_key: bytes,
        clock: Clock,
        own_keys: bool = False,
        bearers: Bearers | None = None,
    ) -> None:
        """``own_keys``: whether some policy lets callers bring a provider's key. ``bearers``: None: no token counts."""
        self._own_keys = own_keys
        self._keys = keys
        self._digest = digester(hash_key)
        self._clock = clock
        self._bearers = bearers
        self._longest = LONGEST_KEY if bearers is None else LONGEST_TOKEN
        self._callers: dict[bytes, Caller] = {}
        self.standing = frozenset(entry.key_id for entry in keys.values() if not entry.revoked)
        """Ids of the keys that may be used; a running answer of any other key is ended."""

    async def identify(self, call: Call) -> Caller:
        """The Caller of this request.

        Raises GatewayError: KEY_INVALID (none, unknown), KEY_EXPIRED, TOKEN_REVOKED, TOKEN_INVALID, TOKEN_EXPIRED,
        PERMISSION_DENIED (address or key for a provider not allowed), REQUEST_INVALID (two different keys).
        """
        credentials = call.credentials
        if len(credentials) != 1 or credentials[0][0] in own_key.UPSTREAM_KEY_HEADERS:
            credentials, call.own_key = own_key.split(credentials, self._is_ours if self._own_keys else None)
        text = one_key(credentials, self._longest)
        digest = self._digest(text)
        caller = self._callers.get(digest)
        if caller is None:
            caller = None if self._bearers is None else self._bearers.known(digest)
            if caller is None:
                caller = await self._newcomer(digest, text)
        call.trail.caller = caller
        key = caller.key
        if key.revoked:
            raise GatewayError("TOKEN_REVOKED", f"The key {key.prefix} was revoked.")
        if key.expires_at is not None and key.expires_at <= self._clock.now():
            if caller.token is not None:
                raise GatewayError("TOKEN_EXPIRED", "This token has expired. Sign in again for a new one.")
            raise GatewayError("KEY_EXPIRED", f"The key {key.prefix} has expired. Ask its owner for a new one.")
        if key.ip_allow and not allowed_address(call.trail.address, key.ip_allow):
            raise GatewayError("PERMISSION_DENIED", f"The key {key.prefix} may not be used from this address.")
        if call.own_key is not None and not self._own_keys:
            raise GatewayError("PERMISSION_DENIED", own_key.NOT_ALLOWED)
        return caller

    async def _newcomer(self, digest: bytes, text: str) -> Caller:
        """The Caller that a key or a token makes, remembered. Raises GatewayError."""
        entry = self._keys.get(digest)
        if entry is not None:
            caller = caller_of(entry)
            self._callers[digest] = caller
            return caller
        bearers = self._bearers
        if bearers is None:
            raise GatewayError("KEY_INVALID", "This key is not known here. Check that it was copied whole.")
        token, (entry, lob, rate_limit) = await bearers.judge(digest, text)
        caller = Caller(
            entry.tenant, entry.key_id, entry, entry.department, entry.team, entry.user, lob, rate_limit, token
        )
        bearers.remember(digest, caller)
        return caller

    def stands(self, caller: Caller) -> bool:
        """Whether a running answer of this Caller may go on: its key or token was not revoked or removed meanwhile."""
        if caller.token is None:
            return caller.key_id in self.standing
        return self._bearers is not None and self._bearers.stands(caller, caller.token)

    def _is_ours(self, text: str) -> bool:
        if self._bearers is not None and looks_like_token(text):
            return True
        return text.startswith(KEY_PREFIX) or self._digest(text) in self._keys


def caller_of(key: KeyEntry) -> Caller:
    """The Caller of a key that was found to be good."""
    return Caller(key.tenant, key.key_id, key, key.department, key.team, key.user)


def owner_of(kept: Kept) -> Caller:
    """The Caller in whose name a kept thing is asked about when no request of theirs is under way.

    The key may be gone by then; what it made is still theirs.
    """
    key = KeyEntry(kept.key_id, "", "", kept.tenant, kept.department, kept.team, kept.user)
    return Caller(kept.tenant, kept.key_id, key, kept.department, kept.team, kept.user, kept.lob)


def one_key(credentials: Sequence[tuple[str, str]], longest: int = LONGEST_KEY) -> str:
    """The one key that a request carries in any of CREDENTIAL_HEADERS.

    Raises GatewayError KEY_INVALID when there is none, REQUEST_INVALID when headers disagree: which
    of two identities is meant is not ours to guess.
    """
    found: str | None = None
    where = ""
    for name, value in credentials:
        text = bearer_text(value) if name == "authorization" else value.strip()
        if not text:
            continue
        if found is not None and text != found:
            raise GatewayError(
                "REQUEST_INVALID", f"The headers {where} and {name} carry different keys. Send one of them.", param=name
            )
        found, where = text, name
    if found is None:
        raise GatewayError("KEY_INVALID", "No key was sent. Put it in the header 'Authorization: Bearer <key>'.")
    if len(found) > longest:
        raise GatewayError("KEY_INVALID", f"No key is longer than {longest} characters.")
    return found


def bearer_text(value: str) -> str:
    """The token of an Authorization header (RFC 6750 section 2.1), empty when it is. Raises KEY_INVALID for another scheme."""
    scheme, _, rest = value.strip().partition(" ")
    if not scheme or scheme.lower() == "bearer":
        return rest.strip()
    raise GatewayError("KEY_INVALID", "The Authorization header must read 'Bearer <key>'.")


def allowed_address(address: str, networks: tuple[str, ...]) -> bool:
    """Whether the address lies in one of the networks (CIDR). An unreadable address lies in none."""
    try:
        own = ip_address(address)
    except ValueError:
        return False
    mapped = getattr(own, "ipv4_mapped", None)
    own = mapped or own
    return any(own in ip_network(network, strict=False) for network in networks)
