"""Check digits and built-in rules of identifiers.

Whether a number is in use is not known here. Called by the finders of this guardrail.
"""

from __future__ import annotations

from typing import Final

# D5's multiplication and the permutation of ISO 7064's neighbour, J. Verhoeff's code (1969), which Aadhaar uses.
_PRODUCT: Final = (
    "0123456789", "1234067895", "2340178956", "3401289567", "4012395678",
    "5987604321", "6598710432", "7659821043", "8765932104", "9876543210",
)  # fmt: skip
_SHIFT: Final = (
    "0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258",
)  # fmt: skip

# Lengths from the SWIFT IBAN registry.
_IBAN_LENGTH: Final = {
    "AD": 24, "AE": 23, "AL": 28, "AT": 20, "AZ": 28, "BA": 20, "BE": 16, "BG": 22, "BH": 22, "BR": 29, "BY": 28,
    "CH": 21, "CR": 22, "CY": 28, "CZ": 24, "DE": 22, "DK": 18, "DO": 28, "EE": 20, "EG": 29, "ES": 24, "FI": 18,
    "FO": 18, "FR": 27, "GB": 22, "GE": 22, "GI": 23, "GL": 18, "GR": 27, "GT": 28, "HR": 21, "HU": 28, "IE": 22,
    "IL": 23, "IQ": 23, "IS": 26, "IT": 27, "JO": 30, "KW": 30, "KZ": 20, "LB": 28, "LC": 32, "LI": 21, "LT": 20,
    "LU": 20, "LV": 21, "MC": 27, "MD": 24, "ME": 22, "MK": 19, "MR": 27, "MT": 31, "MU": 30, "NL": 18, "NO": 15,
    "PK": 24, "PL": 28, "PS": 29, "PT": 25, "QA": 29, "RO": 24, "RS": 22, "SA": 24, "SC": 31, "SE": 24, "SI": 19,
    "SK": 24, "SM": 27, "ST": 25, "SV": 28, "TL": 23, "TN": 24, "TR": 26, "UA": 29, "VA": 22, "VG": 24, "XK": 20,
}  # fmt: skip

_HOLDERS: Final = frozenset("ABCFGHJLPT")
_STATES: Final = frozenset({*(f"{state:02}" for state in range(1, 39)), "97", "99"})
_BASE_36: Final = "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def luhn(digits: str) -> bool:
    """Whether the digits satisfy ISO/IEC 7812-1; all zeros do not."""
    total = 0
    for place, digit in enumerate(reversed(digits)):
        value = ord(digit) - 48
        if place % 2:
            value = value * 2 - 9 if value > 4 else value * 2
        total += value
    return total > 0 and total % 10 == 0


def verhoeff(digits: str) -> bool:
    """Whether the last digit is Verhoeff's check digit of the others."""
    state = 0
    for place, digit in enumerate(reversed(digits)):
        state = int(_PRODUCT[state][int(_SHIFT[place % 8][int(digit)])])
    return state == 0


def iban(text: str) -> bool:
    """Whether letters and digits without spaces are an IBAN: length of its country, ISO 7064 mod 97-10."""
    text = text.upper()
    if _IBAN_LENGTH.get(text[:2]) != len(text) or not (text.isascii() and text.isalnum() and text[2:4].isdigit()):
        return False
    return int("".join(str(_BASE_36.index(sign)) for sign in text[4:] + text[:4])) % 97 == 1


def iban_length(country: str) -> int:
    """How long an IBAN of the country is; 0 when it has none."""
    return _IBAN_LENGTH.get(country.upper(), 0)


def pan(text: str) -> bool:
    """Whether the fourth letter of a PAN names a kind of holder that exists (Income Tax Department)."""
    return text[3].upper() in _HOLDERS


def gstin_state(text: str) -> bool:
    """Whether a GSTIN begins with the code of a state or territory."""
    return text[:2] in _STATES


def gstin(text: str) -> bool:
    """Whether the last sign of a GSTIN is its check sign (mod 36, GSTN)."""
    total = 0
    for place, sign in enumerate(text[:14].upper()):
        value = _BASE_36.index(sign) * (1 + place % 2)
        total += value // 36 + value % 36
    return _BASE_36[-total % 36] == text[14].upper()
