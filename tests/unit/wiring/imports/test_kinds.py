"""Words of other gateways and the kinds they mean, as far as this version has them."""

from __future__ import annotations

import pytest

from tests.unit.wiring.imports.offer import KINDS
from torana.wiring.imports.kinds import Kind, Unknown, kind_by_model, kind_of, words


@pytest.mark.parametrize(
    ("gateway", "word", "elsewhere", "kind"),
    [
        ("litellm", "openai", False, "openai"), ("litellm", "openai", True, "openai_compatible"),
        ("litellm", "hosted_vllm", True, "vllm"), ("litellm", "groq", True, "groq"),
        ("portkey", "mistral-ai", False, "mistral"),
    ],
)  # fmt: skip
def test_a_word_means_a_kind(gateway: str, word: str, elsewhere: bool, kind: str) -> None:
    found = kind_of(gateway, word, KINDS, elsewhere=elsewhere)
    assert isinstance(found, Kind)
    assert found.name == kind


def test_a_kind_that_is_not_here_is_named() -> None:
    assert kind_of("litellm", "azure", KINDS, elsewhere=True) == Unknown("azure_openai")
    assert kind_of("portkey", "new-one", KINDS, elsewhere=False) == Unknown("new_one")


def test_a_model_without_a_word_goes_where_its_name_is_served() -> None:
    found = kind_by_model("gpt-5", KINDS)
    assert isinstance(found, Kind)
    assert (found.name, found.secret, found.needs_key, found.credential_needed) == (
        "openai", "OPENAI_API_KEY", True, frozenset({"api_key"}),
    )  # fmt: skip
    assert kind_by_model("claude-x", KINDS) == Unknown("")


@pytest.mark.parametrize("gateway", ["litellm", "portkey"])
def test_every_word_names_its_kinds(gateway: str) -> None:
    for word, said in words(gateway).items():
        assert set(said) <= {"kinds", "elsewhere", "path"}, word
        assert said["kinds"]
