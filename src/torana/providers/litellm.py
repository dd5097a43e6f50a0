"""Any model that the package ``litellm`` can call, where no provider of ours speaks its host's protocol.

The package is an optional extra, loaded when such a provider is opened. It opens its own connections: no network profile,
no pool and no bound of ours holds there, but for the deadlines. Found by its file name, opened by ``wiring``, used by the
line.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Mapping, Sequence
from importlib import import_module
from types import ModuleType
from typing import Annotated, Any, TypeVar

import msgspec

from torana.core.call import Prompt, Reply
from torana.core.errors import GatewayError
from torana.core.faults import (
    AnswerTooLarge,
    ConnectionBroken,
    FirstTokenTimeout,
    IdleTimeout,
    StatusFault,
    TotalTimeout,
    UpstreamFault,
)
from torana.core.secret import Secret
from torana.core.snapshot import Deadlines
from torana.core.tickets import Attempt
from torana.dialects import openai_chat
from torana.dialects.codecs import openai_chat as codec
from torana.dialects.strict import refuse_lost
from torana.dialects.translation import Translation, translation
from torana.upstream.answers import begun, retry_after_s
from torana.upstream.extras import Load, loaded
from torana.upstream.pooled import Pooled, pooled
from torana.upstream.reach import Credential, Timeouts

EXTRA = "litellm"
TAKEN = frozenset({
    "audio", "frequency_penalty", "function_call", "functions", "logit_bias", "logprobs", "max_completion_tokens",
    "max_tokens", "messages", "modalities", "n", "parallel_tool_calls", "prediction", "presence_penalty",
    "reasoning_effort", "response_format", "seed", "service_tier", "stop", "stream", "stream_options", "temperature",
    "tool_choice", "tools", "top_logprobs", "top_p", "user", "verbosity", "web_search_options",
})  # fmt: skip
"""Members of a body that go on. Any other would be an argument of the package: ``api_base`` and ``api_key`` are two."""
NO_MCP = "_skip_mcp_handler"
"""Its argument for leaving tools to the caller. Without it every request with tools loads the package's own proxy, which
fails unless its extra ``mcp`` is installed, and a tool of the type ``mcp`` would be run in this process."""
OURS = frozenset({
    "model", "stream", "messages", "api_key", "api_base", "timeout", "num_retries", "max_retries", NO_MCP,
})  # fmt: skip
"""Arguments that ``options`` cannot set."""
CLOSE_S = 5.0
"""How long the package has to close a stream."""
_members = msgspec.json.Decoder(dict[str, Any]).decode
T = TypeVar("T")


class Settings(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How to reach it. Nothing must be given: what is not, the package looks for in the environment."""

    base_url: str = ""
    """``api_base`` of every call; empty: the package's own for the model."""
    api_key: Secret | None = None
    """One key; short for ``credentials`` with one entry."""
    credentials: tuple[Credential, ...] = ()
    needs_key: bool = False
    options: dict[str, str | int | float | bool] = {}
    """Further arguments of every call, such as ``api_version`` or ``drop_params``. No place for secrets: they are shown."""
    capabilities: tuple[str, ...] = ("tools", "vision", "audio", "json_schema")
    """What requests may use; anything else is refused before it is sent."""
    timeout_s: Timeouts = Timeouts()
    max_answer_mb: Annotated[int, msgspec.Meta(ge=1, le=1024)] = 64


class LiteLLM(Pooled):
    """The opened provider."""

    __slots__ = ("_capabilities", "_max_bytes", "_plain", "_rotation", "_settings", "_stream", "_there")

    def __init__(self, settings: Settings, load: Load = import_module) -> None:
        """``load``: what imports the package. Raises ValueError when it is not installed."""
        if wrong := sorted(settings.options.keys() & OURS):
            raise ValueError(f"options: {wrong[0]} has a place of its own")
        self._there = loaded("litellm", EXTRA, load)
        self._there.telemetry = False
        self._there.suppress_debug_info = True  # it would print advice on every failure
        self._settings = settings
        self._capabilities = frozenset(settings.capabilities)
        self._max_bytes = settings.max_answer_mb * 1024 * 1024
        self._plain = settings.timeout_s.deadlines(stream=False)
        self._stream = settings.timeout_s.deadlines(stream=True)
        self._rotation = pooled(settings, lambda key: key)

    async def send(self, attempt: Attempt, prompt: Prompt) -> Reply:
        """Call the package; return when it has begun to answer.

        Raises GatewayError CAPABILITY_MISSING before anything is sent, else an UpstreamFault that names the position
        of the credential used.
        """
        stream = prompt.ask.stream
        model = attempt.deployment.model
        words = self._words(prompt, model, attempt.deployment.provider)
        body = _members(words.retarget(prompt.body, prompt.ask, model, True))
        lost = () if isinstance(words, Translation) else _lost(body)
        refuse_lost(prompt, lost)
        position, key = self._rotation.take(attempt.credential)
        deadlines = self._stream if stream else self._plain
        answer = _Answer(deadlines, self._max_bytes, key, stream=stream)
        try:
            await answer.begin(self._there.acompletion(**self._arguments(body, model, key, deadlines)))
            source = await begun(answer, words, prompt.ask)
        except UpstreamFault as fault:
            self._rotation.failed(position, attempt.deployment.provider, fault)
            raise
        self._rotation.accepted(position, attempt.deployment.provider, source)
        told = words.headers if isinstance(words, Translation) else _told(lost)
        return Reply(attempt, 200, prompt.dialect, stream, source, told, (), str(position))

    async def aclose(self) -> None:
        """Nothing was taken: the package keeps its connections to itself."""

    def _words(self, prompt: Prompt, model: str, provider: str) -> ModuleType | Translation:
        missing = sorted(prompt.ask.needs - self._capabilities)
        if missing:
            message = f"This model's provider does not offer: {', '.join(missing)}."
            raise GatewayError("CAPABILITY_MISSING", message, details={"missing": missing})
        return openai_chat if prompt.dialect == openai_chat.ID else translation(prompt, codec, model, provider)

    def _arguments(
        self, body: Mapping[str, Any], model: str, key: Secret | None, deadlines: Deadlines
    ) -> dict[str, Any]:
        given = {name: value for name, value in body.items() if name in TAKEN and value is not None}
        given.update(self._settings.options)
        given.update(model=model, timeout=deadlines.total_s, num_retries=0, max_retries=0)
        given[NO_MCP] = True
        if key is not None:
            given["api_key"] = key.reveal()
        if self._settings.base_url:
            given["api_base"] = self._settings.base_url
        return given


