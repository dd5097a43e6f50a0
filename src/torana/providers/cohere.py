"""Cohere's own API, v2: chat for every dialect that can be translated, embeddings and reranking.

It does not retry, choose or meter, and leaves words to its dialects. Found by its file name, opened by ``wiring``, used
by the line.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from torana.core.call import Prompt, Reply
from torana.core.faults import StatusFault, UpstreamFault
from torana.core.secret import Secret
from torana.core.snapshot import Deadlines
from torana.core.tickets import Attempt
from torana.dialects import embeddings, rerank
from torana.dialects.codecs import cohere_chat
from torana.dialects.cohere_embed import PATH as EMBED
from torana.dialects.cohere_embed import EmbedTranslation
from torana.dialects.cohere_rerank import PATH as RERANK
from torana.dialects.cohere_rerank import RerankTranslation
from torana.dialects.translation import Translation, translation
from torana.upstream.answers import begun
from torana.upstream.pooled import Pooled, address, keyed, pooled
from torana.upstream.probing import answers
from torana.upstream.reach import Credential, Timeouts
from torana.upstream.seam import Outgoing, Upstream

SECRET = "CO_API_KEY"  # noqa: S105 - the name of the environment variable, not a secret
SERVES = ("command-*", "embed-*", "rerank-*", "c4ai-aya-*")
PRICED_AS = "cohere"
"""Its name in the catalogue of prices."""
PROBES = True
"""It can be asked whether it is there."""
CHAT = "/v2/chat"
TOKEN_INVALID = 498
"""What the API answers to a token it does not know: https://docs.cohere.com/reference/errors."""
HANDED_ON = {b"x-request-id": "x-upstream-request-id"}
"""The provider's headers that callers get."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to reach it. Everything but the key has a default."""

    base_url: str = "https://api.cohere.com"
    """The address up to and without ``/v2``."""
    api_key: Secret | None = None
    """One key; short for ``credentials`` with one entry."""
    credentials: tuple[Credential, ...] = ()
    needs_key: bool = True
    input_type: Literal["search_document", "search_query", "classification", "clustering"] = "search_document"
    """What texts are embedded for, where the caller's body has no ``input_type``: the API must be told."""
    timeout_s: Timeouts = Timeouts()
    network: str = ""
    """Name of a network profile (proxy, custom CA); empty: direct."""
    max_answer_mb: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 64


class Cohere(Pooled):
    """The opened provider."""

    __slots__ = ("_base", "_max_bytes", "_plain", "_rotation", "_settings", "_stream", "_upstream")

    def __init__(self, settings: Settings, upstream: Upstream) -> None:
        self._base = address(settings.base_url).removesuffix("/v2")
        self._settings = settings
        self._upstream = upstream
        self._max_bytes = settings.max_answer_mb * 1024 * 1024
        self._plain = settings.timeout_s.deadlines(stream=False)
        self._stream = settings.timeout_s.deadlines(stream=True)
        self._rotation = pooled(settings, keyed("authorization", "Bearer "))

    async def send(self, attempt: Attempt, prompt: Prompt) -> Reply:
        """Send the prompt; return when the status line said success.

        Raises GatewayError CAPABILITY_MISSING for what cannot be translated, else an UpstreamFault that names the
        position of the credential used.
        """
        stream = prompt.ask.stream
        path, words = self._words(prompt, attempt.deployment.model)
        position, credential = self._rotation.take(attempt.credential)
        headers = (("accept", "text/event-stream" if stream else "application/json"), *credential)
        deadlines = self._stream if stream else self._plain
        outgoing = Outgoing(
            "POST", self._base + path, headers, words.body, deadlines, self._max_bytes, self._settings.network
        )
        try:
            incoming = await self._upstream.send(outgoing)
            source = await begun(incoming, words, prompt.ask)
        except UpstreamFault as fault:
            if isinstance(fault, StatusFault) and fault.status == TOKEN_INVALID:
                fault.status = 401
            self._rotation.failed(position, attempt.deployment.provider, fault)
            raise
        self._rotation.accepted(position, attempt.deployment.provider, source)
        handed = incoming.chosen(HANDED_ON) + words.headers
        return Reply(attempt, incoming.status, prompt.dialect, stream, source, handed, (), str(position))

    async def probe(self, deadlines: Deadlines) -> bool:
        """Ask for its list of models: see ``ports.provider.Probed``."""
        held = self._rotation.at_hand()
        if held is None:
            return False
        return await answers(
            self._upstream, f"{self._base}/v1/models?page_size=1", held, deadlines, self._settings.network
        )

    async def aclose(self) -> None:
        """Nothing was taken: the upstream client is not ours to close."""

    def _words(self, prompt: Prompt, model: str) -> tuple[str, Translation | EmbedTranslation | RerankTranslation]:
        """The path and what is said there."""
        if prompt.dialect == embeddings.ID:
            return EMBED, EmbedTranslation(prompt, model, self._settings.input_type)
        if prompt.dialect == rerank.ID:
            return RERANK, RerankTranslation(prompt, model)
        return CHAT, translation(prompt, cohere_chat, model)


def open(settings: Settings, upstream: Upstream) -> Cohere:  # noqa: A001 - the name every plug-in has
    """The provider. Raises ValueError for settings that cannot work; the message holds no secret."""
    return Cohere(settings, upstream)
