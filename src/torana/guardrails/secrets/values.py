"""Decides whether a piece of text could be a secret's value: neither a placeholder nor code nor words.

It does not look at what stands around it. Called by ``issuers`` and ``contexts``.
"""

from __future__ import annotations

import math
import re
from collections import Counter

_STAND_IN = re.compile(
    r"""example|sample|dummy|placeholder|redacted|masked|removed|changeme|change[-_ ]?me|replace[-_ ]?me|todo|fixme
    |(?:^|[-_ <\[{(.])(?:your|my|insert|enter|put|some|fake|foo|bar|test|mock|the)(?:[-_ >\]}).]|$)|here$|not[-_]?real
    |notasecret|xxxx|\*\*\*|\.\.\.|…|[#]{3}|0{8}|(?:1234567|abcdefg|qwerty)|deadbeef|lorem""",
    re.IGNORECASE | re.VERBOSE,
)
# ${X} $X $(x) {{x}} <x> %s %(x)s [x] #{x} @x@ and what reads a value from elsewhere
_REFERENCE = re.compile(
    r"""\$\{|\$\(|^\$[A-Za-z_]|\{\{|\}\}|^<[^>]*>?$|<[%A-Za-z_][^>]*>|^%[A-Za-z(]|%s|^\[[^\]]*\]*$|^[A-Za-z_][\w.]*\[\w|^[A-Z]+(?:_[A-Z]+)*\d?$|\#\{|^@\w+@?$|^\{[\w.\[\]() -]*\}?$
    |^(?:process\.env|os\.|env[.(\[]|ENV|secrets\.|self\.|this\.|config\.|settings\.|vault:|arn:|ssm:|file:|sha(?:256|512)-)
    |[A-Za-z_]\w*\(|\)\.|::|->|\?\.|^function\b|^new\s|=>""",
    re.VERBOSE,
)
_UUID = re.compile(r"[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}")
_DATE = re.compile(r"\d{4}-?\d\d-?\d\d(?:[T ]?\d\d:?\d\d(?::?\d\d)?)?(?:\.\d+)?Z?|v?\d+(?:\.\d+)+\S{0,12}")
_PLACE = re.compile(
    r"""[A-Za-z][\w+.-]*://|^\.{0,2}/[\w.-]+/|^[A-Za-z]:\\|^[^@\s]+@[\w-]+(?:\.[\w-]+)+$
    |\.(?:pem|p12|pfx|jks|key|keystore|keytab|crt|cer|json|ya?ml|toml|txt|py|js|ts|go|java|xml|html?|ini|conf|env|local|com|org|net|io)(?::\d+)?(?:$|/)""",
    re.VERBOSE | re.IGNORECASE,
)
_DOTTED_NAMES = re.compile(r"[A-Za-z_]\w{0,30}(?:\.[A-Za-z_]\w{0,30})+")
_SEGMENT = re.compile(r"[A-Za-z0-9]+")
_WORDY = re.compile(r"(?:[A-Z]?[a-z]+|[A-Z]+)\d{0,4}|\d{1,8}|v\d+|rc\d+|x\d+")
_CAMEL = re.compile(r"[A-Z]?[a-z]+|[A-Z]+|\d+")
_INNER_DIGITS = re.compile(r"\d+(?=[A-Za-z])")

LONG_MIX = 7
"""Signs of a segment that mixes letters and digits beyond any word."""


def placeholder(value: str) -> bool:
    """Whether the value stands in for a secret: an example, a mask, a reference to a variable."""
    bare = value.strip("\"'`")
    return len(set(bare.lower())) <= 3 or bool(_STAND_IN.search(bare) or _REFERENCE.search(bare))


def entropy(value: str) -> float:
    """Bits a sign, after Shannon, from the value's own frequencies."""
    total = len(value)
    return -sum(n / total * math.log2(n / total) for n in Counter(value).values()) if total else 0.0


def uuid(value: str) -> bool:
    """Whether the value is a UUID and nothing else."""
    return _UUID.fullmatch(value) is not None


def named(value: str) -> bool:
    """Whether the value names something: a place, a file, a date, a version, code."""
    return bool(_DATE.fullmatch(value) or _PLACE.search(value) or _DOTTED_NAMES.fullmatch(value))


def random_looking(value: str, least: int = 10) -> bool:
    """Whether a generator may have made the value: long enough, letters with digits or mixed case, no words."""
    if len(value) < least or named(value):
        return False
    letters = sum(map(str.isalpha, value))
    digits = sum(map(str.isdigit, value))
    if not letters or (not digits and not _mixed_case(value)):
        return False
    floor = 2.6 if len(value) < 40 else 3.0
    return entropy(value) >= floor and not _words(value)


def password_like(value: str) -> bool:
    """Whether somebody may have thought of the value as a password: six signs or more of two kinds, no words."""
    if len(value) < 6 or named(value) or " " in value:
        return False
    signs = sum(not one.isalnum() and one not in "-_" for one in value[:-1])
    kinds = sum((any(map(str.isalpha, value)), any(map(str.isdigit, value)), signs > 0))
    return kinds >= 2 and not re.fullmatch(r"[\d.,:/-]+\W*|[A-Za-z]+[.,:;!?)'/]+[A-Za-z]*", value)


def _mixed_case(value: str) -> bool:
    """Upper and lower case in an order no word has, in a long run."""
    run = max(_SEGMENT.findall(value), key=len, default="")
    return len(run) >= 16 and len(_CAMEL.findall(run)) / len(run) > 0.4


def _words(value: str) -> bool:
    """Whether every segment between signs is a word, a short number or both."""
    odd = [segment for segment in _SEGMENT.findall(value) if not _WORDY.fullmatch(segment)]
    return len(odd) < 3 and not any(map(_odd, odd))


def _odd(segment: str) -> bool:
    """Whether no word was written like this: aB3dE falls into many pieces, getUser2Name into few."""
    if len(segment) < LONG_MIX:
        return False
    inner = len(_INNER_DIGITS.findall(segment))
    if inner > 1 and len(segment) >= 12:
        return True
    return len(_CAMEL.findall(segment)) / len(segment) > (0.28 if inner else 0.45)