class _Answer:
    """What the package answers, as ``upstream.seam.Incoming``: its chunks as the events they once were."""

    __slots__ = ("_begun", "_deadlines", "_given", "_key", "_left", "_stream", "_until")

    status = 200

    def __init__(self, deadlines: Deadlines, max_bytes: int, key: Secret | None, *, stream: bool) -> None:
        self._deadlines = deadlines
        self._left = max_bytes
        self._key = key
        self._stream = stream
        self._given: Any = None
        self._begun = False
        self._until = asyncio.get_running_loop().time() + deadlines.total_s

    async def begin(self, call: Awaitable[Any]) -> None:
        """Make the call. Raises an UpstreamFault for whatever the package raises."""
        self._given = await self._timed(call)

    def header(self, name: str) -> str | None:
        """Its content type; there are no others."""
        kind = "text/event-stream" if self._stream else "application/json"
        return kind if name == "content-type" else None

    def chosen(self, names: Mapping[bytes, str]) -> tuple[tuple[str, str], ...]:
        """None: the package does not say them for every host."""
        return ()

    async def read(self) -> bytes:
        """A whole answer. Raises AnswerTooLarge."""
        return self._counted(_json(self._given))

    async def pieces(self) -> AsyncIterator[bytes]:
        """The events of a stream, and the one that ends it. Raises an UpstreamFault for whatever the package raises."""
        chunks = aiter(self._given)
        while (chunk := await self._timed(anext(chunks, None))) is not None:
            self._begun = True
            yield self._counted(b"data: " + _json(chunk) + b"\n\n")
        yield b"data: [DONE]\n\n"

    async def aclose(self) -> None:
        """Give it up. The package closes its connection, as far as it knows how to for the host."""
        close = getattr(self._given, "aclose", None)
        if self._stream and close is not None:
            self._given = None
            self._until = asyncio.get_running_loop().time() + CLOSE_S
            try:
                await self._timed(close())
            except UpstreamFault:
                pass  # the answer is over, whatever becomes of its connection

    async def _timed(self, step: Awaitable[T]) -> T:
        """One step within its deadline. Raises FirstTokenTimeout, IdleTimeout or TotalTimeout, else what it means."""
        now = asyncio.get_running_loop().time()
        allowed = self._deadlines.idle_s if self._begun else self._deadlines.first_token_s
        left = self._until - now
        try:
            async with asyncio.timeout(max(0.0, min(allowed, left))):
                return await step
        except TimeoutError:
            late = TotalTimeout if left <= allowed else IdleTimeout if self._begun else FirstTokenTimeout
            raise late() from None
        except Exception as fault:  # noqa: BLE001 - it raises what its hosts' clients raise: all of it is a failed try
            raise _meant(fault, self._key) from None

    def _counted(self, data: bytes) -> bytes:
        self._left -= len(data)
        if self._left < 0:
            raise AnswerTooLarge
        return data


def open(settings: Settings, upstream: object) -> LiteLLM:  # noqa: A001 - the name every plug-in has
    """The provider. Raises ValueError for settings that cannot work, and when the package is not installed."""
    return LiteLLM(settings)


def _json(answer: Any) -> bytes:
    text: str = answer.model_dump_json(exclude_none=True)
    return text.encode()


def _lost(body: Mapping[str, Any]) -> Sequence[str]:
    """Members of the body that the package does not take."""
    return sorted(name[:64] for name in body.keys() - TAKEN - {"model"})


def _told(lost: Sequence[str]) -> tuple[tuple[str, str], ...]:
    return (("x-torana-dropped", ", ".join(lost)),) if lost else ()


def _meant(fault: Exception, key: Secret | None) -> UpstreamFault:
    """The fault for what the package raised: by its name and ``status_code`` (docs.litellm.ai, "Exception Mapping").

    Its message may be passed on to the caller, without the key.
    """
    kind = type(fault).__name__
    status = getattr(fault, "status_code", None)
    if kind == "Timeout":
        return FirstTokenTimeout()
    if kind == "APIConnectionError" or not isinstance(status, int) or not 400 <= status < 600:
        return ConnectionBroken(f"litellm raised {kind}", sent=True)  # its word for everything it has no other for
    said = str(getattr(fault, "message", "") or fault)
    if key:
        said = said.replace(key.reveal(), "***")
    error = {"message": said, "type": kind, "code": CODES.get(kind, kind)}
    headers = getattr(getattr(fault, "response", None), "headers", None) or {}
    hint = retry_after_s(headers.get)
    return StatusFault(status, msgspec.json.encode({"error": error}), retry_after_s=hint, dialect=openai_chat.ID)


CODES = {
    "ContextWindowExceededError": "context_length_exceeded",
    "ContentPolicyViolationError": "content_policy_violation",
}
"""Names of its exceptions → OpenAI's code, by which the line knows them."""
