"""Signs people in by OpenID Connect: discovery, the code for tokens, id token and userinfo. Implements ``ports.identity``.

Signatures, issuer, audience and times are judged by ``verifier``, as for every token; it keeps nothing of what it learns
about people. Built by ``wiring``.
"""

from __future__ import annotations

import asyncio
import hmac
import json
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Callable, Mapping
from hashlib import new as new_hash
from hashlib import sha256
from typing import Any, NamedTuple
from urllib.parse import quote_plus, urlencode, urlsplit

import msgspec

from torana.core.clock import Clock
from torana.core.errors import GatewayError
from torana.core.faults import UpstreamFault
from torana.core.snapshot import Deadlines
from torana.ports.identity import ALGORITHMS, DISCOVERY, Answered, Client, Metadata
from torana.tokens.key_source import FetchedKeys, Log, Place
from torana.tokens.verifier import Issuer, Verifier
from torana.upstream.seam import Outgoing, Upstream

DEADLINES = Deadlines(5.0, 10.0, 10.0, 15.0)
MAX_ANSWER_BYTES = 256 * 1024
KNOWN_FOR_S = 600.0
"""What a provider says of itself is asked for again after that."""
MOST_KNOWN = 256
AMONG_OURS = {"SIGN_IN_FAILED", "UPSTREAM_UNAVAILABLE"}


class Way(NamedTuple):
    """How providers are reached."""

    upstream: Callable[[], Upstream]
    """The client for addresses that people set."""
    private: Callable[[], bool]
    """Whether these may be private, and plain HTTP."""


class _Document(msgspec.Struct):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    userinfo_endpoint: str | None = None
    end_session_endpoint: str | None = None
    id_token_signing_alg_values_supported: list[str] | None = None
    token_endpoint_auth_methods_supported: list[str] | None = None
    scopes_supported: list[str] | None = None
    code_challenge_methods_supported: list[str] | None = None
    authorization_response_iss_parameter_supported: bool | None = None


class _Tokens(msgspec.Struct):
    id_token: str
    access_token: str = ""
    token_type: str = "Bearer"  # noqa: S105 - RFC 6750


class _Known(NamedTuple):
    metadata: Metadata
    until: float


class _Judge(NamedTuple):
    verifier: Verifier
    keys: FetchedKeys


