"""A body as guardrails read it: texts with their places, and whether new texts can be put there.

It judges nothing. Called by the guard room for requests, plain answers, and the events of streams.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import NamedTuple

from torana.core.json_places import Number, Place, places, spliced, without_logprobs


class Body(NamedTuple):
    """What was read."""

    wire: bytes
    places: list[Place]
    kind: str = "json"
    """``json``, ``text``, or ``fixed``: texts out of a body that cannot be changed here."""
    role: str = ""
    without: frozenset[Number] = frozenset()
    """Places that are left out: pieces of texts that others look at."""
    repeated: frozenset[Number] = frozenset()
    """Places whose texts were there before: who needs a whole text, or asks somebody, has seen them or will."""

    def with_texts(self, texts: Mapping[Number, str]) -> bytes:
        """The bytes with these texts in the places of their numbers."""
        if self.kind == "text":
            return texts[()].encode("utf-8", "surrogatepass")
        wire = spliced(self.wire, texts)
        return without_logprobs(wire) if b"logprobs" in wire else wire

    def again(self, wire: bytes) -> Body:
        """These bytes, read like this body."""
        return read_body(wire, self.role, self.without)._replace(repeated=self.repeated)


def read_body(body: bytes, role: str = "", without: frozenset[Number] = frozenset()) -> Body:
    """The body: JSON, else text. What is neither has no places: nobody reads words in it. Raises RecursionError."""
    try:
        found = places(body, role)
        kept = [place for place in found if place.number[:1] not in without] if without else found
        return Body(body, kept, "json", role, without)
    except (ValueError, RecursionError) as fault:
        if isinstance(fault, RecursionError):
            raise
    try:
        return read_text(str(body, "utf-8"), role)
    except UnicodeDecodeError:
        return Body(body, [], "fixed", role)


def read_text(text: str, role: str = "") -> Body:
    """A body that is one text."""
    return Body(text.encode("utf-8", "surrogatepass"), [Place(text, (), role, "")], "text", role)


def plain_texts(texts: Sequence[str]) -> Body:
    """Texts that were found in a body by somebody who knows its form: they can be looked at, and not changed."""
    return Body(b"", [Place(text, (number,), "", f"texts[{number}]") for number, text in enumerate(texts)], "fixed")
