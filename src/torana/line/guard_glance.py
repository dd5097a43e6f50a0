"""The first look at a body: who of a team wants to see more of it. Most bodies get no other.

It takes nothing apart and judges nothing: what it suspects may be harmless, what it passes is clean. Called by the guard room.
"""

from __future__ import annotations

from torana.core.call import Reply
from torana.core.json_places import everything
from torana.core.json_texts import as_read, without_form
from torana.line.guard_team import Team
from torana.scan.file_signs import may_bring_files
from torana.scan.gate import Gate, utf8
from torana.scan.normal import normal


def wanted(gate: Gate, team: Team, body: bytes, texts: tuple[str, ...] | None = None) -> frozenset[int]:
    """Who of the team wants to look at the body, or must in any case, by their numbers at the gate.

    ``texts``: what is looked at where the body is no JSON.
    """
    numbers = team.numbers
    if texts is not None:
        found = gate.asked(utf8(normal("\n".join(texts)).text), numbers)
        if found:
            return found
    plain = as_read(body)
    if plain is not None and plain.isascii():
        # A text that somebody wants stands in the body with its form and without it. Most bodies are clean with it: taking
        # it out costs as much as all else here.
        found = gate.asked(plain, numbers)
        return gate.asked(as_read(without_form(body)) or plain, found) if found else found
    plain = as_read(without_form(body))
    try:
        text = str(plain, "utf-8") if plain is not None else _joined(body)
    except (ValueError, RecursionError):
        return numbers if texts is None else frozenset()
    return numbers if text is None else gate.asked(utf8(normal(text).text), numbers)


def is_clean(gate: Gate, team: Team, reply: Reply, most_bytes: int) -> bool:
    """Whether an answer is a plain one, at hand, of at most so many bytes, with nothing that anybody wants to look at closer."""
    if reply.stream or reply.headers or team.primes:
        return False
    wires = [chunk.wire for chunk in reply.seen if chunk.wire]
    if len(wires) != 1 or len(wires[0]) > most_bytes or may_bring_files(wires[0]):
        return False
    return not wanted(gate, team, wires[0])


def _joined(body: bytes) -> str | None:
    """The texts of the body; None when one of them may be JSON with escapes of its own. Raises ValueError."""
    texts = everything(body)
    if any("\\" in text and text.lstrip()[:1] in ("{", "[") for text in texts):
        return None
    return "\n".join(texts)
