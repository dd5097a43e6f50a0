from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.core.secret import Secret
from torana.records.masking import DEEPEST, hint, masked, masked_text

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
