from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.secret import Secret
from torana.ports.guardrail import Finding
from torana.records.masking import DEEPEST, PLAIN, Mask

hint, masked, masked_text = PLAIN.hint, PLAIN.value, PLAIN.text

SECRETS = [
    "sk-torana-Ab3dEf6hIj9kLm2n",
    "sk-proj-abcdefghijklmnop",
    "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiJhIn0.c2lnbmF0dXJlLW9mLWp3dA",
    "ghp_abcdefghijklmnopqrstuvwxyz0123456789",
    "AKIAABCDEFGHIJKLMNOP",
    "AIzaSyAbcdefghijklmnopqrstuvwxyz0123456",
]


@pytest.mark.parametrize("secret", SECRETS)
@pytest.mark.parametrize("around", ["{}", "key={} rest", "Authorization: Bearer {}", '{{"a":"{}"}}'])
def test_no_secret_is_left_in_any_text(secret: str, around: str) -> None:
    line = masked_text(around.format(secret))
    assert secret not in line
    assert "sha256:" in line


def test_words_that_only_look_a_little_like_secrets_stay() -> None:
    text = "risk-adjusted task-force, eye contact, bearer of news, akia"
    assert masked_text(text) == text


def test_a_password_in_a_url_is_masked_and_the_rest_of_it_stays() -> None:
    assert masked_text("postgresql://torana:hunter2@db/x") == f"postgresql://torana:{hint('hunter2')}@db/x"


@pytest.mark.parametrize(
    "name", ["authorization", "X-API-Key", "api_key", "password", "db.password", "refresh_token", "cookie"]
)
def test_any_text_under_a_telling_name_is_masked(name: str) -> None:
    assert masked({name: "plain words"}) == {name: hint("plain words")}


def test_numbers_under_a_telling_name_stay() -> None:
    assert masked({"input_tokens": 12, "max_tokens": 5}) == {"input_tokens": 12, "max_tokens": 5}


def test_masking_goes_into_lists_mappings_secrets_and_foreign_objects() -> None:
    class Foreign:
        def __repr__(self) -> str:
            return "<Foreign sk-abcdefghijkl>"

    seen = str(
        masked({"a": [{"b": ("sk-abcdefghijkl", Secret("open sesame"))}], "c": Foreign(), "d": b"sk-abcdefghijkl"})
    )
    assert "sk-abcdefghijkl" not in seen
    assert "sesame" not in seen
    assert Secret("open sesame").hint() in seen


def test_structures_without_end_do_not_hang() -> None:
    endless: list[object] = []
    endless.append(endless)
    assert "<list>" in str(masked(endless))
    assert str(masked(endless)).count("[") == DEEPEST


@given(st.text())
def test_any_text_can_be_masked(text: str) -> None:
    assert isinstance(masked_text(text), str)


def asha(text: str) -> list[Finding]:
    """Finds one name, and one number where a word before it tells."""
    found = [Finding("person", text.index("Asha"), text.index("Asha") + 4)] if "Asha" in text else []
    if "phone" in text and "98765" in text:
        found.append(Finding("phone", text.index("98765"), text.index("98765") + 5))
    return found


MASK = Mask(b"k" * 32, asha)


def test_what_the_engine_finds_is_replaced_by_its_kind_and_a_keyed_hash() -> None:
    line = MASK.text("refused: Asha is no tenant")
    assert line.startswith("refused: <person:")
    assert line.endswith("> is no tenant")
    assert line == MASK.text("refused: Asha is no tenant")
    assert line != Mask(b"j" * 32, asha).text("refused: Asha is no tenant")


def test_the_engine_looks_into_lists_mappings_and_their_names() -> None:
    seen = str(MASK.value({"Asha": [("x", {"y": "by Asha"})]}))
    assert "Asha" not in seen
    assert seen.count("<person:") == 2


def test_a_field_s_name_is_context_and_stays() -> None:
    assert str(MASK.value({"phone": "98765"})).startswith("{'phone': '<phone:")
    assert MASK.value({"order": "98765"}) == {"order": "98765"}
    assert MASK.text("is here", "of Asha") == "is here"


def test_findings_that_overlap_leave_nothing_of_either() -> None:
    both = Mask(b"k" * 32, lambda text: [Finding("a", 2, 6), Finding("b", 4, 8), Finding("c", 3, 5)])
    assert both.text("0123456789").startswith("01<a:")
    assert both.text("0123456789").endswith(">89")
    assert both.text("0123456789").count("<") == 2


def test_what_the_engine_masked_in_an_address_is_not_masked_again() -> None:
    engine = Mask(b"k" * 32, lambda text: [Finding("connection_password", 11, 18)])
    assert engine.text("pg://u.app:hunter2@db") == f"pg://u.app:<connection_password:{engine.hint('hunter2')[5:]}>@db"


def test_with_a_key_hashes_of_tokens_are_keyed() -> None:
    keyed, plain = MASK.text("sk-abcdefghijkl"), masked_text("sk-abcdefghijkl")
    assert keyed.startswith("hmac:")
    assert keyed[5:] != plain[7:]
