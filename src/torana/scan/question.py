"""What a short question says, so that two of them can be compared: two readings that are equal ask the same thing.

It leaves out only what stands on the closed lists of ``question_words``; numbers, amounts, dates, identifiers, negations,
comparatives, names, and the order of them all are in the reading. Pure; called by the semantic cache.
"""

from __future__ import annotations

import re
import unicodedata

from torana.scan.question_words import (
    ABOUT_WORDS,
    CLAUSES,
    CONTRACTIONS,
    DROPPED,
    ENDINGS,
    LEADS,
    MANNERS,
    MEANT,
    NUMBERS,
    SAME,
    STARTS,
    TELL,
)

LONGEST = 400
"""Letters. What is longer is no question but a text, and is answered from the cache only when it is equal."""
MOST_WORDS = 64

Reading = tuple[str, ...]

_QUOTED = re.compile(r"\"[^\"]*\"|\u201c[^\u201d]*\u201d|`[^`]*`|(?<!\w)'[^']*'(?!\w)")
_TOKEN = re.compile(
    r"\x00\d+\x00"  # something quoted
    r"|[\w.+-]+@[\w.-]+\w|https?://\S*[\w/]"  # addresses
    r"|(?:\d[\d,]*)?\.?\d+(?:st|nd|rd|th)?(?![\w])"  # numbers, ordinals
    r"|\w+(?:[-_./:]\w+)*"  # words and identifiers
    r"|[-+*/=<>%^&|~#@\u20ac$\u00a3\u20b9\u00a5\u2260\u2264\u2265]"
)
_POSSESSIVE = re.compile(r"\b([\w-]+)'s ((?:[\w-]+ ?){1,3})$")
_INDIRECT = re.compile(r"^what (the .+) (is|are)$", re.IGNORECASE)
_GROUPED = re.compile(r"\d{1,3}(?:,\d{2,3})+(?:\.\d+)?")
_SPACE = re.compile(r"\s+")
_ENDS = " ?!.,;:"
_COURTESY = "|".join(sorted(map(re.escape, MANNERS), key=len, reverse=True))
_BEFORE = re.compile(rf"^(?:{_COURTESY})(?:\s*[,.!:;]+\s*|\s+(?=(\w+)))", re.IGNORECASE)
_AFTER = re.compile(rf"\s*[,.!?;]+\s*(?:{_COURTESY})[\s.!?]*$", re.IGNORECASE)
_LEAD = re.compile(rf"(?:{'|'.join(sorted(map(re.escape, LEADS), key=len, reverse=True))})(?=[ ,]|$)")


def reading(text: str) -> Reading | None:
    """The reading; None for what is no short question in plain English letters: then only an equal text is the same."""
    said = unicodedata.normalize("NFKC", text).replace("\u2019", "'").strip()
    if not said or len(said) > LONGEST or "\n" in said or not _plain(said):
        return None
    quoted: list[str] = []

    def aside(match: re.Match[str]) -> str:
        quoted.append(match.group()[1:-1])
        return f"\x00{len(quoted) - 1}\x00"

    whole = _begun(_SPACE.sub(" ", _QUOTED.sub(aside, said)))
    said = _led(whole)
    tokens = _TOKEN.findall(said)
    if not tokens or len(tokens) > MOST_WORDS:
        return None
    if said == whole and tokens[0].istitle():
        tokens[0] = tokens[0].lower()  # a sentence begins with a capital, whatever its first word is
    words = (_word(tokens, place, quoted) for place in range(len(tokens)))
    kept = tuple(word for word in words if word)
    return kept or None


def _plain(text: str) -> bool:
    """Whether it is written in Latin letters without marks: of other languages the lists say nothing."""
    letters = sum(letter.isalpha() for letter in text)
    return letters > 0 and all(letter.isascii() for letter in text if letter.isalpha())


def _begun(text: str) -> str:
    """The text without courtesies and contractions."""
    if ABOUT_WORDS.isdisjoint(re.findall(r"\w+", text.lower())):
        text = _curt(text)
    words = [_expanded(word) for word in text.strip(_ENDS).split(" ")]
    return _INDIRECT.sub(r"what \2 \1", _of(" ".join(words)))


def _curt(text: str) -> str:
    while True:
        found = _BEFORE.match(text)
        if found is not None and (found[1] is None or found[1].lower() in STARTS):
            text = text[found.end() :]
            continue
        shorter = _AFTER.sub("", text)
        if shorter == text:
            return text
        text = shorter


def _led(text: str) -> str:
    """The text with one word for the way in which it begins."""
    found = _LEAD.match(text.lower())
    if found is None:
        return text
    lead = found[0]
    rest = text[len(lead) :].lstrip(" ,:")
    if lead in TELL and rest.split(" ")[0].lower() in CLAUSES:
        return _led(_INDIRECT.sub(r"what \2 \1", rest))
    return f"{LEADS[lead]} {rest}".strip()


def _expanded(word: str) -> str:
    low = word.lower()
    if low in CONTRACTIONS:
        return CONTRACTIONS[low]
    for ending, full in ENDINGS.items():
        if low.endswith(ending) and len(low) > len(ending):
            return word[: -len(ending)] + full
    return word


def _of(text: str) -> str:
    """``France's capital`` as ``capital of France``, where it ends there."""
    return _POSSESSIVE.sub(lambda found: f"the {found[2].strip()} of {found[1]}", text)


def _word(tokens: list[str], place: int, quoted: list[str]) -> str:
    """The word that stands for one; empty where it may be left out."""
    token = tokens[place]
    if token[0] == "\x00":
        return f'"{quoted[int(token.strip(chr(0)))]}"'
    if _GROUPED.fullmatch(token):
        token = token.replace(",", "")
    low = token.lower()
    if token[0].isdigit() or not token[0].isalnum():
        return low
    if any(letter.isdigit() or letter in "_@/:" for letter in token) or (len(token) > 1 and token.isupper()):
        return token  # an identifier: to the letter
    if not token.islower() and low != "i":
        return token  # a name: what else it would mean without its capital, no list says
    if low in DROPPED:
        return "" if _is_idle(tokens, place) else low
    return NUMBERS.get(low) or SAME.get(low) or low


def _is_idle(tokens: list[str], place: int) -> bool:
    """Whether an article or an auxiliary is no more than that: not vitamin A, nor a few."""
    following = tokens[place + 1].lower() if place + 1 < len(tokens) else ""
    if tokens[place] == "A" and place:
        return False
    if following[:1].isdigit():
        return True
    return following.isalpha() and len(following) > 1 and following not in MEANT and following not in ("and", "or")
