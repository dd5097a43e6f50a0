"""Google's Gemini API (AI Studio), in its own dialect and for every one that can be translated: address, key, limits.

It does not retry, choose or meter, and leaves words to its codec. Found by its file name, opened by ``wiring``, used by
the line.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import ModuleType
from typing import Annotated
from urllib.parse import quote

import msgspec

from torana.core.call import Prompt, Reply
from torana.core.faults import UpstreamFault
from torana.core.secret import Secret
from torana.core.snapshot import Deadlines
from torana.core.tickets import Attempt
from torana.dialects import (
    embeddings,
    gemini_batch_embed,
    gemini_content,
    gemini_count_tokens,
    gemini_embed_content,
    passthrough,
)
from torana.dialects.codecs import gemini
from torana.dialects.embedding_translation import EmbeddingTranslation
from torana.dialects.gemini_errors import mean
from torana.dialects.sealed_bodies import readable
from torana.dialects.translation import Translation, translation
from torana.upstream.answers import begun
from torana.upstream.passing import Road, pass_on
from torana.upstream.pooled import Pooled, address, keyed, pooled
from torana.upstream.probing import answers
from torana.upstream.reach import Credential, Timeouts
from torana.upstream.seam import Outgoing, Upstream

SECRET = "GEMINI_API_KEY"  # noqa: S105 - the name of the environment variable, not a secret
SERVES = ("gemini-*",)
PRICED_AS = "google"
"""Its name in the catalogue of prices."""
PROBES = True
"""It can be asked whether it is there."""
PASSES = True
"""It passes requests on as they are."""
HANDED_ON = {b"x-gemini-service-tier": "llm_provider-x-gemini-service-tier"}
"""The provider's headers that callers get."""
NATIVE: Mapping[str, tuple[ModuleType, str]] = {
    gemini_content.ID: (gemini_content, "generateContent"),
    gemini_count_tokens.ID: (gemini_count_tokens, "countTokens"),
    gemini_embed_content.ID: (gemini_embed_content, "embedContent"),
    gemini_batch_embed.ID: (gemini_batch_embed, "batchEmbedContents"),
}
"""The dialects that it speaks itself, by name, and the method of each."""
STREAM = "streamGenerateContent?alt=sse"


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


class Gemini(Pooled):
    """The opened provider."""

    __slots__ = ("_base", "_max_bytes", "_plain", "_road", "_rotation", "_settings", "_stream", "_upstream")

    def __init__(self, settings: Settings, upstream: Upstream) -> None:
        base = address(settings.base_url)
        self._base = f"{base}/models/"
        self._settings = settings
        self._upstream = upstream
        self._max_bytes = settings.max_answer_mb * 1024 * 1024
        self._plain = settings.timeout_s.deadlines(stream=False)
        self._stream = settings.timeout_s.deadlines(stream=True)
        self._road = Road(upstream, base, self._plain, self._stream, self._max_bytes, settings.network)
        self._rotation = pooled(settings, keyed("x-goog-api-key"))

    async def send(self, attempt: Attempt, prompt: Prompt) -> Reply:
        """Send the prompt; return when the status line said success.

        Raises GatewayError CAPABILITY_MISSING for what cannot be translated, else an UpstreamFault that names the
        position of the credential used.
        """
        if prompt.dialect == passthrough.ID:
            errand = passthrough.errand(prompt)
            return await pass_on(attempt, prompt, errand, self._road, self._rotation, lambda one: one)
        model = attempt.deployment.model
        stream = prompt.ask.stream
        words, method = _spoken(attempt, prompt)
        position, credential = self._rotation.take(attempt.credential)
        headers = (("accept", "text/event-stream" if stream else "application/json"), *credential)
        deadlines = self._stream if stream else self._plain
        url = f"{self._base}{quote(model.removeprefix('models/'), safe='')}:{STREAM if stream else method}"
        given, told = readable(prompt, attempt.deployment) if isinstance(words, ModuleType) else (b"", words.headers)
        body = words.retarget(given, prompt.ask, model, True)
        outgoing = Outgoing("POST", url, headers, body, deadlines, self._max_bytes, self._settings.network)
        try:
            incoming = await self._upstream.send(outgoing)
            source = await begun(incoming, words, prompt.ask)
        except UpstreamFault as fault:
            mean(fault)
            self._rotation.failed(position, attempt.deployment.provider, fault)
            raise
        self._rotation.accepted(position, attempt.deployment.provider, source, mean)
        handed = incoming.chosen(HANDED_ON) + told
        return Reply(attempt, incoming.status, prompt.dialect, stream, source, handed, (), str(position))

    async def probe(self, deadlines: Deadlines) -> bool:
        """Ask for its list of models: see ``ports.provider.Probed``."""
        held = self._rotation.at_hand()
        if held is None:
            return False
        return await answers(
            self._upstream, f"{self._road.base}/models?pageSize=1", held, deadlines, self._settings.network
        )

    async def aclose(self) -> None:
        """Nothing was taken: the upstream client is not ours to close."""


def open(settings: Settings, upstream: Upstream) -> Gemini:  # noqa: A001 - the name every plug-in has
    """The provider. Raises ValueError for settings that cannot work; the message holds no secret."""
    return Gemini(settings, upstream)


def _spoken(attempt: Attempt, prompt: Prompt) -> tuple[ModuleType | Translation | EmbeddingTranslation, str]:
    """What the prompt is said in, and the method that it is said to. Raises GatewayError CAPABILITY_MISSING."""
    native = NATIVE.get(prompt.dialect)
    if native is not None:
        return native
    model = attempt.deployment.model
    if prompt.operation == embeddings.OPERATION:
        turned = EmbeddingTranslation(prompt, model.removeprefix("models/"), gemini_embed_content.ID)
        return turned, turned.method
    return translation(prompt, gemini, model, attempt.deployment.provider), "generateContent"
