"""Anthropic's own API: the address, the key, the version and beta headers. Other dialects come to it translated.

It does not retry, choose or meter. Found by its file name, opened by ``wiring``, used by the line.
"""

from __future__ import annotations

import re
from types import ModuleType
from typing import Annotated, NamedTuple

import msgspec

from torana.core.call import Prompt, Reply
from torana.core.faults import UpstreamFault
from torana.core.secret import Secret
from torana.core.snapshot import Deadlines
from torana.core.tickets import Attempt
from torana.dialects import anthropic_count_tokens, anthropic_messages, passthrough
from torana.dialects.codecs import anthropic_messages as codec
from torana.dialects.sealed_bodies import readable
from torana.dialects.strict import refuse_lost
from torana.dialects.translation import Translation, translation
from torana.upstream.answers import begun
from torana.upstream.passing import Road, pass_on
from torana.upstream.pooled import Headers, Pooled, address, keyed, pooled
from torana.upstream.probing import answers
from torana.upstream.reach import Credential, Timeouts
from torana.upstream.seam import Outgoing, Upstream

SECRET = "ANTHROPIC_API_KEY"  # noqa: S105 - the name of the environment variable, not a secret
SERVES = ("claude-*",)
PRICED_AS = "anthropic"
"""Its name in the catalogue of prices."""
PROBES = True
"""It can be asked whether it is there."""
PASSES = True
"""It passes requests on as they are."""
VERSION = "2023-06-01"
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_BETA = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
HANDED_ON = {
    b"request-id": "x-upstream-request-id",
    b"anthropic-ratelimit-requests-remaining": "llm_provider-anthropic-ratelimit-requests-remaining",
    b"anthropic-ratelimit-tokens-remaining": "llm_provider-anthropic-ratelimit-tokens-remaining",
}
"""The provider's headers that callers get. All others stay here: some name the organisation that pays."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to reach it. Everything but the key has a default."""

    base_url: str = "https://api.anthropic.com"
    """The address up to and without ``/v1/messages``."""
    api_key: Secret | None = None
    """One key; short for ``credentials`` with one entry."""
    credentials: tuple[Credential, ...] = ()
    needs_key: bool = True
    version: Annotated[str, msgspec.Meta(pattern=r"^\d{4}-\d{2}-\d{2}$")] = VERSION
    """``anthropic-version`` for callers who send none."""
    betas: tuple[str, ...] = ("*",)
    """Beta features that callers may ask for (``anthropic-beta``); ``*`` for any. Others are dropped and named."""
    timeout_s: Timeouts = Timeouts()
    network: str = ""
    """Name of a network profile (proxy, custom CA); empty: direct."""
    max_answer_mb: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 64


class _Route(NamedTuple):
    url: str
    dialect: ModuleType | Translation


