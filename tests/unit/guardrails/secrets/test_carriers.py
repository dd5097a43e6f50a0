"""Credentials are found in headers, command lines, addresses and armour, and only they. All values are made up here."""

from __future__ import annotations

import pytest

from torana.guardrails.secrets.carriers import LONGEST_KEY
from torana.guardrails.secrets.contexts import Contexts, load
from torana.scan.one_byte import one_byte

BODY = "\n".join(["MIIEowIBAAKCAQEAvT2kq8Zt4Lm2Xv7Rb1Nc5Kd9wJ3eYs6HfGpUaBoD1iRl"] * 3)


@pytest.fixture(scope="module")
def contexts() -> Contexts:
    return load(())


def found(contexts: Contexts, text: str) -> set[str]:
    return {text[one.start : one.end] for one in contexts.find(text, one_byte(text))}


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("Authorization: Bearer 9f8b2c71e5d64a03b1c7", "bearer_token"),
        ("Authorization: 743b294a-cd03-11ec-9d64-0242ac120002", "bearer_token"),
        ("Authorization: Basic YWRtaW46dHIwdWI0ZG9yMw==", "basic_credentials"),
        ("curl -u admin:tr0ub4dor3 https://a", "password"),
        ("curl -u k9xq27vt: https://a", "basic_credentials"),
        ("mysql://app:tr0ub4dor3@db.internal/x", "connection_password"),
        ("PuTTY-User-Key-File-2: ssh-rsa", "private_key"),
    ],
)
def test_each_carrier_has_its_kind(contexts: Contexts, text: str, kind: str) -> None:
    assert kind in {one.kind for one in contexts.find(text, one_byte(text))}


@pytest.mark.parametrize(
    "text",
    [
        "Authorization: Basic bm90IGEgcGFpcg==", "Authorization: Bearer ${TOKEN}", "public-token: 9f8b2c71e5d64a03b1c7", "curl -u admin https://a",
        "curl -u admin:admin https://a", "https://user:pass@example.com/", "redis://:password@localhost", "https://a.example:8443/@team",
    ],
)  # fmt: skip
def test_placeholders_and_what_carries_nothing_pass(contexts: Contexts, text: str) -> None:
    assert not found(contexts, text)


@pytest.mark.parametrize(
    "armour", ["RSA PRIVATE KEY", "PRIVATE KEY", "OPENSSH PRIVATE KEY", "PGP PRIVATE KEY BLOCK", "EC PRIVATE KEY"]
)
def test_a_private_key_is_found_from_its_first_line_to_its_last(contexts: Contexts, armour: str) -> None:
    key = f"-----BEGIN {armour}-----\n{BODY}\n-----END {armour}-----"
    assert found(contexts, f"see:\n{key}\nthanks") == {key}
    assert found(contexts, f"see {key.replace(chr(10), chr(92) + 'n')}") == {key.replace("\n", "\\n")}


def test_a_private_key_without_an_end_is_found_as_far_as_it_is_looked_at(contexts: Contexts) -> None:
    (found_,) = found(contexts, "-----BEGIN PRIVATE KEY-----" + "A1b2" * LONGEST_KEY)
    assert len(found_) == LONGEST_KEY + len("-----BEGIN PRIVATE KEY-----")


@pytest.mark.parametrize(
    "text",
    [
        "-----BEGIN PUBLIC KEY-----\nabc",
        "-----BEGIN PRIVATE KEY-----\n...\n-----END PRIVATE KEY-----",
        "-----BEGIN PRIVATE KEY-----,-----END PRIVATE KEY-----",
    ],
)
def test_other_armour_and_examples_are_no_private_key(contexts: Contexts, text: str) -> None:
    assert not found(contexts, text)
