from __future__ import annotations

import pytest

from torana.guardrails.pii import checksums


@pytest.mark.parametrize("digits", ["4111111111111111", "378282246310005", "6011111111111117"])
def test_a_card_satisfies_luhn_and_with_a_digit_changed_does_not(digits: str) -> None:
    assert checksums.luhn(digits)
    assert not checksums.luhn(digits[:-1] + str((int(digits[-1]) + 1) % 10))


def test_zeros_are_no_card() -> None:
    assert not checksums.luhn("0" * 16)


def test_two_digits_that_changed_places_are_noticed_by_verhoeff() -> None:
    assert checksums.verhoeff("234567890124")
    assert not checksums.verhoeff("243567890124")


@pytest.mark.parametrize("text", ["DE89370400440532013000", "GB82WEST12345698765432", "no9386011117947"])
def test_an_iban_has_its_countrys_length_and_check_digits(text: str) -> None:
    assert checksums.iban(text)
    assert not checksums.iban(text[:-1])
    assert not checksums.iban(text[:-1] + ("0" if text[-1] != "0" else "1"))


def test_a_country_without_ibans_has_none() -> None:
    assert not checksums.iban("US89370400440532013000")
    assert checksums.iban_length("us") == 0
    assert checksums.iban_length("de") == 22


def test_the_fourth_letter_of_a_pan_names_a_kind_of_holder() -> None:
    assert checksums.pan("ABCPE1234F")
    assert not checksums.pan("ABCDE1234F")


def test_a_gstin_names_a_state_and_has_a_check_sign() -> None:
    assert checksums.gstin_state("27ABCPE1234F1Z5")
    assert not checksums.gstin_state("00ABCPE1234F1Z5")
    assert sum(checksums.gstin(f"27AAPFU0939F1Z{sign}") for sign in "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ") == 1
    assert checksums.gstin("27AAPFU0939F1ZV")