class Anthropic(Pooled):
    """The opened provider."""

    __slots__ = ("_max_bytes", "_plain", "_road", "_rotation", "_routes", "_settings", "_stream", "_upstream")

    def __init__(self, settings: Settings, upstream: Upstream) -> None:
        base = address(settings.base_url)
        self._settings = settings
        self._upstream = upstream
        self._routes = {
            anthropic_messages.ID: _Route(f"{base}/v1/messages", anthropic_messages),
            anthropic_count_tokens.ID: _Route(f"{base}/v1/messages/count_tokens", anthropic_count_tokens),
        }
        self._max_bytes = settings.max_answer_mb * 1024 * 1024
        self._plain = settings.timeout_s.deadlines(stream=False)
        self._stream = settings.timeout_s.deadlines(stream=True)
        self._road = Road(upstream, base, self._plain, self._stream, self._max_bytes, settings.network)
        self._rotation = pooled(settings, keyed("x-api-key"))

    async def send(self, attempt: Attempt, prompt: Prompt) -> Reply:
        """Send the prompt; return when the status line said success.

        Raises GatewayError CAPABILITY_MISSING for what cannot be translated, else an UpstreamFault that names the position
        of the credential used.
        """
        route = self._routes.get(prompt.dialect)
        if route is None and prompt.dialect == passthrough.ID:
            return await self._passed(attempt, prompt)
        if route is not None:
            given, told = readable(prompt, attempt.deployment)
        else:
            translated = translation(prompt, codec, attempt.deployment.model, attempt.deployment.provider)
            route = _Route(self._routes[anthropic_messages.ID].url, translated)
            given, told = prompt.body, translated.headers
        own, dropped = self._headers(prompt)
        position, credential = self._rotation.take(attempt.credential)
        headers = (*own, *credential)
        body = route.dialect.retarget(given, prompt.ask, attempt.deployment.model, True)
        deadlines = self._stream if prompt.ask.stream else self._plain
        outgoing = Outgoing("POST", route.url, headers, body, deadlines, self._max_bytes, self._settings.network)
        try:
            incoming = await self._upstream.send(outgoing)
            source = await begun(incoming, route.dialect, prompt.ask)
        except UpstreamFault as fault:
            self._rotation.failed(position, attempt.deployment.provider, fault)
            raise
        self._rotation.accepted(position, attempt.deployment.provider, source)
        handed = incoming.chosen(HANDED_ON) + dropped + told
        return Reply(attempt, incoming.status, prompt.dialect, prompt.ask.stream, source, handed, (), str(position))

    async def _passed(self, attempt: Attempt, prompt: Prompt) -> Reply:
        """A request as it is: its version and betas are those of any request."""
        errand = passthrough.errand(prompt)
        betas, dropped = self._headers(prompt)
        headers = tuple(row for row in errand.headers if not row[0].startswith("anthropic-"))
        errand = errand._replace(headers=headers, told=errand.told + dropped)
        own = tuple(row for row in betas if row[0] != "accept")
        return await pass_on(attempt, prompt, errand, self._road, self._rotation, lambda one: (*one, *own))

    async def probe(self, deadlines: Deadlines) -> bool:
        """Ask for its list of models: see ``ports.provider.Probed``."""
        held = self._rotation.at_hand()
        if held is None:
            return False
        return await answers(
            self._upstream,
            f"{self._road.base}/v1/models?limit=1",
            (*held, ("anthropic-version", self._settings.version)),
            deadlines,
            self._settings.network,
        )

    async def aclose(self) -> None:
        """Nothing was taken: the upstream client is not ours to close."""

    def _headers(self, prompt: Prompt) -> tuple[Headers, Headers]:
        """The headers of one request but for the credential, and what is said about betas that were left out.

        Raises GatewayError REQUEST_INVALID when there are such and the caller is strict.
        """
        version = self._settings.version
        betas: list[str] = []
        left_out: list[str] = []
        for name, value in prompt.carried:
            if name == "anthropic-version" and _DATE.fullmatch(value):
                version = value
            elif name == "anthropic-beta":
                for beta in filter(None, (part.strip() for part in value.split(","))):
                    allowed = "*" in self._settings.betas or beta in self._settings.betas
                    (betas if allowed and _BETA.fullmatch(beta) else left_out).append(beta)
        accept = "text/event-stream" if prompt.ask.stream else "application/json"
        headers: Headers = (("accept", accept), ("anthropic-version", version))
        if betas:
            headers += (("anthropic-beta", ",".join(betas)),)
        refuse_lost(prompt, [f"anthropic-beta {beta[:64]}" for beta in left_out])
        dropped = ", ".join(f"anthropic-beta {beta[:64]}" for beta in left_out)
        return headers, (("x-torana-dropped", dropped),) if dropped else ()


def open(settings: Settings, upstream: Upstream) -> Anthropic:  # noqa: A001 - the name every plug-in has
    """The provider. Raises ValueError for settings that cannot work; the message holds no secret."""
    return Anthropic(settings, upstream)
