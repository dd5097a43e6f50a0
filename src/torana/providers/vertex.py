"""Google's Vertex AI: Gemini and Claude under one project, as a service account. Other dialects come translated.

It does not retry, choose or meter, and leaves words to its dialects. Found by its file name, opened by ``wiring``, used
by the line.
"""

from __future__ import annotations

import re
from functools import partial
from pathlib import Path
from typing import Annotated, NamedTuple
from urllib.parse import quote

import msgspec

from torana.core.call import Prompt, Reply
from torana.core.clock import Clock, SystemClock
from torana.core.errors import GatewayError
from torana.core.faults import StatusFault, UpstreamFault
from torana.core.secret import Secret
from torana.core.snapshot import Deployment
from torana.core.tickets import Attempt
from torana.dialects import (
    anthropic_count_tokens,
    anthropic_messages,
    gemini_content,
    gemini_count_tokens,
    json_text,
)
from torana.dialects.codecs import anthropic_messages as claude
from torana.dialects.codecs import gemini
from torana.dialects.gemini_errors import mean
from torana.dialects.sealed_bodies import readable
from torana.dialects.strict import refuse_lost
from torana.dialects.translation import translation
from torana.ports.dialect import UpstreamSide
from torana.upstream.answers import begun
from torana.upstream.assertions import Assertions, service_account
from torana.upstream.pooled import COMMON, Headers, Pooled, address, in_turn
from torana.upstream.reach import Rotation, Timeouts
from torana.upstream.seam import Outgoing, Upstream
from torana.upstream.tokens import Grant, Tokens

PRICED_AS = "google"
"""Its name in the catalogue of prices."""
SCOPE = "https://www.googleapis.com/auth/cloud-platform"
CLAUDE_VERSION = b'"vertex-2023-10-16"'
"""``anthropic_version`` of every body: platform.claude.com, "Claude on Vertex AI"."""
COUNTING = "count-tokens"
"""The name in the address under which Claude counts tokens; the model's own stands in the body."""
HANDED_ON = {b"request-id": "x-upstream-request-id"}
"""The provider's headers that callers get."""
_PROJECT = re.compile(r"[a-z0-9][a-z0-9.:-]{2,62}")
_LOCATION = re.compile(r"[a-z]+(?:-[a-z]+)*\d{0,2}")
_BETA = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,63}")


