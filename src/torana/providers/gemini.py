"""Google's Gemini API (AI Studio), for every chat dialect that can be translated: the address, the key, the limits.

It does not retry, choose or meter, and leaves words to its codec. Found by its file name, opened by ``wiring``, used by
the line.
"""

from __future__ import annotations

import re
from typing import Annotated
from urllib.parse import quote

import msgspec

from torana.core.call import Prompt, Reply
from torana.core.faults import StatusFault, UpstreamFault
from torana.core.secret import Secret
from torana.core.tickets import Attempt
from torana.dialects.codecs import gemini
from torana.dialects.translation import translation
from torana.upstream.answers import begun
from torana.upstream.reach import Credential, Rotation, Timeouts
from torana.upstream.seam import Outgoing, Upstream

SECRET = "GEMINI_API_KEY"  # noqa: S105 - the name of the environment variable, not a secret
SERVES = ("gemini-*",)
HANDED_ON = {b"x-gemini-service-tier": "llm_provider-x-gemini-service-tier"}
"""The provider's headers that callers get."""
_DELAY = re.compile(rb'"retryDelay"\s*:\s*"(\d{1,6}(?:\.\d{1,9})?)s"')

Headers = tuple[tuple[str, str], ...]


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to reach it. Everything but the key has a default."""

    base_url: str = "https://generativelanguage.googleapis.com/v1beta"
    """The address up to and without ``/models``."""
    api_key: Secret | None = None
    """One key; short for ``credentials`` with one entry."""
    credentials: tuple[Credential, ...] = ()
    needs_key: bool = True
    timeout_s: Timeouts = Timeouts()
    network: str = ""
    """Name of a network profile (proxy, custom CA); empty: direct."""
    max_answer_mb: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 64


class Gemini:
    """The opened provider."""

    __slots__ = ("_base", "_max_bytes", "_plain", "_rotation", "_settings", "_stream", "_upstream")

    def __init__(self, settings: Settings, upstream: Upstream) -> None:
        base = settings.base_url.rstrip("/")
        if not base.startswith(("http://", "https://")) or "?" in base or "#" in base:
            raise ValueError("base_url: expected an http or https address without query")
        self._base = f"{base}/models/"
        self._settings = settings
        self._upstream = upstream
        self._max_bytes = settings.max_answer_mb * 1024 * 1024
        self._plain = settings.timeout_s.deadlines(stream=False)
        self._stream = settings.timeout_s.deadlines(stream=True)
        self._rotation = _rotation(settings)

    async def send(self, attempt: Attempt, prompt: Prompt) -> Reply:
        """Send the prompt; return when the status line said success.

        Raises GatewayError CAPABILITY_MISSING for what cannot be translated, else an UpstreamFault that names the
        position of the credential used.
        """
        model = attempt.deployment.model
        stream = prompt.ask.stream
        words = translation(prompt, gemini, model)
        position, credential = self._rotation.take()
        headers = (("accept", "text/event-stream" if stream else "application/json"), *credential)
        deadlines = self._stream if stream else self._plain
        url = f"{self._base}{quote(model.removeprefix('models/'), safe='')}:{_method(stream)}"
        outgoing = Outgoing("POST", url, headers, words.body, deadlines, self._max_bytes, self._settings.network)
        try:
            incoming = await self._upstream.send(outgoing)
            source = await begun(incoming, words, prompt.ask)
        except UpstreamFault as fault:
            meant = _meant(fault)
            self._rotation.failed(position, attempt.deployment.provider, meant)
            raise meant from None
        self._rotation.accepted(position, attempt.deployment.provider)
        handed = incoming.chosen(HANDED_ON) + words.headers
        return Reply(attempt, incoming.status, prompt.dialect, stream, source, handed, (), str(position))

    async def aclose(self) -> None:
        """Nothing was taken: the upstream client is not ours to close."""


def open(settings: Settings, upstream: Upstream) -> Gemini:  # noqa: A001 - the name every plug-in has
    """The provider. Raises ValueError for settings that cannot work; the message holds no secret."""
    return Gemini(settings, upstream)


def _method(stream: bool) -> str:
    return "streamGenerateContent?alt=sse" if stream else "generateContent"


def _meant(fault: UpstreamFault) -> UpstreamFault:
    """The fault as it is meant: a wrong key comes as a 400, and how long to wait stands in the body, in no header.

    Source: https://ai.google.dev/gemini-api/docs/troubleshooting, and ``google.rpc.RetryInfo`` for the delay.
    """
    if not isinstance(fault, StatusFault):
        return fault
    status = 401 if fault.status == 400 and b'"API_KEY_INVALID"' in fault.body else fault.status
    delay = fault.retry_after_s
    if delay is None and (told := _DELAY.search(fault.body)) is not None:
        delay = float(told[1])
    if (status, delay) == (fault.status, fault.retry_after_s):
        return fault
    return StatusFault(status, fault.body, retry_after_s=delay, dialect=fault.dialect)


def _rotation(settings: Settings) -> Rotation[Headers]:
    pool = [one for one in settings.credentials if one.api_key]
    if settings.api_key:
        pool.append(Credential(api_key=settings.api_key))
    common = (("content-type", "application/json"), ("user-agent", "torana"))
    if not pool:
        if settings.needs_key:
            raise ValueError("credentials: this provider needs an api_key")
        return Rotation([common], [1])
    keyed = [(*common, ("x-goog-api-key", one.api_key.reveal())) for one in pool]
    return Rotation(keyed, [one.weight for one in pool])
