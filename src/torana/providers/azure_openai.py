"""Azure OpenAI: OpenAI's protocol at an address of one's own, with a key or as an application of Entra ID.

It does not retry, choose or meter. Found by its file name, opened by ``wiring``, used by the line.
"""

from __future__ import annotations

import re
from functools import partial
from types import ModuleType
from typing import Annotated, NamedTuple
from urllib.parse import quote

import msgspec

from torana.core.call import Prompt, Reply
from torana.core.errors import GatewayError
from torana.core.faults import StatusFault, UpstreamFault
from torana.core.secret import Secret
from torana.core.snapshot import Deadlines
from torana.core.tickets import Attempt
from torana.dialects import embeddings, kept_requests, openai_chat, openai_responses, stored_responses
from torana.dialects.codecs import openai_chat as codec
from torana.dialects.embedding_translation import EmbeddingTranslation
from torana.dialects.sealed_bodies import readable
from torana.dialects.stored_ids import refuse_stored
from torana.dialects.translation import Translation, translation
from torana.ports.provider import FromEnvironment, KeyNames
from torana.upstream.answers import begun
from torana.upstream.passing import Road, pass_on, pinned
from torana.upstream.pooled import COMMON, Headers, Pooled, address, in_turn, keyed, mark_of
from torana.upstream.probing import answers
from torana.upstream.reach import Rotation, Timeouts
from torana.upstream.seam import Outgoing, Upstream
from torana.upstream.tokens import Grant, Tokens

ENVIRONMENT = FromEnvironment(
    credentials=(KeyNames({"api_key": "AZURE_OPENAI_API_KEY"}),),
    settings={"base_url": ("AZURE_OPENAI_ENDPOINT",)},
    also={"api_version": "AZURE_OPENAI_API_VERSION"},
    model="AZURE_OPENAI_DEPLOYMENT",
)
PRICED_AS = "azure"
"""Its name in the catalogue of prices."""
PROBES = True
"""It can be asked whether it is there."""
V1 = "/openai/v1"
"""The path of the API that needs no ``api-version`` (learn.microsoft.com, "Azure OpenAI in Foundry Models v1 API")."""
BY_DEPLOYMENT = {openai_chat: "/chat/completions", embeddings: "/embeddings"}
INSTEAD = {openai_chat.OPERATION: openai_chat.ID, embeddings.OPERATION: embeddings.ID}
"""Operation → the dialect that it is translated to, where the caller's is none of these."""
BY_BODY = {openai_responses: "/responses"}
"""Of a dated API: whose deployment stands in the body, not in the path."""
HANDED_ON = {
    b"apim-request-id": "x-upstream-request-id",
    b"x-ratelimit-remaining-requests": "llm_provider-x-ratelimit-remaining-requests",
    b"x-ratelimit-remaining-tokens": "llm_provider-x-ratelimit-remaining-tokens",
}
"""The provider's headers that callers get. All others stay here."""
_VERSION = re.compile(r"\d{4}-\d{2}-\d{2}(-preview)?")
_TENANT = re.compile(r"[A-Za-z0-9.-]+")

bearer = keyed("authorization", "Bearer ")


