"""LangChain's own standard tests of chat models, unmodified, for each of its clients before each provider's protocol.

What their flags leave out: pictures, documents and sound, which these tests fetch from public web sites, and timing
against recordings.
"""

from __future__ import annotations

from typing import Any, ClassVar

import pytest
from langchain_anthropic import ChatAnthropic
from langchain_core.language_models import BaseChatModel
from langchain_google_genai import ChatGoogleGenerativeAI
from langchain_openai import ChatOpenAI
from langchain_tests.integration_tests import ChatModelIntegrationTests

from tests.e2e.frameworks.upstream_models import UPSTREAM_MODELS
from tests.e2e.gateway import CALLER_KEY, Gateway


@pytest.mark.filterwarnings("ignore::UserWarning")  # LangChain's own, of what its tests ask for
class Standard(ChatModelIntegrationTests):
    """Their tests at a running gateway."""

    __test__ = False
    client: type[BaseChatModel]
    base_path = ""
    model_name = ""
    other_model = ""
    more: ClassVar[dict[str, Any]] = {}
    origin = ""

    @pytest.fixture(autouse=True)
    def _at_the_gateway(self, served: Gateway) -> None:
        type(self).origin = served.origin

    @property
    def chat_model_class(self) -> type[BaseChatModel]:
        return self.client

    @property
    def chat_model_params(self) -> dict[str, Any]:
        return {
            "model": self.model_name,
            "base_url": self.origin + self.base_path,
            "api_key": CALLER_KEY,
            "max_retries": 0,
            **self.more,
        }

    @property
    def model_override_value(self) -> str:
        return self.other_model


class ByOpenAI(Standard):
    """langchain-openai."""

    client = ChatOpenAI
    base_path = "/v1"
    more: ClassVar[dict[str, Any]] = {"stream_usage": True}

    @property
    def supports_json_mode(self) -> bool:
        return True


class ByAnthropic(Standard):
    """langchain-anthropic."""

    client = ChatAnthropic
    supports_anthropic_inputs = True


@pytest.mark.filterwarnings("ignore:Inheritance class AiohttpClientSession:DeprecationWarning")  # google-genai's own
class ByGoogle(Standard):
    """langchain-google-genai, which takes no other model for one call."""

    client = ChatGoogleGenerativeAI
    supports_model_override = False

    @property
    def supports_json_mode(self) -> bool:
        return True


def before(base: type[Standard], provider: str, **facts: Any) -> type[Standard]:
    """The standard tests of one client before one provider."""
    facts |= {"__test__": True, "model_name": f"by-{provider}", "other_model": UPSTREAM_MODELS[provider]}
    return type(f"Test{base.__name__}", (base,), facts)


TestChatOpenAIBeforeOpenAI = before(ByOpenAI, "openai")
TestChatOpenAIBeforeAnthropic = before(ByOpenAI, "anthropic")
TestChatOpenAIBeforeGemini = before(ByOpenAI, "gemini")
# Before OpenAI's chat completions too, not its responses: there aimock's last event does not repeat the wanted format,
# without which LangChain parses nothing, with a gateway between or without.
TestResponsesBeforeOpenAI = before(ByOpenAI, "openai", more={"use_responses_api": True})
TestResponsesBeforeAnthropic = before(ByOpenAI, "anthropic", more={"use_responses_api": True})
TestResponsesBeforeGemini = before(ByOpenAI, "gemini", more={"use_responses_api": True})
TestChatAnthropicBeforeAnthropic = before(ByAnthropic, "anthropic")
TestChatAnthropicBeforeOpenAI = before(ByAnthropic, "openai")
TestChatAnthropicBeforeGemini = before(ByAnthropic, "gemini")
# aimock's Gemini does not say which model answered, and these tests ask for it with the usage.
TestChatGoogleBeforeGemini = before(ByGoogle, "gemini", returns_usage_metadata=False)
TestChatGoogleBeforeOpenAI = before(ByGoogle, "openai")
TestChatGoogleBeforeAnthropic = before(ByGoogle, "anthropic")