class OpenId:
    """Providers by issuer. One per process."""

    def __init__(self, way: Way, clock: Clock, log: Log) -> None:
        self._way = way
        self._clock = clock
        self._log = log
        self._known: dict[str, _Known] = {}
        self._judges: dict[tuple[str, ...], _Judge] = {}

    async def discover(self, issuer: str, fresh: bool = False) -> Metadata:
        """See ``ports.identity``."""
        known = self._known.get(issuer)
        if known is not None and not fresh and known.until > self._clock.monotonic():
            return known.metadata
        self._demand_safe(issuer, "issuer")
        body = await self._got("GET", issuer.rstrip("/") + DISCOVERY, (), b"")
        try:
            metadata = metadata_of(msgspec.json.decode(body, type=_Document))
        except msgspec.MsgspecError as fault:
            raise refused_by("its discovery document lacks what OpenID Connect demands") from fault
        # Discovery 1.0, section 4.3: else one provider could speak for another.
        if metadata.issuer != issuer:
            raise refused_by("its discovery document is another issuer's: write the issuer exactly as it names itself")
        for name in (
            "authorization_endpoint",
            "token_endpoint",
            "jwks_uri",
            "userinfo_endpoint",
            "end_session_endpoint",
        ):
            if getattr(metadata, name):
                self._demand_safe(getattr(metadata, name), name)
        if len(self._known) >= MOST_KNOWN:
            del self._known[next(iter(self._known))]
        self._known[issuer] = _Known(metadata, self._clock.monotonic() + KNOWN_FOR_S)
        return metadata

    async def claims(self, client: Client, answered: Answered) -> Mapping[str, Any]:
        """See ``ports.identity``. Where both say something, the id token counts: it is signed, and for us."""
        metadata = await self.discover(client.issuer)
        tokens = await self._exchanged(metadata, client, answered)
        said = await self._verified(metadata, client, tokens, answered.nonce)
        if not (client.userinfo and metadata.userinfo_endpoint and tokens.access_token):
            return said
        more = await self._userinfo(metadata, tokens)
        # OpenID Connect Core 1.0, section 5.3.2: the token might have been swapped for somebody else's.
        if more.get("sub") != said.get("sub"):
            raise failed("userinfo is about somebody else")
        return {**more, **said}

    async def aclose(self) -> None:
        """Give up readings of keys."""
        judges, self._judges = self._judges, {}
        await asyncio.gather(*(one.keys.aclose() for one in judges.values()))

    async def _exchanged(self, metadata: Metadata, client: Client, answered: Answered) -> _Tokens:
        form = {
            "grant_type": "authorization_code",
            "code": answered.code,
            "redirect_uri": answered.callback,
            "code_verifier": answered.verifier,
        }
        headers = [("content-type", "application/x-www-form-urlencoded"), ("accept", "application/json")]
        if client.secret is None:
            form["client_id"] = client.client_id
        elif "client_secret_basic" in metadata.client_auth or "client_secret_post" not in metadata.client_auth:
            # RFC 6749, section 2.3.1: both are form-encoded first.
            pair = f"{quote_plus(client.client_id)}:{quote_plus(client.secret.reveal())}"
            headers.append(("authorization", f"Basic {b64encode(pair.encode()).decode()}"))
        else:
            form |= {"client_id": client.client_id, "client_secret": client.secret.reveal()}
        body = await self._got("POST", metadata.token_endpoint, headers, urlencode(form).encode())
        try:
            return msgspec.json.decode(body, type=_Tokens)
        except msgspec.MsgspecError as fault:
            raise refused_by("its token endpoint gave no id token: is the scope `openid` among the scopes?") from fault

    async def _verified(self, metadata: Metadata, client: Client, tokens: _Tokens, nonce: str) -> Mapping[str, Any]:
        algorithm = algorithm_of(metadata, client)
        judge = self._judge(metadata, client, algorithm)
        text = tokens.id_token
        try:
            said = (await judge.verifier.verify(sha256(text.encode()).digest(), text)).claims
        except GatewayError as fault:
            if fault.code in AMONG_OURS:
                raise
            raise failed(fault.message.partition(": ")[2].rstrip(".") or "its id token has expired") from fault
        demand_ours(said, client.client_id)
        if not same(said.get("nonce"), nonce):
            raise failed("the id token was made for another sign-in ('nonce')")
        half = said.get("at_hash")
        if half is not None and not same(half, at_hash(tokens.access_token, algorithm)):
            raise failed("the access token is not the one that the id token was given with ('at_hash')")
        return said

    def _judge(self, metadata: Metadata, client: Client, algorithm: str) -> _Judge:
        named = (
            client.issuer, metadata.jwks_uri, client.client_id, algorithm, str(client.skew_s), str(self._way.private()),
        )  # fmt: skip
        found = self._judges.get(named)
        if found is None:
            place = Place(client.issuer, metadata.jwks_uri, algorithm)
            keys = FetchedKeys(place, self._way.upstream(), self._clock, self._log)
            verifier = Verifier([Issuer(client.issuer, algorithm, keys, client.client_id, client.skew_s)], self._clock)
            found = _Judge(verifier, keys)
            if len(self._judges) >= MOST_KNOWN:
                del self._judges[next(iter(self._judges))]
            self._judges[named] = found
        return found

    async def _userinfo(self, metadata: Metadata, tokens: _Tokens) -> Mapping[str, Any]:
        headers = (("authorization", f"Bearer {tokens.access_token}"), ("accept", "application/json"))
        body = await self._got("GET", metadata.userinfo_endpoint, headers, b"")
        try:
            return msgspec.json.decode(body, type=dict[str, Any])
        except (msgspec.MsgspecError, RecursionError) as fault:
            raise refused_by("its userinfo is no JSON: set userinfo: false, if the id token says enough") from fault

    def _demand_safe(self, url: str, field: str) -> None:
        parts = urlsplit(url)
        allowed = ("https", "http") if self._way.private() else ("https",)
        if parts.scheme not in allowed or not parts.hostname or parts.username or parts.fragment:
            message = f"{field}: an https URL without a name or a fragment in it."
            raise GatewayError("REQUEST_INVALID", message, param=field, details={"field": field})

    async def _got(self, method: str, url: str, headers: Any, body: bytes) -> bytes:
        """The body of a 200. Raises GatewayError; never says what was answered: it may hold a secret."""
        outgoing = Outgoing(method, url, tuple(headers), body, DEADLINES, MAX_ANSWER_BYTES)
        try:
            incoming = await self._way.upstream().send(outgoing)
            if incoming.status != 200:
                answer = await incoming.read()
                if method == "POST" and incoming.status in (400, 401):
                    raise failed(f"it refused the code ({error_of(answer)})")
                raise refused_by(f"it answered {incoming.status}")
            return await incoming.read()
        except UpstreamFault as fault:
            raise GatewayError("UPSTREAM_ERROR", f"The identity provider cannot be reached: {fault}.") from fault
        except ValueError as fault:
            raise refused_by("its address cannot be used") from fault