class AzureCredential(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A key, or an application of Entra ID with its secret."""

    api_key: Secret | None = None
    tenant_id: str = ""
    client_id: str = ""
    client_secret: Secret | None = None
    weight: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to reach one resource. Only ``base_url`` and the credential cannot be guessed."""

    base_url: str
    """The resource's address without a path, e.g. ``https://acme.openai.azure.com``."""
    api_version: str = ""
    """A dated version of the API, e.g. ``2024-10-21``; empty: the v1 API, which has none."""
    api_key: Secret | None = None
    """One key; short for ``credentials`` with one entry."""
    credentials: tuple[AzureCredential, ...] = ()
    needs_key: bool = True
    authority: str = "https://login.microsoftonline.com"
    """Where tokens of Entra ID come from; national clouds have their own."""
    scope: str = "https://cognitiveservices.azure.com/.default"
    """What a token is asked for."""
    operations: tuple[str, ...] = ("chat", "embeddings")
    """``stored_responses`` as well: answers of the responses API that the resource keeps."""
    capabilities: tuple[str, ...] = ("tools", "vision", "audio", "json_schema")
    """What requests may use; anything else is refused before it is sent."""
    stream_usage: bool = True
    """Whether the API version takes ``stream_options.include_usage``: 2024-09 and later ones do."""
    timeout_s: Timeouts = Timeouts()
    network: str = ""
    """Name of a network profile (proxy, custom CA); empty: direct."""
    max_answer_mb: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 64


class _Route(NamedTuple):
    """Before and behind the deployment's name; a path without one is all ``before``."""

    before: str
    behind: str
    dialect: ModuleType

    def url(self, deployment: str) -> str:
        return self.before + quote(deployment, safe="") + self.behind if self.behind else self.before


class AzureOpenAI(Pooled):
    """One opened resource."""

    __slots__ = ("_capabilities", "_max_bytes", "_models", "_plain", "_rotation", "_routes", "_settings", "_stores",
                 "_stream", "_upstream")  # fmt: skip

    def __init__(self, settings: Settings, upstream: Upstream) -> None:
        self._settings = settings
        self._upstream = upstream
        self._routes = _routes(settings)
        self._models = _models(settings)
        self._capabilities = frozenset(settings.capabilities)
        self._stores = stored_responses.ABOUT in settings.operations
        self._max_bytes = settings.max_answer_mb * 1024 * 1024
        self._plain = settings.timeout_s.deadlines(stream=False)
        self._stream = settings.timeout_s.deadlines(stream=True)
        self._rotation = _rotation(settings, upstream)

    async def send(self, attempt: Attempt, prompt: Prompt) -> Reply:
        """Send the prompt; return when the status line said success.

        Raises GatewayError CAPABILITY_MISSING or CredentialsParked before anything is sent, else an UpstreamFault
        that names the position of the credential used. A refusal by Azure's content filter is a StatusFault with
        its body as it came.
        """
        if kept_requests.about(prompt):
            return await self._keep(attempt, prompt)
        route = self._route(prompt)
        deployment = attempt.deployment.model
        translated = _translated(attempt, prompt) if prompt.dialect != route.dialect.ID else None
        dialect: ModuleType | Translation | EmbeddingTranslation = translated or route.dialect
        given, told = (prompt.body, translated.headers) if translated else readable(prompt, attempt.deployment)
        body = dialect.retarget(given, prompt.ask, deployment, self._settings.stream_usage)
        if self._stores:
            refuse_stored(body)
        position, credential = self._turn(attempt, prompt, route)
        token: Secret | None = None
        try:
            if isinstance(credential, Tokens):
                token = await credential.current()
                headers = bearer(token)
            else:
                headers = credential
            incoming = await self._upstream.send(
                self._outgoing(route.url(deployment), headers, body, prompt.ask.stream)
            )
            source = await begun(incoming, dialect, prompt.ask)
        except UpstreamFault as fault:
            _heed(credential, token, fault)
            self._rotation.failed(position, attempt.deployment.provider, fault)
            if prompt.pin is not None and prompt.pin.provider:
                fault.another = False  # what it goes on from is only known with this one
            raise
        self._rotation.accepted(position, attempt.deployment.provider, source, partial(_heed, credential, token))
        handed = incoming.chosen(HANDED_ON) + told
        return Reply(attempt, incoming.status, prompt.dialect, prompt.ask.stream, source, handed, (), str(position))

    async def probe(self, deadlines: Deadlines) -> bool:
        """Ask for its list of models: see ``ports.provider.Probed``. An application whose token is refused asks nobody."""
        held = self._rotation.at_hand()
        if held is None:
            return False
        try:
            headers = bearer(await held.current()) if isinstance(held, Tokens) else held
        except StatusFault:
            return False
        return await answers(self._upstream, self._models, headers, deadlines, self._settings.network)

    async def aclose(self) -> None:
        """Nothing was taken: the upstream client is not ours to close."""

    def _turn(self, attempt: Attempt, prompt: Prompt, route: _Route) -> tuple[int, Headers | Tokens]:
        """Whose turn it is; for an answer that goes on from a kept one, the credential that made that."""
        pin = prompt.pin
        if pin is None:
            return self._rotation.take(attempt.credential)
        if self._stores and prompt.dialect == route.dialect.ID == openai_responses.ID:
            pin.kept_by = attempt.deployment.provider
        return pinned(self._rotation, pin, attempt.credential)

    async def _keep(self, attempt: Attempt, prompt: Prompt) -> Reply:
        """Ask for a stored response, with the credential that its Pin names. Raises as ``send`` does."""
        if not self._stores or prompt.dialect != stored_responses.ABOUT:
            message = "This provider does not keep that."
            raise GatewayError("CAPABILITY_MISSING", message, details={"missing": [prompt.operation]})
        settings = self._settings
        errand = kept_requests.errand(prompt, attempt.deployment.model)
        base = f"{_base(settings)}{V1}"
        if settings.api_version:
            base = f"{_base(settings)}/openai"
            joint = "&" if "?" in errand.path else "?"
            errand = errand._replace(path=f"{errand.path}{joint}api-version={settings.api_version}")
        used: list[tuple[Tokens, Secret]] = []

        async def dress(credential: Headers | Tokens) -> Headers:
            if not isinstance(credential, Tokens):
                return credential
            used.append((credential, await credential.current()))
            return bearer(used[-1][1])

        road = Road(self._upstream, base, self._plain, self._stream, self._max_bytes, settings.network)
        try:
            return await pass_on(attempt, prompt, errand, road, self._rotation, dress)
        except UpstreamFault as fault:
            for credential, token in used:
                _heed(credential, token, fault)
            raise

    def _outgoing(self, url: str, headers: Headers, body: bytes, stream: bool) -> Outgoing:
        accept = ("accept", "text/event-stream" if stream else "application/json")
        deadlines = self._stream if stream else self._plain
        return Outgoing("POST", url, (accept, *headers), body, deadlines, self._max_bytes, self._settings.network)

    def _route(self, prompt: Prompt) -> _Route:
        route = self._routes.get(prompt.dialect)
        if route is None and prompt.operation in INSTEAD:
            route = self._routes.get(INSTEAD[prompt.operation])
        if route is None:
            message = f"This model's provider does not offer {prompt.operation} in the dialect {prompt.dialect}."
            raise GatewayError("CAPABILITY_MISSING", message, details={"missing": [prompt.operation]})
        missing = sorted(prompt.ask.needs - self._capabilities)
        if missing:
            message = f"This model's provider does not offer: {', '.join(missing)}."
            raise GatewayError("CAPABILITY_MISSING", message, details={"missing": missing})
        return route


def _translated(attempt: Attempt, prompt: Prompt) -> Translation | EmbeddingTranslation:
    deployment = attempt.deployment
    if prompt.operation == embeddings.OPERATION:
        return EmbeddingTranslation(prompt, deployment.model, embeddings.ID)
    return translation(prompt, codec, deployment.model, deployment.provider)


def open(settings: Settings, upstream: Upstream) -> AzureOpenAI:  # noqa: A001 - the name every plug-in has
    """The provider. Raises ValueError for settings that cannot work; the message holds no secret."""
    return AzureOpenAI(settings, upstream)


def _heed(credential: Headers | Tokens, token: Secret | None, fault: UpstreamFault) -> None:
    """A token that was refused is used no more."""
    if token is not None and isinstance(credential, Tokens) and isinstance(fault, StatusFault) and fault.status == 401:
        credential.forget(token)


def _base(settings: Settings) -> str:
    return address(settings.base_url).removesuffix(V1).removesuffix("/openai")


def _models(settings: Settings) -> str:
    """Where the resource lists its models (learn.microsoft.com, "Models - List")."""
    version = settings.api_version
    return f"{_base(settings)}/openai/models?api-version={version}" if version else f"{_base(settings)}{V1}/models"


def _routes(settings: Settings) -> dict[str, _Route]:
    base = _base(settings)
    version = settings.api_version
    if version and not _VERSION.fullmatch(version):
        raise ValueError("api_version: expected a date such as 2024-10-21, or nothing for the v1 API")
    made: dict[str, _Route] = {}
    for dialect, path in (BY_DEPLOYMENT | BY_BODY).items():
        if dialect.OPERATION not in settings.operations:
            continue
        if not version:
            made[dialect.ID] = _Route(f"{base}{V1}{path}", "", dialect)
        elif dialect in BY_BODY:
            made[dialect.ID] = _Route(f"{base}/openai{path}?api-version={version}", "", dialect)
        else:
            made[dialect.ID] = _Route(f"{base}/openai/deployments/", f"{path}?api-version={version}", dialect)
    return made


def _rotation(settings: Settings, upstream: Upstream) -> Rotation[Headers | Tokens]:
    pool = [one for one in settings.credentials if one.api_key or one.client_secret]
    if settings.api_key:
        pool.append(AzureCredential(api_key=settings.api_key))
    made = [(_credential(one, settings, upstream), one.weight) for one in pool]
    wanted = "an api_key, or tenant_id, client_id and client_secret"
    turns = in_turn(made, lambda: COMMON, needed=wanted if settings.needs_key else "")
    if pool:
        turns.marks = tuple(_mark(one) for one in pool)
    return turns


def _mark(one: AzureCredential) -> str:
    """A key is known again by itself, an application by its name: its secret is exchanged from time to time."""
    return mark_of(one.api_key or Secret(f"{one.tenant_id}/{one.client_id}"))


def _credential(one: AzureCredential, settings: Settings, upstream: Upstream) -> Headers | Tokens:
    """What is sent with a credential; for an application of Entra ID where its tokens come from."""
    if one.api_key:
        if one.client_secret:
            raise ValueError("credentials: an entry has an api_key or a client_secret, not both")
        key = one.api_key.reveal()
        if not key.isascii() or not key.isprintable() or key != key.strip():
            raise ValueError("credentials: the api_key cannot be sent in HTTP")
        return keyed("api-key")(one.api_key)
    if not one.client_secret or not one.client_id or not _TENANT.fullmatch(one.tenant_id):
        raise ValueError("credentials: a client_secret needs a tenant_id and a client_id")
    form = {
        "grant_type": Secret("client_credentials"), "client_id": Secret(one.client_id),
        "client_secret": one.client_secret, "scope": Secret(settings.scope),
    }  # fmt: skip
    url = f"{address(settings.authority, 'authority')}/{one.tenant_id}/oauth2/v2.0/token"
    return Tokens(Grant(url, tuple(form.items()), settings.network), upstream)
