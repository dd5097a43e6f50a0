"""The official SDKs as clients of the fault matrix, and what each answer of the gateway was, byte for byte.

Called by ``faults``.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Any, NamedTuple

import anthropic
import httpx2
import openai
from google import genai
from google.genai import errors as google_errors
from google.genai import types as google

from tests.e2e.gateway import CALLER_KEY

TOGETHER = 24
"""Requests made at one time."""


class Heard(NamedTuple):
    """An answer of the gateway as it came."""

    status: int
    headers: Mapping[str, str]
    body: bytes
    whole: bool
    """Whether its HTTP ended as it should."""


class Said(NamedTuple):
    """What an SDK made of it."""

    text: str
    error: str
    """Class of the exception; empty: none."""
    message: str


class Tap(httpx2.AsyncBaseTransport):
    """Reads every answer to its end, keeps it, and hands it to the SDK."""

    def __init__(self) -> None:
        self._inner = httpx2.AsyncHTTPTransport(verify=False, limits=httpx2.Limits(max_connections=TOGETHER))
        self.heard: dict[str, Heard] = {}

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        answer = await self._inner.handle_async_request(request)
        body, whole = b"", True
        try:
            async for piece in answer.stream:  # type: ignore[union-attr]
                body += piece
        except httpx2.TransportError:
            whole = False
        finally:
            await answer.aclose()
        name = request.headers["x-request-id"]
        assert name not in self.heard, "the SDK asked twice"
        self.heard[name] = Heard(answer.status_code, {k.lower(): v for k, v in answer.headers.items()}, body, whole)
        return httpx2.Response(answer.status_code, headers=answer.headers, content=body, request=request)

    async def aclose(self) -> None:
        await self._inner.aclose()


class Clients:
    """The SDKs, unmodified, told not to repeat by themselves."""

    def __init__(self, origin: str) -> None:
        self.tap = Tap()
        more: Any = {"api_key": CALLER_KEY, "max_retries": 0, "timeout": 60}
        self._openai = openai.AsyncOpenAI(
            base_url=f"{origin}/v1", http_client=httpx2.AsyncClient(transport=self.tap), **more
        )
        self._anthropic = anthropic.AsyncAnthropic(
            base_url=origin, http_client=httpx2.AsyncClient(transport=self.tap), **more
        )
        self._google = genai.Client(
            api_key=CALLER_KEY,
            http_options=google.HttpOptions(
                base_url=origin, timeout=60_000, httpx_async_client=httpx2.AsyncClient(transport=self.tap)
            ),
        ).aio
        self._ask: Mapping[str, Callable[[str, bool, list[str]], Awaitable[None]]] = {
            "chat": self._chat,
            "responses": self._responses,
            "messages": self._messages,
            "generate": self._generate,
        }

    async def ask(self, client: str, name: str, stream: bool) -> Said:
        """Ask for the model of this name, which is the request's too, by chat, responses, messages or generate."""
        seen: list[str] = []
        try:
            await self._ask[client](name, stream, seen)
        except (openai.APIError, anthropic.APIError, google_errors.APIError) as error:
            return Said("".join(seen), type(error).__name__, str(error))
        return Said("".join(seen), "", "")

    async def _chat(self, name: str, stream: bool, seen: list[str]) -> None:
        asked: Any = {"model": name, "messages": [{"role": "user", "content": "hello"}], "stream": stream}
        answer: Any = await self._openai.chat.completions.create(**asked, extra_headers={"X-Request-Id": name})
        if not stream:
            seen.append(answer.choices[0].message.content)
            return
        async for event in answer:
            seen.extend(choice.delta.content or "" for choice in event.choices)

    async def _responses(self, name: str, stream: bool, seen: list[str]) -> None:
        asked: Any = {"model": name, "input": "hello", "stream": stream}
        answer: Any = await self._openai.responses.create(**asked, extra_headers={"X-Request-Id": name})
        if not stream:
            seen.append(answer.output_text)
            return
        async for event in answer:
            if event.type == "response.output_text.delta":
                seen.append(event.delta)

    async def _messages(self, name: str, stream: bool, seen: list[str]) -> None:
        asked: Any = {"model": name, "max_tokens": 50, "messages": [{"role": "user", "content": "hello"}]}
        answer: Any = await self._anthropic.messages.create(
            **asked, stream=stream, extra_headers={"X-Request-Id": name}
        )
        if not stream:
            seen.extend(block.text for block in answer.content)
            return
        async for event in answer:
            if event.type == "content_block_delta":
                seen.append(event.delta.text)

    async def _generate(self, name: str, stream: bool, seen: list[str]) -> None:
        config = google.GenerateContentConfig(http_options=google.HttpOptions(headers={"X-Request-Id": name}))
        asked: Any = {"model": name, "contents": "hello", "config": config}
        if not stream:
            answer = await self._google.models.generate_content(**asked)
            seen.append(answer.text or "")
            return
        async for piece in await self._google.models.generate_content_stream(**asked):
            seen.append(piece.text or "")

    async def aclose(self) -> None:
        """Close the connections."""
        await self._openai.close()
        await self._anthropic.close()
        await self._google.aclose()