def metadata_of(found: _Document) -> Metadata:
    """The part that matters here."""
    return Metadata(
        found.issuer,
        found.authorization_endpoint,
        found.token_endpoint,
        found.jwks_uri,
        found.userinfo_endpoint or "",
        found.end_session_endpoint or "",
        tuple(found.id_token_signing_alg_values_supported or ("RS256",)),
        tuple(found.token_endpoint_auth_methods_supported or ("client_secret_basic",)),
        tuple(found.scopes_supported or ()),
        tuple(found.code_challenge_methods_supported or ()),
        bool(found.authorization_response_iss_parameter_supported),
    )


def algorithm_of(metadata: Metadata, client: Client) -> str:
    """The one algorithm of its id tokens: as configured, else by its own document; never by a token."""
    known = client.algorithm or next((one for one in ALGORITHMS if one in metadata.algorithms), "")
    if known not in ALGORITHMS:
        raise refused_by("it signs id tokens by no algorithm that is verified here")
    return known


def demand_ours(said: Mapping[str, Any], client_id: str) -> None:
    """Raise GatewayError for a token made for several, or by the leave of somebody else (OpenID Connect Core, 3.1.3.7)."""
    audience = said.get("aud")
    several = isinstance(audience, list) and len(audience) > 1
    if (several or "azp" in said) and said.get("azp") != client_id:
        raise failed("the id token was made for another application ('azp')")
    if not isinstance(said.get("sub"), str) or not 0 < len(said["sub"]) <= 255:
        raise failed("the id token names nobody ('sub')")
    if "iat" not in said:
        raise failed("the id token does not say when it was made ('iat')")


def at_hash(access_token: str, algorithm: str) -> str:
    """The left half of the token's hash (OpenID Connect Core 1.0, section 3.1.3.6); EdDSA hashes by SHA-512."""
    name = "sha512" if algorithm == "EdDSA" else f"sha{algorithm[-3:]}"
    digest = new_hash(name, access_token.encode()).digest()
    return urlsafe_b64encode(digest[: len(digest) // 2]).rstrip(b"=").decode()


def same(said: object, wanted: str) -> bool:
    """Compared in constant time."""
    return isinstance(said, str) and hmac.compare_digest(said.encode(), wanted.encode())


def error_of(answer: bytes) -> str:
    """The ``error`` of an answer (RFC 6749, section 5.2): one word of a known form, for the audit trail."""
    try:
        word = json.loads(answer).get("error")
    except (ValueError, AttributeError, RecursionError):
        return "no reason given"
    plain = isinstance(word, str) and word.isascii() and word.replace("_", "").isalpha() and len(word) <= 40
    return str(word) if plain else "no reason given"


def failed(why: str) -> GatewayError:
    """What the provider answered does not show who it is."""
    return GatewayError("SIGN_IN_FAILED", f"The answer of the identity provider is not accepted: {why}.")


def refused_by(why: str) -> GatewayError:
    """The provider is not as it must be."""
    return GatewayError("UPSTREAM_ERROR", f"The identity provider cannot be used: {why}.")
