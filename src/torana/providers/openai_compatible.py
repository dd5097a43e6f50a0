"""Every host that speaks OpenAI's protocol: joins the address, the key and the body, and reads what comes back.

It does not retry, choose or meter; hosts differ by Settings alone, most of them from a row of ``catalogue.toml``.
Found by its file name, opened by ``wiring``, used by the line.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from types import ModuleType
from typing import Annotated, NamedTuple

import msgspec

from torana import __version__
from torana.core.call import Ask, Prompt, Reply
from torana.core.errors import GatewayError
from torana.core.faults import UpstreamFault
from torana.core.secret import Secret
from torana.core.slotted import slotted
from torana.core.snapshot import Deadlines, Deployment
from torana.core.tickets import Attempt
from torana.dialects import (
    completions,
    embeddings,
    form,
    image_edits,
    image_generations,
    image_variations,
    json_text,
    kept_requests,
    moderations,
    openai_chat,
    openai_responses,
    passthrough,
    rerank,
    speech,
    stored_responses,
    transcriptions,
    translations,
)
from torana.dialects.codecs import openai_chat as codec
from torana.dialects.embedding_translation import EmbeddingTranslation
from torana.dialects.sealed_bodies import readable
from torana.dialects.stored_ids import refuse_stored
from torana.dialects.translation import Translation, translation
from torana.upstream.answers import PassedAnswer, begun
from torana.upstream.passing import Road, pass_on, pinned
from torana.upstream.pooled import Headers, Pooled, address, pooled
from torana.upstream.probing import answers
from torana.upstream.reach import Credential, Timeouts
from torana.upstream.seam import Outgoing, Upstream

PROBES = True
"""It can be asked whether it is there."""
PASSES = True
"""It passes requests on as they are."""
MAX_ANSWER_MB = 64
FILES = "files"
"""The operation of hosts that keep files and make batches of them."""
ON_LOOP_BYTES = 64 * 1024
PATHS: Mapping[ModuleType, str] = {
    openai_chat: "/chat/completions",
    openai_responses: "/responses",
    embeddings: "/embeddings",
    completions: "/completions",
    moderations: "/moderations",
    image_generations: "/images/generations",
    rerank: "/rerank",
    speech: "/audio/speech",
    transcriptions: "/audio/transcriptions",
    translations: "/audio/translations",
    image_edits: "/images/edits",
    image_variations: "/images/variations",
}
"""Where a host serves a dialect, if it offers the dialect's operation at all."""

OFFERED_AS: Mapping[ModuleType, str] = {openai_responses: "responses"}
"""Dialects whose operation a host may offer without them: their own name among the ``operations`` of a host."""

FORMS = (transcriptions, translations, image_edits, image_variations)
"""Dialects whose requests are forms."""
NO_JSON = (speech, transcriptions, translations)
"""Dialects whose answers may be something else than JSON: what, they say themselves."""

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
_VALUE = re.compile(r"[\x21-\x7e](?:[\x20-\x7e\t]*[\x21-\x7e])?")
"""RFC 9110, section 5.5, kept to ASCII."""

HANDED_ON: Mapping[bytes, str] = {
    b"x-request-id": "x-upstream-request-id",
    b"openai-processing-ms": "openai-processing-ms",
    b"x-ratelimit-limit-requests": "llm_provider-x-ratelimit-limit-requests",
    b"x-ratelimit-limit-tokens": "llm_provider-x-ratelimit-limit-tokens",
    b"x-ratelimit-remaining-requests": "llm_provider-x-ratelimit-remaining-requests",
    b"x-ratelimit-remaining-tokens": "llm_provider-x-ratelimit-remaining-tokens",
    b"x-ratelimit-reset-requests": "llm_provider-x-ratelimit-reset-requests",
    b"x-ratelimit-reset-tokens": "llm_provider-x-ratelimit-reset-tokens",
}
"""The provider's headers that callers get, and under which names: those that help them find a request again or slow
down. Its limits carry a prefix, for they are not the caller's own limits here. All others stay here: some name the
organisation or project that pays."""


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to reach one host. Only ``base_url`` cannot be guessed."""

    base_url: str
    """The address up to and without ``/chat/completions``, e.g. ``https://host/v1``."""
    api_key: Secret | None = None
    """One key; short for ``credentials`` with one entry."""
    credentials: tuple[Credential, ...] = ()
    needs_key: bool = False
    auth: str = "bearer"
    """``bearer``, or the name of the header that carries the key, e.g. ``api-key``."""
    operations: tuple[str, ...] = ("chat", "embeddings")
    capabilities: tuple[str, ...] = ()
    """What requests may use: tools, vision, audio, json_schema. Anything else is refused before it is sent."""
    stream_usage: bool = True
    """Whether the host takes ``stream_options.include_usage``."""
    drop_fields: tuple[str, ...] = ()
    """Members of the body that the host refuses and that are taken out."""
    rename_fields: dict[str, str] = {}
    """Members of the body that the host knows under another name, by the name callers use."""
    headers: dict[str, str] = {}
    """Further headers of every request."""
    timeout_s: Timeouts = Timeouts()
    network: str = ""
    """Name of a network profile (proxy, custom CA); empty: direct."""
    max_answer_mb: Annotated[int, msgspec.Meta(ge=1, le=1024)] = MAX_ANSWER_MB


