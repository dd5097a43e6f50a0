"""Whether two questions that a sentence model finds alike may be one: all that decides in them must be equal.

Numbers, amounts, dates, identifiers, names, negations, comparatives and their order: no likeness makes up for one that differs.
Pure; asked by the semantic cache of what an index of vectors found near.
"""

from __future__ import annotations

from torana.scan.question import Reading, reading

FRONTED = frozenset({"in", "on", "at", "for", "from", "with", "under", "during", "using"})
"""Words that begin a phrase which may stand before a question or behind it."""
FRONTED_WORDS = range(2, 5)
JOINING = frozenset({"not", "no", "and", "or", "without", "except", "but"})
ASKING = frozenset(
    [
        "what",
        "who",
        "whom",
        "whose",
        "which",
        "when",
        "where",
        "why",
        "how",
        "explain",
        "show",
        "list",
        "is",
        "are",
        "can",
        "could",
        "do",
        "does",
        "should",
    ]
)
"""Words that a question begins with once the phrase is taken away from before it."""
HOW = ("how", "to")
"""What the reading of a question after a way begins with: there a plural asks for the same way."""
NO_PLURALS = ("ss", "us", "is", "ics", "ews", "as", "os")
"""How words end that are no plurals."""
SHORTEST = 4
"""Letters of a word whose ending is looked at."""
MOST_COMPARED = ("est", "most", "least")


def agree(one: str, other: str) -> bool:
    """Whether they may be one question. Says nothing of how alike they are."""
    first, second = reading(one), reading(other)
    if first is None or second is None:
        return False
    return first == second or not _forms(one, first).isdisjoint(_forms(other, second))


def _forms(text: str, words: Reading) -> set[Reading]:
    """The reading, and that of the text with a phrase in its other place; of ways, without plurals."""
    forms = {_of_a_way(words)}
    moved = _moved(text)
    read = reading(moved) if moved is not None else None
    if read is not None:
        forms.add(_of_a_way(read))
    return forms


def _of_a_way(words: Reading) -> Reading:
    if words[:2] != HOW or any(word.endswith(MOST_COMPARED) for word in words):
        return words
    return tuple(map(_singular, words))


def _moved(text: str) -> str | None:
    """``In Rust, how do I …`` as ``how do I … in Rust``; None where no such phrase stands before the comma."""
    head, comma, rest = text.strip().rstrip(" ?.!").partition(", ")
    words, asked = head.split(), rest.split()
    if not comma or "," in rest or len(words) not in FRONTED_WORDS or words[0].lower() not in FRONTED:
        return None
    if len(asked) < 3 or asked[0].lower() not in ASKING:
        return None
    # With another phrase behind it the two would change places, and with it what each belongs to.
    if any(word.lower() in FRONTED or word.lower() in JOINING for word in (*asked, *words[1:])):
        return None
    return " ".join((*asked, words[0].lower(), *words[1:]))


def _singular(word: str) -> str:
    """A plain word without the ending of its plural; names, numbers and identifiers as they are."""
    if len(word) <= SHORTEST or not word.isalpha() or not word.islower():
        return word
    if not word.endswith("s") or word.endswith(NO_PLURALS):
        return word
    if word.endswith("ies"):
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("ches", "shes", "xes")) else word[:-1]
