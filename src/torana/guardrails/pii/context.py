"""Says what the words before a number announce: a phone, an account, an order and so on.

Only words before count, so that a stream and a whole text are judged alike. Called by the finders of this guardrail.
"""

from __future__ import annotations

import re
from typing import Final

REACH: Final = 48
"""How many signs before a number are read."""

_SAID: Final = {
    "aadhaar": "aadhaar aadhar adhar adhaar aadhaarcard aadharcard uid uidai आधार",
    "pan": "pan पैन",
    "gstin": "gst gstin जीएसटी",
    "iban": "iban",
    "account": "a/c acc acct account accounts khata khaata khate khaate khatae खाता खाते neft rtgs imps beneficiary routing sort",
    "upi": "upi vpa यूपीआई",
    "ssn": "ssn ssns",
    "passport": "passport passports पासपोर्ट",
    "licence": "dl ड्राइविंग",
    "medical": "mrn uhid abha",
    "birth": "dob birth birthday birthdate born janm janam जन्म जन्मतिथि",
    "card": "card cards credit debit atm visa mastercard amex rupay maestro discover cc कार्ड",
    "phone": "mob mobile telephone phone phones ph tel fax cell cellular cellphone call calling called contact whatsapp desk sms"
    " dial ring landline hotline helpline handy reach मोबाइल फोन फ\u093cोन कॉल संपर्क",
    "address": "ip ipv ipaddr src dst addr host unspecified bind listen listening subnet route gateway prefix",
    "other": "order orders pnr utr rrn otp ref reference invoice inv ticket track tracking awb batch log entry trans transaction"
    " txn receipt bill policy case serial sku upc ean isbn issn imei imsi iccid version build pin pincode zip postcode amount rs"
    " inr usd eur booking shipment consignment docket complaint application claim request req session epoch timestamp time job"
    " task process pid port commit revision part model item product crn device error total count bytes rows records lot vehicle"
    " flight seat room page line doc document file form vin hash seed value sum ₹ $ € £ ऑर्डर ओटीपी बिल टिकट लेनदेन संदर्भ",
    # Of these only the number, "employee no. 12", is nobody's own; "the customer 98…" may be a phone.
    "numbered": "student employee emp member user customer client cust message record",
    "patient": "patient hospital health medical",
    "number": "number numbers no nos num nbr id code # नंबर संख्या",
}
_WORDS: Final = {word: kind for kind, words in _SAID.items() for word in words.split()}
_TOKEN: Final = re.compile(r"a/c\b|[a-z]+|[\u0900-\u097f]+|[₹$€£#]")
_OTHERS_REACH: Final = 22
_BREAK: Final = re.compile(r"[.;!?,]\s|\n")
_OWNERS_TEXT: Final = """
my mera meri mere naya new his her your our their ka ki mine s
"""
_OWNERS: Final = frozenset(_OWNERS_TEXT.split())
_QUALITIES: Final = re.compile(
    r"new|old|naya|purana|other|personal|local|[a-z]{2}|[a-z]+(?:ese|ian|ean|ish|eli|man|nal)"
)


def _named(tokens: list[str], place: int, numbered: bool) -> str:
    """What the token at ``place`` announces; ``numbered``: a word such as "number" stands between it and the number."""
    word = tokens[place]
    earlier = tokens[place - 1] if place else ""
    kind = _WORDS.get(word, "")
    if kind == "card" and _WORDS.get(earlier) in {"aadhaar", "pan", "medical", "patient"}:
        kind = "medical" if _WORDS[earlier] == "patient" else _WORDS[earlier]
    elif kind == "patient":
        kind = "medical" if numbered else ""
    elif kind == "numbered":
        kind = ("medical" if _WORDS.get(earlier) == "patient" else "other") if numbered or word == "record" else ""
    elif word in {"security", "insurance"} and earlier == "social":
        kind = "ssn"
    elif word in {"license", "licence", "lic", "permit"} and (numbered or earlier.startswith("driv") or earlier == "s"):
        kind = "licence"
    elif word == "b" and tokens[max(0, place - 2) : place] == ["d", "o"]:
        kind = "birth"
    elif word == "ac" and numbered:
        kind = "account"
    return kind


def _numbering(tokens: list[str], place: int) -> str:
    """What "number" or "id" at ``place`` announces when no other word does: "my number" is a phone, an id something else."""
    word = tokens[place]
    earlier = tokens[max(0, place - 2) : place]
    if earlier and _WORDS.get(earlier[-1]):
        return ""
    if word == "नंबर":
        return "phone"
    if word in {"id", "code", "#"}:
        return "other" if word != "#" else ""
    owned = earlier[-1:] and (earlier[-1] in _OWNERS or (earlier[0] in _OWNERS and _QUALITIES.fullmatch(earlier[-1])))
    return "phone" if owned else ""


def before(text: str, start: int) -> str:
    """What the nearest naming word before ``start`` announces: a name of ``_SAID`` or nothing.

    ``other`` is something that is nobody's own, and reaches less far: not over the end of a clause.
    """
    begin = max(0, start - REACH)
    window = text[begin:start].lower()
    if len(window) != start - begin:  # İ is longer in lower case
        window = text[begin:start]
    matches = list(_TOKEN.finditer(window))
    if matches and begin and matches[0].start() == 0 and text[begin - 1].isalnum():
        del matches[0]
    tokens = [match.group() for match in matches]
    numbered = False
    for place in range(len(tokens) - 1, -1, -1):
        if _WORDS.get(tokens[place]) == "number":
            name, numbered = _numbering(tokens, place), True
        else:
            name, numbered = _named(tokens, place, numbered), False
        if name:
            gap = window[matches[place].end() :] if name == "other" else ""
            # "no." ends no clause.
            return "" if len(gap) > _OTHERS_REACH or _BREAK.search(gap.replace("no. ", "no ")) else name
    return ""
