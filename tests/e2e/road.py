"""Where an SDK is pointed at: a base URL, a key, and the mock at the end of it.

``TORANA_E2E_ROAD=direct`` points the SDK tests straight at the mocks, to tell a fault of a mock or of
a test from a fault of the gateway.
"""

from __future__ import annotations

import os
from typing import NamedTuple

import openai
import pytest

from tests.e2e.mocks import Aimock, Llmock

DIRECT = os.environ.get("TORANA_E2E_ROAD") == "direct"
straight = pytest.mark.skipif(DIRECT, reason="about the gateway, which TORANA_E2E_ROAD=direct leaves out")


class Road(NamedTuple):
    """One way from an SDK to a mock."""

    base_url: str
    key: str
    mock: Aimock | Llmock

    @property
    def chat_model(self) -> str:
        """The chat model that leads to this mock."""
        return self.mock.chat_model

    @property
    def embedding_model(self) -> str:
        """The embedding model that leads to this mock."""
        return self.mock.embedding_model

    def client(self, max_retries: int = 0) -> openai.OpenAI:
        """The unmodified Python SDK on this road; close it."""
        return openai.OpenAI(base_url=self.base_url, api_key=self.key, max_retries=max_retries, timeout=20)