@slotted
class _Route:
    """Where a dialect's requests go and which module reads the answers."""

    url: str
    dialect: ModuleType | Translation | EmbeddingTranslation
    told: Headers = ()
    """What the caller is told of the translation."""
    form: bool = False
    """Whether the body is a form, not JSON."""
    answers: tuple[str, ...] = ()
    """How the content types of answers begin that are no JSON, where there are any."""
    translated: bool = False


class OpenAICompatible(Pooled):
    """One opened host."""

    __slots__ = ("_capabilities", "_drop", "_keeps", "_max_bytes", "_network", "_plain", "_rename", "_road", "_rotation",
                 "_routes", "_stores", "_stream", "_stream_usage", "_upstream")  # fmt: skip

    def __init__(self, settings: Settings, upstream: Upstream) -> None:
        self._upstream = upstream
        self._routes = _routes(settings)
        self._capabilities = frozenset(settings.capabilities)
        self._stream_usage = settings.stream_usage
        self._keeps = FILES in settings.operations
        self._stores = stored_responses.ABOUT in settings.operations
        self._drop: dict[str, bytes | None] = dict.fromkeys(settings.drop_fields)
        self._rename = settings.rename_fields
        self._network = settings.network
        self._max_bytes = settings.max_answer_mb * 1024 * 1024
        self._plain: Deadlines = settings.timeout_s.deadlines(stream=False)
        self._stream: Deadlines = settings.timeout_s.deadlines(stream=True)
        self._road = Road(
            upstream, address(settings.base_url), self._plain, self._stream, self._max_bytes, self._network
        )
        self._rotation = pooled(settings, lambda key: _headers(settings, key))

    async def send(self, attempt: Attempt, prompt: Prompt) -> Reply:
        """Send the prompt; return when the status line said success.

        Raises GatewayError CAPABILITY_MISSING or CredentialsParked before anything is sent, else an UpstreamFault
        that names the position of the credential used.
        """
        if prompt.dialect == passthrough.ID:
            errand = passthrough.errand(prompt)
            return await pass_on(attempt, prompt, errand, self._road, self._rotation, lambda one: one.plain)
        if kept_requests.about(prompt):
            return await self._keep(attempt, prompt)
        route = self._route(prompt, attempt.deployment)
        given, told = (prompt.body, route.told) if route.translated else readable(prompt, attempt.deployment)
        position, headers = self._turn(attempt, prompt, route)
        outgoing = self._outgoing(attempt, prompt.ask, given, route, headers)
        try:
            incoming = await self._upstream.send(outgoing)
            source = await begun(incoming, route.dialect, prompt.ask)
        except UpstreamFault as fault:
            self._rotation.failed(position, attempt.deployment.provider, fault)
            if prompt.pin is not None and prompt.pin.provider:
                fault.another = False  # what it goes on from is only known with this one
            raise
        self._rotation.accepted(position, attempt.deployment.provider, source)
        handed_on = incoming.chosen(HANDED_ON)
        if told:
            handed_on += told
        if route.answers and not prompt.ask.stream:
            handed_on += _kind_of(incoming.header("content-type") or "", route.answers)
        stream = prompt.ask.stream or isinstance(source, PassedAnswer)
        return Reply(attempt, incoming.status, prompt.dialect, stream, source, handed_on, (), str(position))

    async def probe(self, deadlines: Deadlines) -> bool:
        """Ask for its list of models: see ``ports.provider.Probed``."""
        held = self._rotation.at_hand()
        if held is None:
            return False
        return await answers(self._upstream, f"{self._road.base}/models", held.plain, deadlines, self._network)

    async def aclose(self) -> None:
        """Nothing was taken: the upstream client is not ours to close."""

    def _turn(self, attempt: Attempt, prompt: Prompt, route: _Route) -> tuple[int, _Headers]:
        """Whose turn it is; for an answer that goes on from a kept one, the credential that made that."""
        pin = prompt.pin
        if pin is None:
            return self._rotation.take(attempt.credential)
        if self._stores and route.dialect is openai_responses:
            pin.kept_by = attempt.deployment.provider
        return pinned(self._rotation, pin, attempt.credential)

    async def _keep(self, attempt: Attempt, prompt: Prompt) -> Reply:
        """Ask for a file, a batch or a stored response, with the credential that its Pin names.

        A file of lines is rewritten beside the event loop, for it may have 50,000.
        """
        offered, wanted = (self._stores, stored_responses.ABOUT) if prompt.dialect == stored_responses.ABOUT else (
            self._keeps, FILES)  # fmt: skip
        self._demand(prompt.ask.needs if offered else frozenset({wanted}))
        model = attempt.deployment.model
        if len(prompt.body) > ON_LOOP_BYTES:
            errand = await asyncio.to_thread(kept_requests.errand, prompt, model)
        else:
            errand = kept_requests.errand(prompt, model)
        return await pass_on(attempt, prompt, errand, self._road, self._rotation, lambda one: one.plain)

    def _demand(self, needs: frozenset[str]) -> None:
        """Raises GatewayError CAPABILITY_MISSING when something is needed that was never declared."""
        if needs and (missing := sorted(needs - self._capabilities)):
            message = f"This model's provider does not offer: {', '.join(missing)}."
            raise GatewayError("CAPABILITY_MISSING", message, details={"missing": missing})

    def _route(self, prompt: Prompt, deployment: Deployment) -> _Route:
        route = self._routes.get(prompt.dialect)
        if route is None and prompt.operation == embeddings.OPERATION and embeddings.ID in self._routes:
            turned = EmbeddingTranslation(prompt, deployment.model, embeddings.ID)
            return _Route(self._routes[embeddings.ID].url, turned, turned.headers, translated=True)
        if route is None and (prompt.operation != "chat" or openai_chat.ID not in self._routes):
            message = f"This model's provider does not offer {prompt.operation} in the dialect {prompt.dialect}."
            raise GatewayError("CAPABILITY_MISSING", message, details={"missing": [prompt.operation]})
        self._demand(prompt.ask.needs)
        if route is None:
            translated = translation(prompt, codec, deployment.model, deployment.provider)
            return _Route(self._routes[openai_chat.ID].url, translated, translated.headers, translated=True)
        return route

    def _outgoing(self, attempt: Attempt, ask: Ask, given: bytes, route: _Route, headers: _Headers) -> Outgoing:
        body = route.dialect.retarget(given, ask, attempt.deployment.model, self._stream_usage)
        if (self._keeps or self._stores) and not route.form:
            refuse_stored(body)
        sent = headers.stream if ask.stream else headers.plain
        if route.form or route.answers:
            sent = _fitting(sent, body if route.form else None, any_answer=not ask.stream)
        if self._drop and not route.form:
            body = json_text.changed(body, self._drop)
        if self._rename and not route.form:
            body = json_text.renamed(body, self._rename)
        deadlines = self._stream if ask.stream else self._plain
        return Outgoing("POST", route.url, sent, body, deadlines, self._max_bytes, self._network)


