from __future__ import annotations

import base64
import hashlib
import random
import string

import pytest

from torana.guardrails.secrets.bare import Bare, generated
from torana.scan.one_byte import one_byte

KEY = "9Kq" + "T4vZ1mW8xR2bL7pN3cJ6sH0dF5gY"


def found(text: str, prefixes: tuple[str, ...] = ("glpat-",)) -> list[str]:
    return [text[one.start : one.end] for one in Bare(prefixes).find(text, one_byte(text))]


@pytest.mark.parametrize(
    "text", ["use {} please", "{}", '("{}")', "here you are:\n{}\n", "the new one is {}.", "a, `{}`, b", "ключ {}"]
)
def test_a_generated_value_is_found_by_itself(text: str) -> None:
    assert found(text.format(KEY)) == [KEY]


@pytest.mark.parametrize(
    "text",
    [
        "commit {}", "sha256 {}", "integrity {}", "its id is {}", "etag: {}", "wallet address {}", "public key {}", 'x = "{}"',
        '{{"cursor": "{}"}}', "https://host.corp.internal/d/{}", "https://host.corp.internal/?q={}", "the base64 data {}",
    ],
)  # fmt: skip
def test_what_is_random_and_public_passes(text: str) -> None:
    assert found(text.format(KEY)) == []


@pytest.mark.parametrize(
    "value",
    [
        "43fc912ef59a83054ea7f6706df4d53a7dea4d80", "3f2b8c1e-9d4a-4c7b-8e2f-1a6d5c9b0e7f", "getUserAccountByEmailAddressAndPassword2",
        "internationalization-of-documents", "AbstractSingletonProxyFactoryBeanV2Impl", "usr/local/lib/python3/Site1/packages",
        "x" * 40, "CamelCase2WithSomeNumbersInBetween", "2026-03-01T12-30-15Z-build-0042-amd64",
    ],
)  # fmt: skip
def test_what_people_and_hash_functions_write_passes(value: str) -> None:
    assert not generated(value)


def test_encoded_text_passes() -> None:
    words = b"The committee meets on Monday at 9, room B2; please bring the 3 forms."
    assert not generated(base64.b64encode(words).decode())
    assert not generated(base64.urlsafe_b64encode(words).decode())


def test_nearly_every_generated_value_is_found() -> None:
    dice = random.Random(4)
    made = ["".join(dice.choices(string.ascii_letters + string.digits, k=40)) for _ in range(500)]
    assert sum(map(generated, made)) >= 475


def test_no_digest_in_hexadecimal_is_found() -> None:
    assert not any(generated(hashlib.sha256(b"%d" % number).hexdigest()) for number in range(500))


def test_of_what_an_issuer_s_shape_decides_nothing_is_said() -> None:
    assert found(f"glpat-{KEY}") == []
    assert found(f"AIza{KEY}") == []
