"""Decides whether the word after "my password is" is that password, although it has letters alone.

Passwords with digits or signs are found by ``contexts``, which calls this. What is said *about* a password passes.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torana.guardrails.secrets.carriers import COMMON, Place
from torana.guardrails.secrets.values import placeholder
from torana.ports.guardrail import Finding

PATTERN = (
    r"(?i)\b(my|our|his|her|their|its|your|the|whose|new|old|current|temporary|wi-?fi|login|admin|root|default)[ \t]{1,3}"
    r"((?:[a-z'-]{1,15}[ \t]{1,3}){0,3}?)(?:password|passwd|passphrase|passcode|pwd)(?:[ \t]{1,3}(?:for|to|of|on)[ \t][\w .'-]{1,40}?)?"
    r"[ \t]{1,3}(?:is|was|=|will be|hai)[ \t:]{1,3}([\"'`]?)([a-z]{6,40})([\"'`.,;!?)]|[ \t]*$|[ \t]*\n| and | but | so )"
)
GROUPS = 5
SCORE = 0.6

_SAID = frozenset(
    [
        "absent",
        "accepted",
        "active",
        "allowed",
        "already",
        "always",
        "another",
        "any",
        "anything",
        "asked",
        "asterisks",
        "available",
        "bad",
        "because",
        "being",
        "best",
        "better",
        "blank",
        "broken",
        "case",
        "changed",
        "cleartext",
        "common",
        "complex",
        "compromised",
        "confidential",
        "correct",
        "critical",
        "default",
        "different",
        "difficult",
        "easy",
        "either",
        "empty",
        "enabled",
        "enough",
        "entered",
        "every",
        "everything",
        "exactly",
        "exposed",
        "expired",
        "false",
        "fine",
        "first",
        "forgotten",
        "given",
        "going",
        "gone",
        "good",
        "great",
        "guessable",
        "hard",
        "hardcoded",
        "hashed",
        "hidden",
        "important",
        "impossible",
        "inactive",
        "incorrect",
        "insecure",
        "insufficient",
        "invalid",
        "known",
        "leaked",
        "least",
        "letters",
        "like",
        "likely",
        "locked",
        "long",
        "longer",
        "looking",
        "lost",
        "mandatory",
        "missing",
        "misspelled",
        "mixed",
        "mostly",
        "needed",
        "needs",
        "never",
        "nothing",
        "numeric",
        "obvious",
        "obsolete",
        "often",
        "older",
        "only",
        "optional",
        "outdated",
        "perhaps",
        "plain",
        "plaintext",
        "pointless",
        "printed",
        "private",
        "probably",
        "protected",
        "public",
        "random",
        "ready",
        "really",
        "recoverable",
        "redundant",
        "rejected",
        "required",
        "reset",
        "right",
        "safe",
        "salted",
        "same",
        "secret",
        "secure",
        "sensitive",
        "sent",
        "shared",
        "short",
        "should",
        "simple",
        "simply",
        "something",
        "somewhere",
        "stale",
        "stolen",
        "stored",
        "strong",
        "stronger",
        "supposed",
        "taken",
        "temporary",
        "terrible",
        "there",
        "this",
        "tough",
        "trivial",
        "true",
        "unique",
        "unknown",
        "unsafe",
        "useless",
        "usually",
        "valid",
        "very",
        "visible",
        "weak",
        "weaker",
        "what",
        "whatever",
        "where",
        "wrong",
        "written",
        "yours",
        "theirs",
        "between",
        "before",
        "after",
        "within",
        "without",
        "under",
        "above",
        "below",
        "whether",
    ]
)
_ABOUT = re.compile(
    r"(?:ed|ing|able|ible|ly|ous|ful|less|ive|ent|ant|ary|ory|ical|wise)$|^(?:un|in|im|non|mis|dis|over)[a-z]+(?:ed|able|ible|en|n|t)$"
)
_NEGATED = re.compile(
    r"(?i)\b(?:if|when|whether|unless|until|that|which|why|how|what|says?|error|message|ensure|sure|check|verify)\b"
)
_ENDS = re.compile(r"[.!?\n]|[^\w\s!-~\u2010-\u201f]")
"""Between two sentences; bullets, emoji and other signs that no sentence has in its middle."""


def words(place: Place) -> Iterator[Finding]:
    """The password, when the word ends what is said and is none that people say about passwords."""
    start, end = place.spans[4]
    value = place.text[start:end]
    low = value.lower()
    quoted = place.group(3) != "" and place.group(5).startswith(place.group(3))
    if low in COMMON or low in _SAID or placeholder(value):
        return
    if quoted or _ends_mixed(value):
        yield Finding("password", start, end, SCORE)
        return
    before = place.text[max(0, place.spans[0][0] - 40) : place.spans[0][0]]
    if not _ABOUT.search(low) and not _NEGATED.search(_ENDS.split(before)[-1]):
        yield Finding("password", start, end, SCORE)


def _ends_mixed(value: str) -> bool:
    """Whether capitals stand where no word has them."""
    return not value.isupper() and any(map(str.isupper, value[1:]))