class _Headers(NamedTuple):
    """All headers of a request with one credential, made once. Never printed."""

    plain: tuple[tuple[str, str], ...]
    stream: tuple[tuple[str, str], ...]

    def __repr__(self) -> str:
        return "<headers>"


def open(settings: Settings, upstream: Upstream) -> OpenAICompatible:  # noqa: A001 - the name every plug-in has
    """A provider on this host. Raises ValueError for settings that cannot work; the message holds no secret."""
    return OpenAICompatible(settings, upstream)


def _routes(settings: Settings) -> dict[str, _Route]:
    base = address(settings.base_url)
    return {
        dialect.ID: _Route(base + path, dialect, (), dialect in FORMS, dialect.ANSWERS if dialect in NO_JSON else ())
        for dialect, path in PATHS.items()
        if OFFERED_AS.get(dialect, dialect.OPERATION) in settings.operations
    }


def _fitting(headers: Headers, form_body: bytes | None, *, any_answer: bool) -> Headers:
    """The headers for a request that is a form, or whose answer may be no JSON."""
    instead = {"content-type": form.content_type(form_body)} if form_body is not None else {}
    if any_answer:
        instead["accept"] = "*/*"
    return tuple((name, instead.get(name, value)) for name, value in headers)


def _kind_of(told: str, answers: tuple[str, ...]) -> Headers:
    """The content type that an answer is given here: the provider's when it is one that was to be expected.

    Anything else is bytes: what a browser would run must not come from a provider.
    """
    kind = told.strip().lower()
    if kind.partition(";")[0].rstrip() == "application/json":
        return ()
    return (("content-type", told.strip() if kind.startswith(answers) else "application/octet-stream"),)


def _headers(settings: Settings, key: Secret | None) -> _Headers:
    """What is sent with every request; ``headers`` of the settings win over ours, but not over the key."""
    made = {"content-type": "application/json", "user-agent": f"torana/{__version__}"}
    made.update({name.lower(): value for name, value in settings.headers.items()})
    if key is not None:
        name, value = ("authorization", f"Bearer {key.reveal()}") if settings.auth == "bearer" else (
            settings.auth.lower(), key.reveal())  # fmt: skip
        made[name] = value
    for name, value in made.items():
        if not _TOKEN.fullmatch(name) or not _VALUE.fullmatch(value):
            raise ValueError(f"headers: {name[:40]!r} or its value cannot be sent in HTTP")
    plain = {"accept": "application/json", **made}
    stream = {"accept": "text/event-stream", **made}
    return _Headers(tuple(plain.items()), tuple(stream.items()))
