"""What a linear model sees of a sentence: its words, and the kinds of words beside and after each other.

It judges nothing. Called by guardrails that classify sentences and by the scripts that train their models.
"""

from __future__ import annotations

import itertools
from collections.abc import Collection, Sequence

from torana.scan.word_classes import Word

FAR = 6
"""How many words two kinds may stand apart to be seen together."""


def features(words: Sequence[Word], small: Collection[str] = ()) -> set[str]:
    """The features of one sentence. ``small``: kinds that say nothing in pairs with each other."""
    kinds = [word.kind or "-" for word in words]
    # Kinds in their order with the others left out: who is called what, told with any words between.
    told = [(place, kind) for place, kind in enumerate(kinds) if kind != "-"]
    texts = ["<", *(word.text for word in words), ">"]
    line = ["<", *kinds, ">"]
    tale = ["<", *(kind for _, kind in told), ">"]
    found = {f"length {min(len(words), 32).bit_length()}", *texts}
    found.update(f"/{kind}" for kind in kinds)
    found.update(f"{a} {b}" for a, b in itertools.pairwise(texts))
    found.update(f"/{a} {b}" for a, b in itertools.pairwise(line))
    found.update(f"/{a} {b} {c}" for a, b, c in zip(line, line[1:], line[2:], strict=False))
    found.update(f"={a} {b} {c}" for a, b, c in zip(tale, tale[1:], tale[2:], strict=False))
    found.update(f"={a} {b} {c} {d}" for a, b, c, d in zip(tale, tale[1:], tale[2:], tale[3:], strict=False))
    for at, (place, kind) in enumerate(told):
        for later, other in told[at + 1 : at + 1 + FAR]:
            if later - place <= FAR and not (kind in small and other in small):
                found.add(f"{kind}..{other}")
    return found
