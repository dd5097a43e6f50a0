"""Finds personal data: numbers and identifiers by shape, check digit and context; names of persons on request.

It asks nobody and keeps nothing. Run by the guard room.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Final, Literal

import msgspec

from torana.guardrails.pii.names import Names
from torana.guardrails.pii.structured import KINDS, Structured, merge
from torana.ports.guardrail import Finding, Guardrail, Where

SIDES = ("input", "output")
PRICE_CLASS = "instant"
MODES = ("block", "redact", "mask", "tokenise", "flag", "shadow")

SCORED: Final[Mapping[str, str]] = {
    "person": "PERSON", "email": "EMAIL", "phone": "PHONE", "credit_card": "CREDIT_CARD", "iban": "IBAN",
    "bank_account": "BANK_ACCOUNT", "ifsc": "IFSC", "upi": "UPI", "ssn": "US_SSN", "aadhaar": "AADHAAR", "pan": "PAN",
    "gstin": "GSTIN", "ip": "IP",
}  # fmt: skip
"""The type that published tests give to each kind they count."""

Kind = Literal[
    "email", "phone", "ssn", "credit_card", "iban", "bank_account", "ifsc", "upi", "aadhaar", "pan", "gstin", "passport",
    "driving_licence", "ip", "mac", "date_of_birth", "medical_record", "address",
]  # fmt: skip

_NOWHERE: Final = Where()


class Settings(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What to look for."""

    kinds: tuple[Kind, ...] = ()
    """The kinds with a shape to look for; empty: all of them."""
    threshold: Annotated[float, msgspec.Meta(ge=0.0, le=1.0)] = 0.5
    """How sure a finding with a shape must be."""
    names: bool = False
    """Look for names of persons too. It costs milliseconds instead of microseconds."""
    names_threshold: Annotated[float, msgspec.Meta(gt=0.0, lt=1.0)] = 0.8
    """How sure a name must be; of a name of several words, one of them."""


SAMPLE = Settings()
MUST_CATCH = (
    "Write to asha.rao@example.org today.", "https://shop.example/?mail=asha.rao%40example.org&lang=en", "mail me: a+b@mail.example.co.in", "pay kirana.store7@okaxis please",
    "UPI: meera@fam", "call +91 98765 43210", "mera number 9876501234 hai", "phone (415) 555-0132 x77", "fax: 0341 8387176",
    "reach me at +44 20 7946 0958", "SSN 536-22-8145", "card 4111 1111 1111 1111", "amex 3782 822463 10005",
    "IBAN DE89 3704 0044 0532 0130 00", "GB82WEST12345698765432", "a/c no. 50100234567891 at the bank", "IFSC HDFC0001234",
    "aadhaar 2345 6789 0124", "मेरा आधार नंबर 234567890124 है", "PAN ABCPE1234F", "GSTIN 27ABCPE1234F1Z5", "passport no. K1234567",
    "driving licence DL 14 2011 0149646", "from 203.0.113.9 to 2001:db8::8a2e:370:7334", "mac 00:1B:44:11:3A:B7",
    "DOB: 12/03/1990", "born on 12 March 1990", "MRN: 84-22913",
    "ship to 221 Baker Street, Apt 4, Springfield, IL 62704", "Flat 12, Lake View Apartments, Pune - 411001",
)  # fmt: skip
MUST_PASS = (
    "", "Order no. 6932411313 was shipped.", "OTP 638389, txn 436013925395.", "version 1.2.3.4 of it", "at 12:34:56 std::cout",
    "The room holds 1,250 people in 2027.", "npm install left-pad@1.3.0", "icon@2x.png", "4111 1111 1111 1112 is no number",
    "The committee meets on Monday.", "a color of #ff00aa", "invoice INV-2026-808556 of 12/03/2024",
)  # fmt: skip


def price_class(settings: Settings) -> str:
    """What these settings cost: names are no part of the one pass."""
    return "slow" if settings.names else PRICE_CLASS


class Pii:
    """The chosen kinds."""

    __slots__ = ("_names", "_structured", "triggers")

    def __init__(self, settings: Settings) -> None:
        self._structured = Structured(settings.kinds or KINDS, settings.threshold)
        self._names = Names(settings.names_threshold) if settings.names else None
        self.triggers: Sequence[str] | None = None if settings.names else self._structured.triggers

    def check(self, text: str, where: Where = _NOWHERE) -> Sequence[Finding]:
        """Everything personal in the text."""
        found = self._structured.check(text)
        if self._names is None:
            return found
        # What has a shape is no name, however sure the tagger is.
        return merge(found, self._names.check(text))

    def tail(self, text: str) -> int:
        """Where an unfinished finding may begin."""
        tail = self._structured.tail(text)
        return tail if self._names is None else min(tail, self._names.tail(text))


def open(settings: Settings) -> Guardrail:  # noqa: A001 - the name that every plug-in has
    """The guardrail for these settings."""
    return Pii(settings)
