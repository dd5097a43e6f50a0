"""The reference page: written from the code, and the committed one is that."""

from __future__ import annotations

from pathlib import Path

from tests.unit.wiring.offer import OFFER
from torana.wiring.environment_names import NAMES
from torana.wiring.find import available
from torana.wiring.settings_page import page

ROOT = Path(__file__).parents[3]


def test_the_committed_page_is_what_the_code_says() -> None:
    committed = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    assert committed == page(available()), "run: torana config reference > docs/configuration.md"


def test_every_environment_name_has_a_row() -> None:
    text = page(OFFER)
    assert [one.name for one in NAMES if f"| `{one.name}` |" not in text] == []


def test_settings_of_plug_ins_are_listed_once_for_all_kinds_that_share_them() -> None:
    text = page(OFFER)
    assert "### Providers of the kinds `hosted`, `rented`" in text
    assert "### Provider of the kind `echo`" in text
    assert "### Guardrail of the kind `keywords`" in text
    assert "| rented | `RENTED_KEY` |" in text
