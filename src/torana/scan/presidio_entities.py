"""What Presidio calls the kinds of personal data that we find.

It finds nothing. Read by the guardrails that ask Presidio, in process or by HTTP.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from torana.ports.guardrail import Finding

ENTITIES: Mapping[str, tuple[str, ...]] = {
    "person": ("PERSON",),
    "location": ("LOCATION",),
    "email": ("EMAIL_ADDRESS",),
    "phone": ("PHONE_NUMBER",),
    "credit_card": ("CREDIT_CARD",),
    "iban": ("IBAN_CODE",),
    "bank_account": ("US_BANK_NUMBER",),
    "ip": ("IP_ADDRESS",),
    "mac": ("MAC_ADDRESS",),
    "ssn": ("US_SSN",),
    "aadhaar": ("IN_AADHAAR",),
    "pan": ("IN_PAN",),
    "gstin": ("IN_GSTIN",),
    "voter_id": ("IN_VOTER",),
    "vehicle": ("IN_VEHICLE_REGISTRATION",),
    "passport": ("IN_PASSPORT", "US_PASSPORT", "UK_PASSPORT"),
    "driving_licence": ("US_DRIVER_LICENSE", "UK_DRIVING_LICENCE"),
    "medical_record": ("UK_NHS", "US_MBI"),
    "crypto_wallet": ("CRYPTO",),
}
"""Kind → names of entities; names as Presidio 2.2 has them."""

KINDS: Mapping[str, str] = {entity: kind for kind, entities in ENTITIES.items() for entity in entities}
USUAL = (
    "person", "email", "phone", "credit_card", "iban", "ip", "mac", "ssn", "aadhaar", "pan", "gstin", "voter_id",
)  # fmt: skip
"""The kinds looked for unless the settings say otherwise: those that are rarely anything else."""


def unknown(kinds: Iterable[str]) -> str | None:
    """The first kind that Presidio has no entity for."""
    return next((kind for kind in kinds if kind not in ENTITIES), None)


def apart(findings: Iterable[Finding]) -> list[Finding]:
    """Of findings that overlap the longest (then the surest): Presidio also finds a URL in an e-mail address, and the like."""
    kept: list[Finding] = []
    for one in sorted(findings, key=lambda one: (one.start - one.end, -one.score, one.start, one.kind)):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    return sorted(kept, key=lambda one: one.start)