class VertexCredential(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One credential of a pool: a service account, or an access token as it is."""

    service_account: Secret | None = None
    """The text of a service account's key file (JSON), such as ``${GOOGLE_SERVICE_ACCOUNT}``."""
    service_account_file: str = ""
    """The path of a key file, read once."""
    access_token: Secret | None = None
    """Not renewed: for trying out (``gcloud auth print-access-token``)."""
    weight: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to reach it. Everything but the credential has a default."""

    project: str = ""
    """The project's id; empty: the service account's own."""
    location: str = "global"
    """``global``, a region such as ``europe-west1``, or ``us`` or ``eu``."""
    base_url: str = ""
    """The address up to and without ``/projects``; empty: Google's for the location."""
    credentials: tuple[VertexCredential, ...] = ()
    needs_key: bool = True
    betas: tuple[str, ...] = ()
    """Beta features of Claude that callers may ask for (``anthropic-beta``); ``*`` for any. Others are dropped and named."""
    timeout_s: Timeouts = Timeouts()
    network: str = ""
    """Name of a network profile (proxy, custom CA), for tokens too; empty: direct."""
    max_answer_mb: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 64


class _Account(NamedTuple):
    """A credential and the project it is used in. Never printed."""

    tokens: Tokens | None
    fixed: Secret | None
    project: str


class _Said(NamedTuple):
    """What goes out: path behind ``/publishers``, body, who reads the answer, what the caller is told."""

    path: str
    body: bytes
    dialect: UpstreamSide
    told: Headers = ()
    headers: Headers = ()


class Vertex(Pooled):
    """The opened provider."""

    __slots__ = ("_base", "_max_bytes", "_plain", "_rotation", "_settings", "_stream", "_upstream")

    def __init__(self, settings: Settings, upstream: Upstream, clock: Clock) -> None:
        self._base = _base(settings)
        self._settings = settings
        self._upstream = upstream
        self._max_bytes = settings.max_answer_mb * 1024 * 1024
        self._plain = settings.timeout_s.deadlines(stream=False)
        self._stream = settings.timeout_s.deadlines(stream=True)
        self._rotation = _rotation(settings, upstream, clock)

    async def send(self, attempt: Attempt, prompt: Prompt) -> Reply:
        """Send the prompt; return when the status line said success.

        Raises GatewayError CAPABILITY_MISSING for what cannot be translated, else an UpstreamFault that names the
        position of the credential used.
        """
        stream = prompt.ask.stream
        said = self._said(prompt, attempt.deployment)
        position, account = self._rotation.take(attempt.credential)
        token: Secret | None = None
        try:
            token = await account.tokens.current() if account.tokens is not None else account.fixed
            incoming = await self._upstream.send(self._outgoing(said, account.project, token, stream))
            source = await begun(incoming, said.dialect, prompt.ask)
        except UpstreamFault as fault:
            _heed(account, token, fault)
            self._rotation.failed(position, attempt.deployment.provider, fault)
            raise
        self._rotation.accepted(position, attempt.deployment.provider, source, partial(_heed, account, token))
        handed = incoming.chosen(HANDED_ON) + said.told
        return Reply(attempt, incoming.status, prompt.dialect, stream, source, handed, (), str(position))

    async def aclose(self) -> None:
        """Nothing was taken: the upstream client is not ours to close."""

    def _outgoing(self, said: _Said, project: str, token: Secret | None, stream: bool) -> Outgoing:
        url = f"{self._base}/projects/{project}/locations/{self._settings.location}/publishers/{said.path}"
        accept = ("accept", "text/event-stream" if stream else "application/json")
        bearer = (("authorization", f"Bearer {token.reveal()}"),) if token is not None else ()
        deadlines = self._stream if stream else self._plain
        # A list: the clients keep the judged bytes of a tuple, and a token is not sent for long.
        headers = [accept, *COMMON, *said.headers, *bearer]
        return Outgoing("POST", url, headers, said.body, deadlines, self._max_bytes, self._settings.network)

    def _said(self, prompt: Prompt, deployment: Deployment) -> _Said:
        publisher, model = _model(deployment.model)
        stream = prompt.ask.stream
        if publisher == "anthropic":
            return self._claude(prompt, model, deployment)
        if publisher != "google":
            message = f"This gateway does not speak to models of {publisher} on Vertex AI."
            raise GatewayError("CAPABILITY_MISSING", message, details={"missing": [prompt.operation]})
        path = f"google/models/{quote(model, safe='')}"
        if prompt.dialect == gemini_count_tokens.ID:
            return _Said(f"{path}:countTokens", gemini_count_tokens.unwrapped(prompt.body), gemini_count_tokens)
        path += ":streamGenerateContent?alt=sse" if stream else ":generateContent"
        if prompt.dialect == gemini_content.ID:
            given, told = readable(prompt, deployment)
            return _Said(path, gemini_content.retarget(given, prompt.ask, model, True), gemini_content, told)
        words = translation(prompt, gemini, model, deployment.provider)
        return _Said(path, words.body, words, words.headers)

    def _claude(self, prompt: Prompt, model: str, deployment: Deployment) -> _Said:
        """Claude's own bodies, but for the model, which stands in the address, and the version, which does not."""
        path = f"anthropic/models/{quote(model, safe='@')}"
        changes: dict[str, bytes | None] = {"model": None, "anthropic_version": CLAUDE_VERSION}
        if prompt.dialect == anthropic_count_tokens.ID:
            changes["model"] = msgspec.json.encode(model)
            body = json_text.changed(prompt.body, changes)
            return _Said(f"anthropic/models/{COUNTING}:rawPredict", body, anthropic_count_tokens)
        path += ":streamRawPredict" if prompt.ask.stream else ":rawPredict"
        if prompt.dialect == anthropic_messages.ID:
            headers, told = self._betas(prompt)
            body, unread = readable(prompt, deployment)
            return _Said(path, json_text.changed(body, changes), anthropic_messages, told + unread, headers)
        words = translation(prompt, claude, model, deployment.provider)
        return _Said(path, json_text.changed(words.body, changes), words, words.headers)

    def _betas(self, prompt: Prompt) -> tuple[Headers, Headers]:
        """The header of betas that go on, and what the caller is told of the others."""
        asked = [
            part.strip() for name, value in prompt.carried if name == "anthropic-beta" for part in value.split(",")
        ]
        betas: list[str] = []
        left_out: list[str] = []
        for beta in filter(None, asked):
            allowed = "*" in self._settings.betas or beta in self._settings.betas
            (betas if allowed and _BETA.fullmatch(beta) else left_out).append(beta)
        refuse_lost(prompt, [f"anthropic-beta {beta[:64]}" for beta in left_out])
        dropped = ", ".join(f"anthropic-beta {beta[:64]}" for beta in left_out)
        sent = (("anthropic-beta", ",".join(betas)),) if betas else ()
        return sent, (("x-torana-dropped", dropped),) if dropped else ()


def open(settings: Settings, upstream: Upstream) -> Vertex:  # noqa: A001 - the name every plug-in has
    """The provider. Raises ValueError for settings that cannot work; the message holds no secret."""
    return Vertex(settings, upstream, SystemClock())


def _heed(account: _Account, token: Secret | None, fault: UpstreamFault) -> None:
    """Google's words are taken as they are meant; a token that was refused is used no more."""
    mean(fault)
    if token is not None and account.tokens is not None and isinstance(fault, StatusFault) and fault.status == 401:
        account.tokens.forget(token)


def _model(name: str) -> tuple[str, str]:
    """Publisher and model of a deployment's model: ``gemini-…``, ``claude-…`` or ``publisher/model``."""
    parts = [part for part in name.split("/") if part not in ("publishers", "models")]
    if len(parts) > 1:
        return parts[0], parts[-1]
    return ("anthropic" if name.startswith("claude") else "google"), name


def _base(settings: Settings) -> str:
    """The address for the location: cloud.google.com, "Vertex AI locations"."""
    place = settings.location
    if not _LOCATION.fullmatch(place):
        raise ValueError("location: expected global, or a region such as europe-west1")
    if settings.base_url:
        return address(settings.base_url)
    if place == "global":
        return "https://aiplatform.googleapis.com/v1"
    if place in ("us", "eu"):
        return f"https://aiplatform.{place}.rep.googleapis.com/v1"
    return f"https://{place}-aiplatform.googleapis.com/v1"


def _rotation(settings: Settings, upstream: Upstream, clock: Clock) -> Rotation[_Account]:
    pool = [one for one in settings.credentials if one.service_account or one.service_account_file or one.access_token]
    made = [(_account(one, settings, upstream, clock), one.weight) for one in pool]
    wanted = "a service_account, a service_account_file or an access_token"
    bare = _Account(None, None, settings.project)
    return in_turn(made, lambda: _known(bare), needed=wanted if settings.needs_key else "")


def _account(one: VertexCredential, settings: Settings, upstream: Upstream, clock: Clock) -> _Account:
    given = (one.service_account, one.service_account_file, one.access_token)
    if sum(bool(each) for each in given) != 1:
        raise ValueError("credentials: an entry has a service_account, a service_account_file or an access_token")
    if one.access_token:
        return _known(_Account(None, one.access_token, settings.project))
    account = service_account(one.service_account or _file(one.service_account_file))
    assertions = Assertions(account, SCOPE, clock)
    tokens = Tokens(Grant(account.token_uri, assertions.form, settings.network), upstream)
    return _known(_Account(tokens, None, settings.project or account.project_id))


def _file(path: str) -> Secret:
    try:
        return Secret(Path(path).expanduser().read_text("utf-8"))
    except (OSError, ValueError) as fault:  # ValueError: no UTF-8; its words would show the bytes
        told = fault.strerror if isinstance(fault, OSError) else "no text"
        raise ValueError(f"service_account_file: cannot be read: {told}") from None


def _known(account: _Account) -> _Account:
    if not _PROJECT.fullmatch(account.project):
        raise ValueError("project: expected the id of a project, such as acme-ai")
    return account
