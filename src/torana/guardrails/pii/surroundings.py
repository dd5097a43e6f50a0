"""Says of words that look like a person's name whether what stands around them makes them a street, a firm, a ship or a place.

It knows words, no addresses. Called by the finder of names.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from torana.guardrails.pii.tagger import Token

_STREETS_TEXT: Final = """
street road avenue ave drive lane ln way square court ct crescent boulevard blvd terrace place crossroad crossroads highway hwy parkway
circle alley row close gardens grove hill hills greens forges squares bridge bridges station stadium park county township airport marg
nagar colony vihar enclave chowk gali bazar bazaar layout extension apartments towers society sector strasse straat gasse platz weg
vagen gatan utca ut utja fejedelem ulice union mall market beach lake river valley island islands mountain mountains cathedral church
temple mosque palace castle fort museum theatre theater library building house hotel
"""
_FIRMS_TEXT: Final = """
inc ltd llc llp corp corporation company co gmbh plc pvt limited sons brothers bros group holdings partners associates industries
systems technologies technology solutions software labs laboratories research investments capital bank financial finance insurance
university college school institute academy hospital clinic foundation trust press publishing records studios media motors airlines
energy pharma pharmaceuticals foods stores consulting ventures networks media services enterprises agency bank's prize award awards
algorithm theorem disease syndrome effect law constant equation
"""
_LEADS_TEXT: Final = """
rua calle via ul ulica avenue av avenida rue paseo plaza piazza corso allee uss usns ins hms fort mount mt lake port san santa puerto
university bank city district county state republic
"""
_STREETS: Final = frozenset(_STREETS_TEXT.split())
_FIRMS: Final = frozenset(_FIRMS_TEXT.split())
_LEADS: Final = frozenset(_LEADS_TEXT.split())
_FOLLOWING: Final = _STREETS | _FIRMS
_ROAD: Final = frozenset({"st", "rd", "str", "u", "apt", "suite"})
_HOUSE_NUMBER: Final = 5
_ADDRESS_REACH: Final = 6


def _key(tokens: Sequence[Token], place: int) -> str:
    return tokens[place].text.lower() if 0 <= place < len(tokens) else ""


def of_no_person(tokens: Sequence[Token], first: int, last: int) -> bool:
    """Whether the words from ``first`` to ``last`` are part of the name of something else. Only their sentence is read ahead."""
    segment = tokens[last].segment
    after = last + 1 if last + 1 < len(tokens) and tokens[last + 1].segment == segment else -1
    following = _key(tokens, after) if after > 0 else ""
    if following in {"&", "and"} and _key(tokens, after + 1) in {"sons", "co", "company", "brothers", "bros"}:
        return True
    leading = _key(tokens, first - 1)
    if (
        following in _FOLLOWING
        or leading in _LEADS
        or (leading == "." and _key(tokens, first - 2) in {"ul", "av", "mt"})
    ):
        return True
    return _in_address(tokens, first, following)


def _in_address(tokens: Sequence[Token], first: int, following: str) -> bool:
    """Whether a house number stands near before, or directly behind, and a word of streets beside it."""
    near = [_key(tokens, place) for place in range(max(0, first - _ADDRESS_REACH), first)]
    numbered = any(word.isdigit() and len(word) <= _HOUSE_NUMBER for word in near)
    if following in _ROAD and numbered:
        return True
    housed = following.isdigit() and len(following) <= _HOUSE_NUMBER - 1
    if housed and (numbered or any(word in _LEADS or word in _STREETS for word in near)):
        return True
    # "98 Apt. 105, ISHAM" and "Suite 541 Montgri": behind the number of a flat comes a place.
    return any(word in {"apt", "suite", "box", "unit"} for word in near) and numbered
