"""Values are told from placeholders, references, words, places and code."""

from __future__ import annotations

import string

import pytest
from hypothesis import given
from hypothesis import strategies as st

from torana.guardrails.secrets.values import entropy, named, password_like, placeholder, random_looking, uuid


@pytest.mark.parametrize(
    "value",
    [
        "your-api-key", "<your key>", "${TOKEN}", "$TOKEN", "$(cat key)", "{{ secret }}", "%(key)s", "xxxxxxxxxxxx", "********",
        "changeme", "EXAMPLEKEY123", "[password]", "os.environ['K']", "process.env.KEY", "getSecret('x')", "INSERT_HERE", "a-fake-key",
        "123456789", "aaaaaaaa", "MY_TOKEN", "#{secret}", "Optional[str]",
    ],
)  # fmt: skip
def test_a_stand_in_is_a_placeholder(value: str) -> None:
    assert placeholder(value)


@pytest.mark.parametrize("value", ["q8Zt4Lm2Xv7Rb1Nc", "tr0ub4dor&3", "9f8b2c71e5d64a03", "hunter2", "p@ss:w0rd"])
def test_a_value_is_no_placeholder(value: str) -> None:
    assert not placeholder(value)


@pytest.mark.parametrize(
    "value",
    ["q8Zt4Lm2Xv7Rb1Nc", "9f8b2c71e5d64a03b1", "k2m-88xq-p0zt-77ab1", "VkdPqJzXwLrTbYmN", "a7f3+Bx9/Qz2kLm8pR=="],
)
def test_what_a_generator_makes_looks_random(value: str) -> None:
    assert random_looking(value)


@pytest.mark.parametrize(
    "value",
    [
        "customer_name", "SalesResults-1.2", "getUserById2", "gpt-4o-mini-2024-07-18", "2026-11-21T10:00:00Z", "https://a.b/c1d2e3f4",
        "X25519.secret_length", "env/cert.p12", "correct-horse-battery", "1234567890123456", "Ed25519PrivateKey", "short1", "",
        "v1.24.3-rc2", "ServerlessV2PlatformVersions", "james@mail.example",
    ],
)  # fmt: skip
def test_names_words_dates_and_places_do_not(value: str) -> None:
    assert not random_looking(value)


@pytest.mark.parametrize("value", ["hunter2", "tr0ub4dor&3", "P@ssword!x", "Summer2026!"])
def test_a_password_mixes_kinds_of_signs(value: str) -> None:
    assert password_like(value)


@pytest.mark.parametrize(
    "value", ["letters", "12345678", "must", "a b1", "12/03/2026", "reset,", "ab1", "user@corp.example"]
)
def test_a_word_or_a_number_is_no_password(value: str) -> None:
    assert not password_like(value)


def test_a_uuid_is_one_whole() -> None:
    assert uuid("743b294a-cd03-11ec-9d64-0242ac120002")
    assert not uuid("743b294a-cd03-11ec-9d64-0242ac120002-us2")


@pytest.mark.parametrize("value", ["1.2.3", "/etc/ssl/key.pem", "C:\\keys", "a.b.c", "config.yaml"])
def test_places_files_and_versions_are_names(value: str) -> None:
    assert named(value)


@given(st.text())
def test_any_value_is_judged(value: str) -> None:
    assert all(isinstance(judged(value), bool) for judged in (placeholder, random_looking, password_like, named, uuid))
    assert 0 <= entropy(value) <= max(len(value), 1).bit_length()


def test_entropy_is_the_bits_that_a_sign_tells() -> None:
    assert entropy("aaaa") == 0
    assert entropy("abab") == 1
    assert entropy(string.hexdigits[:16]) == 4
