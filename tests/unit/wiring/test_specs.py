"""What is opened: providers that can be called, guardrails with their mode."""

from __future__ import annotations

from pathlib import Path

from tests.unit.wiring.offer import Hosted, Keywords, read, written
from torana.wiring.specs import guardrail_specs, provider_specs

TEXT = """
providers:
  - {id: full, kind: rented, credentials: [{api_key: k}], timeout_s: {connect: 1}}
  - {id: bare, kind: rented, credentials: [{api_key: "${NONE:-}"}]}
  - {id: echo, kind: echo}
guardrails:
  - {id: words, kind: keywords, words: [falcon], mode: flag}
"""


def test_a_provider_comes_with_its_plug_in_s_settings_over_those_of_the_catalogue(tmp_path: Path) -> None:
    specs = provider_specs(read(written(tmp_path, TEXT)).settings)
    full = specs[0]
    assert isinstance(full.settings, Hosted)
    assert (full.id, full.kind, full.settings.base_url) == ("full", "rented", "https://rented.example/v1")
    assert full.settings.timeout_s.connect == 1.0


def test_a_provider_without_the_key_it_needs_is_not_opened(tmp_path: Path) -> None:
    assert [one.id for one in provider_specs(read(written(tmp_path, TEXT)).settings)] == ["full", "echo"]


def test_a_guardrail_comes_with_kind_mode_and_settings(tmp_path: Path) -> None:
    (words,) = guardrail_specs(read(written(tmp_path, TEXT)).settings)
    assert (words.id, words.kind, words.mode, words.side) == ("words", "keywords", "flag", "both")
    assert words.settings == Keywords(words=("falcon",))
