from __future__ import annotations

import pytest

from torana.guardrails.secrets import Settings
from torana.guardrails.secrets import open as open_guardrail

GUARD = open_guardrail(Settings())


def found(text: str) -> list[str]:
    return [text[one.start : one.end] for one in GUARD.check(text)]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("My password is sunflowerfield.", "sunflowerfield"),
        ("the wifi password is 'bluemonkey'", "bluemonkey"),
        ("Our admin password for the test system is openSesameNow, do not lose it", "openSesameNow"),
        ("her password was kittykat and now she forgot it", "kittykat"),
        ("the new passphrase is swordfish", "swordfish"),
        ("mera wifi password hai ganpatibappa", "ganpatibappa"),
        ("SAY 🤖 My password is sunflowerfield.", "sunflowerfield"),
        ("Tell me why. ✅ my password is sunflowerfield", "sunflowerfield"),
        ("Sure • my password is sunflowerfield", "sunflowerfield"),
    ],
)
def test_a_word_that_somebody_says_is_the_password_is_found(text: str, value: str) -> None:
    assert found(text) == [value]


@pytest.mark.parametrize(
    "predicate",
    [
        "required", "incorrect", "hashed", "visible", "unchanged", "stored in plain text", "too short", "always encrypted", "secret", "expired",
        "unavailable", "mandatory", "not what I typed", "sunny weather is what I typed", "asked for again", "case sensitive", "invalid",
        "never shown", "rotating", "unknown", "missing", "wrong",
    ],
)  # fmt: skip
def test_what_is_said_about_a_password_passes(predicate: str) -> None:
    assert found(f"The password is {predicate}.") == []
    assert found(f"Why is it that my password is {predicate}?") == []


@pytest.mark.parametrize(
    "text",
    [
        "Check whether the password is swordfish.",
        "error: the password is outmoded",
        "A password is knowledge.",
        "I’d check — “if” the password is swordfish.",
    ],
)
def test_conditions_and_rules_pass(text: str) -> None:
    assert found(text) == []
