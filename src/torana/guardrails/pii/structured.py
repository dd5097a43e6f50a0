"""Runs the finders of kinds that have a shape, and settles which of two findings in one place stands.

Names have no shape and are found elsewhere. Called by the package's own guardrail.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from typing import Any, Final, NamedTuple

import re2  # type: ignore[import-untyped,unused-ignore]

from torana.guardrails.pii import dates, identifiers, network, numbers, places
from torana.ports.guardrail import Finding
from torana.scan.gate import MAX_MEM, Gate, utf8


class Finder(NamedTuple):
    """What looks for some kinds: the patterns that wake it, the runs it is shown, what it makes of one."""

    kinds: frozenset[str]
    triggers: tuple[str, ...]
    candidate: str
    find: Callable[[str, int, int], Iterator[Finding]]


FINDERS: Final = (
    Finder(
        frozenset({"email", "upi"}),
        (network.AT_TRIGGER, network.AT_IN_URL_TRIGGER),
        network.AT_CANDIDATE,
        network.find_at,
    ),
    Finder(frozenset({"ip"}), (network.IP_TRIGGER,), network.IP_CANDIDATE, network.find_ip),
    Finder(frozenset({"mac"}), (network.MAC_TRIGGER,), network.MAC_CANDIDATE, network.find_mac),
    Finder(
        frozenset({"credit_card", "aadhaar", "ssn", "phone", "bank_account", "passport"}),
        (numbers.TRIGGER,),
        numbers.CANDIDATE,
        numbers.find,
    ),
    Finder(
        frozenset({"pan", "gstin", "ifsc", "iban", "passport", "driving_licence", "medical_record"}),
        identifiers.TRIGGERS,
        identifiers.CANDIDATE,
        identifiers.find,
    ),
    Finder(frozenset({"date_of_birth"}), (dates.TRIGGER,), dates.CANDIDATE, dates.find),
    Finder(frozenset({"address"}), places.TRIGGERS, places.CANDIDATE, places.find),
)
KINDS: Final = frozenset().union(*(finder.kinds for finder in FINDERS))

_LONGEST: Final = 330  # an e-mail address: 64 + 1 + 253, and what may lead it
_DIGIT: Final = re.compile(r"\d")
_WITHOUT_DIGITS: Final = 24
# Groups of digits or capitals that more groups may follow: phones, cards, IBANs.
_GROUPS: Final = re.compile(
    r"(?:[+(]{1,2}|(?<![A-Za-z0-9])[A-Za-z]{2}\d{2}|(?<![A-Za-z0-9])[A-Z]{2}[ -]?(?=\d|\Z)|\d)[0-9A-Z]*(?:[ .()/\-]{1,3}[0-9A-Za-z]{1,12}(?<![a-wyz]{2}))*[ .()/\-]{0,3}"
    r"(?: ?,? ?(?:x|ext?n?\.?)?[ :]{0,2}\d*)?\Z"
)
_GROUPS_REACH: Final = 64
_UNFINISHED: Final = ((_GROUPS, _GROUPS_REACH), (dates.UNFINISHED, _GROUPS_REACH), (places.UNFINISHED, places.REACH))
_ACCOUNT_NEXT_TO: Final = re.compile(r"(?<![A-Za-z0-9_-])(\d{9,18})[ ,/|]{1,3}(?=[A-Z]{4}0[A-Z0-9]{6}\b)")


def _compiled(pattern: str) -> Any:
    """The pattern as RE2, which says nothing on standard error and has room for long texts."""
    options = re2.Options()
    options.log_errors = False
    options.max_mem = MAX_MEM
    return re2.compile(pattern, options)


def settle(findings: Iterable[Finding]) -> list[Finding]:
    """The findings without overlaps, in the order of the text: the surer one stands, of equals the longer one."""
    kept: list[Finding] = []
    for one in sorted(findings, key=lambda one: (-one.score, one.start - one.end, one.start)):
        if all(one.end <= other.start or other.end <= one.start for other in kept):
            kept.append(one)
    kept.sort(key=lambda one: one.start)
    return kept


def merge(first: Sequence[Finding], second: Sequence[Finding]) -> list[Finding]:
    """Both lists in the order of the text, without those of the second that touch one of the first."""
    free = [one for one in second if all(one.end <= other.start or other.end <= one.start for other in first)]
    return sorted((*first, *free), key=lambda one: one.start)


class Structured:
    """The finders of the chosen kinds behind one set of triggers."""

    __slots__ = ("_candidates", "_finders", "_gate", "_kinds", "_threshold", "triggers")

    def __init__(self, kinds: Collection[str], threshold: float) -> None:
        self._kinds = frozenset(kinds)
        self._threshold = threshold
        self._finders = [finder for finder in FINDERS if finder.kinds & self._kinds]
        self._candidates = [_compiled(finder.candidate) for finder in self._finders]
        self._gate = Gate([finder.triggers for finder in self._finders], together=True)
        self.triggers: Sequence[str] = tuple(trigger for finder in self._finders for trigger in finder.triggers)

    def check(self, text: str) -> list[Finding]:
        """What was found, without overlaps."""
        data = utf8(text)
        hits = self._gate.asked(data)
        if not hits:
            return []
        if not text.isascii():
            text = data.decode()  # without lone surrogates, which RE2 cannot read
        found: list[Finding] = []
        for hit in sorted(hits):
            find = self._finders[hit].find
            for match in self._candidates[hit].finditer(text):
                found.extend(find(text, *match.span()))
        if "bank_account" in self._kinds:
            found.extend(Finding("bank_account", *match.span(1), 0.9) for match in _ACCOUNT_NEXT_TO.finditer(text))
        kept = settle(one for one in found if one.score >= self._threshold)
        # Settled before it is chosen, so that a card is no phone where only phones are looked for.
        return [one for one in kept if one.kind in self._kinds]

    def tail(self, text: str) -> int:
        """Where the last word, or the last run of groups, or the last date begins."""
        end = len(text)
        begins = end
        if text and not text[-1].isspace():
            begins = end - len(text[max(0, end - _LONGEST) :].rsplit(maxsplit=1)[-1])
        # Without a digit a run is a sign or a word so far.
        most = end if _DIGIT.search(text, max(0, end - places.REACH)) else _WITHOUT_DIGITS
        for pattern, reach in _UNFINISHED:
            match = pattern.search(text, max(0, end - min(reach, most)))
            if match:
                begins = min(begins, match.start())
        return begins
