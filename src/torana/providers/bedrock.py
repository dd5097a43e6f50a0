"""Amazon Bedrock through its Converse API: the address of a model, the signature or key, the errors by their names.

Every chat-like dialect reaches it by translation. It does not retry, choose or meter. Found by its file name, opened by
``wiring``, used by the line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated

import msgspec

from torana.core.call import Prompt, Reply
from torana.core.clock import Clock, SystemClock
from torana.core.faults import StatusFault, UpstreamFault
from torana.core.secret import Secret
from torana.core.tickets import Attempt
from torana.dialects.codecs import bedrock_converse
from torana.dialects.codecs.bedrock_converse_errors import status_of
from torana.dialects.translation import Translation, translation
from torana.ports.provider import FromEnvironment, KeyNames
from torana.upstream.answers import PassedAnswer, StreamedAnswer, WholeAnswer, begun
from torana.upstream.pooled import Pooled, address, in_turn
from torana.upstream.reach import Rotation, Timeouts
from torana.upstream.seam import Incoming, Outgoing, Upstream
from torana.upstream.sigv4 import Identity, Signer, segment

ENVIRONMENT = FromEnvironment(
    credentials=(
        KeyNames({"api_key": "AWS_BEARER_TOKEN_BEDROCK"}),
        KeyNames(
            {"aws_access_key_id": "AWS_ACCESS_KEY_ID", "aws_secret_access_key": "AWS_SECRET_ACCESS_KEY"},
            {"aws_session_token": "AWS_SESSION_TOKEN"},
        ),
    ),
    settings={"region": ("AWS_REGION", "AWS_DEFAULT_REGION")},
)
"""In the order of Amazon's own SDKs."""
PRICED_AS = "aws"
"""Its name in the catalogue of prices."""
SERVICE = "bedrock"
"""The name under which requests are signed; the address says ``bedrock-runtime``."""
HANDED_ON = {b"x-amzn-requestid": "x-upstream-request-id"}
"""The provider's headers that callers get."""
_REGION = re.compile(r"[a-z]{2,4}(-[a-z]+)+-\d+")
_IN_ADDRESS = re.compile(r"//bedrock-runtime(?:-fips)?\.(?P<region>[a-z0-9-]+)\.")

Headers = Sequence[tuple[str, str]]
_TYPED = (("content-type", "application/json"),)


class AwsCredential(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One credential of a pool: an access key with its secret, or an API key of Bedrock."""

    api_key: Secret | None = None
    """An API key of Bedrock (``AWS_BEARER_TOKEN_BEDROCK``), sent as it is instead of a signature."""
    aws_access_key_id: Secret | None = None
    aws_secret_access_key: Secret | None = None
    aws_session_token: Secret | None = None
    """Of temporary credentials. They are not renewed: an expired one is refused and parked."""
    weight: Annotated[int, msgspec.Meta(ge=1, le=100)] = 1


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to reach it. Everything but the region and the credential has a default."""

    region: str = ""
    """The AWS region, such as ``eu-west-1``; empty: read off ``base_url``."""
    base_url: str = ""
    """The address up to and without ``/model``; empty: ``https://bedrock-runtime.{region}.amazonaws.com``."""
    api_key: Secret | None = None
    """One API key of Bedrock; short for ``credentials`` with one entry."""
    credentials: tuple[AwsCredential, ...] = ()
    needs_key: bool = True
    timeout_s: Timeouts = Timeouts()
    network: str = ""
    """Name of a network profile (proxy, custom CA); empty: direct."""
    max_answer_mb: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 64


class Bearer:
    """An API key: the same headers for every request."""

    __slots__ = ("_headers",)

    def __init__(self, key: Secret | None) -> None:
        self._headers = (("authorization", f"Bearer {key.reveal()}"),) if key else ()

    def sign(self, method: str, url: str, headers: Headers, body: bytes, now: float) -> Headers:
        """The headers to add."""
        return self._headers


class Bedrock(Pooled):
    """The opened provider."""

    __slots__ = ("_base", "_clock", "_max_bytes", "_plain", "_rotation", "_settings", "_stream", "_upstream")

    def __init__(self, settings: Settings, upstream: Upstream, clock: Clock) -> None:
        region, self._base = _where(settings)
        self._settings = settings
        self._upstream = upstream
        self._clock = clock
        self._max_bytes = settings.max_answer_mb * 1024 * 1024
        self._plain = settings.timeout_s.deadlines(stream=False)
        self._stream = settings.timeout_s.deadlines(stream=True)
        self._rotation = _rotation(settings, region)

    async def send(self, attempt: Attempt, prompt: Prompt) -> Reply:
        """Send the prompt; return when the status line said success.

        Raises GatewayError CAPABILITY_MISSING for what cannot be translated, else an UpstreamFault that names the
        position of the credential used.
        """
        model = attempt.deployment.model
        translated = translation(prompt, bedrock_converse, model, attempt.deployment.provider)
        position, credential = self._rotation.take(attempt.credential)
        outgoing = self._outgoing(credential, translated.body, model, prompt.ask.stream)
        try:
            incoming = await self._upstream.send(outgoing)
            source = await _begun(incoming, translated, prompt)
        except UpstreamFault as fault:
            self._rotation.failed(position, attempt.deployment.provider, fault)
            raise
        self._rotation.accepted(position, attempt.deployment.provider, source)
        handed = incoming.chosen(HANDED_ON) + translated.headers
        return Reply(attempt, incoming.status, prompt.dialect, prompt.ask.stream, source, handed, (), str(position))

    async def aclose(self) -> None:
        """Nothing was taken: the upstream client is not ours to close."""

    def _outgoing(self, credential: Signer | Bearer, body: bytes, model: str, stream: bool) -> Outgoing:
        operation = "converse-stream" if stream else "converse"
        url = f"{self._base}/model/{segment(model)}/{operation}"
        accept = bedrock_converse.STREAM_TYPE if stream else "application/json"
        signed = credential.sign("POST", url, _TYPED, body, self._clock.now())
        # A list: the clients keep the judged bytes of a tuple, and a signature is never sent twice.
        headers = [("accept", accept), ("user-agent", "torana"), *_TYPED, *signed]
        deadlines = self._stream if stream else self._plain
        return Outgoing("POST", url, headers, body, deadlines, self._max_bytes, self._settings.network)


def open(settings: Settings, upstream: Upstream) -> Bedrock:  # noqa: A001 - the name every plug-in has
    """The provider. Raises ValueError for settings that cannot work; the message holds no secret."""
    return Bedrock(settings, upstream, SystemClock())


async def _begun(
    incoming: Incoming, translated: Translation, prompt: Prompt
) -> StreamedAnswer | WholeAnswer | PassedAnswer:
    """The chunks of the answer. An error's own name says more than its status does."""
    kind = incoming.header("x-amzn-errortype") or ""
    try:
        return await begun(incoming, translated, prompt.ask)
    except StatusFault as fault:
        if not 200 <= incoming.status < 300:
            fault.status = status_of(kind, fault.body, fault.status)
        raise


def _where(settings: Settings) -> tuple[str, str]:
    """The region and the address."""
    base = address(settings.base_url) if settings.base_url else ""
    found = _IN_ADDRESS.search(base)
    region = settings.region or (found["region"] if found else "")
    signs = any(one.aws_access_key_id for one in settings.credentials)
    if not _REGION.fullmatch(region) and (region or signs or not base):
        raise ValueError("region: expected the name of an AWS region, such as eu-west-1")
    domain = "amazonaws.com.cn" if region.startswith("cn-") else "amazonaws.com"
    return region, base or f"https://bedrock-runtime.{region}.{domain}"


def _rotation(settings: Settings, region: str) -> Rotation[Signer | Bearer]:
    made: list[tuple[Signer | Bearer, int]] = []
    for index, one in enumerate(settings.credentials):
        key, secret = one.aws_access_key_id, one.aws_secret_access_key
        if bool(key) != bool(secret) or bool(key) == bool(one.api_key):
            told = "expected aws_access_key_id with aws_secret_access_key, or api_key"
            raise ValueError(f"credentials[{index}]: {told}")
        if key and secret:
            made.append((Signer(Identity(key, secret, one.aws_session_token), region, SERVICE), one.weight))
        else:
            made.append((Bearer(one.api_key), one.weight))
    if settings.api_key:
        made.append((Bearer(settings.api_key), 1))
    wanted = "an access key with its secret, or an api_key"
    return in_turn(made, lambda: Bearer(None), needed=wanted if settings.needs_key else "")
