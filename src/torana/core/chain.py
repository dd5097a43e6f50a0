"""The arithmetic of the audit trail's chains: entries in links, each link bound to all before it (SHA-256), and signed
checkpoints.

Pure: it keeps nothing, signs nothing, and knows no entry's meaning. Used by the stores that append, and by whoever
verifies.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Sequence
from hashlib import sha256
from typing import NamedTuple

GENESIS = bytes(32)
"""What the first link of a chain follows."""
MARK_BYTES = 8
"""Of the digest of each entry, kept beside its link: by them the first broken one of a link is named."""
LEVEL = 1
"""Of zlib: a link is written for every batch of requests."""
CHECKPOINT = "torana-audit-checkpoint/1"


class Link(NamedTuple):
    """Some entries of one chain, as they are kept."""

    tenant: str
    chain: str
    """``admin`` or ``requests``."""
    number: int
    """1, 2, 3 … within the chain."""
    first: int
    """The number within the chain of its first entry; from 1."""
    size: int
    """How many entries it has."""
    at: float
    """Epoch seconds at which it was made."""
    body: bytes
    """Its entries, one JSON object a line, compressed (zlib)."""
    marks: bytes
    """The beginnings of the entries' digests, MARK_BYTES each."""
    before: bytes
    """The digest of the link before it."""
    digest: bytes


class Head(NamedTuple):
    """Where a chain ends."""

    number: int = 0
    entries: int = 0
    digest: bytes = GENESIS


class Checkpoint(NamedTuple):
    """A signed word on where a chain ended at a time."""

    tenant: str
    chain: str
    number: int
    entries: int
    digest: bytes
    at: float
    key_id: str
    signature: bytes
    trimmed: bool = False
    """Whether everything up to here was deleted, its time being over: a chain may begin behind it."""

    @property
    def signed_text(self) -> bytes:
        """What the signature is over."""
        said = (
            CHECKPOINT, self.tenant, self.chain, str(self.number), str(self.entries), self.digest.hex(),
            f"{self.at:.3f}", self.key_id, "trimmed" if self.trimmed else "",
        )  # fmt: skip
        return "\n".join(said).encode()


class Broken(NamedTuple):
    """The first thing that is wrong with a chain."""

    tenant: str
    chain: str
    link: int
    entry: int
    """The number of the first entry that is not as it was; 0: it cannot be told."""
    what: str


def linked(tenant: str, chain: str, head: Head, entries: Sequence[bytes], at: float) -> Link:
    """The link that follows ``head``. ``entries``: at least one, none with a line feed."""
    marks = b"".join(sha256(one).digest()[:MARK_BYTES] for one in entries)
    body = zlib.compress(b"\n".join(entries), LEVEL)
    link = Link(tenant, chain, head.number + 1, head.entries + 1, len(entries), at, body, marks, head.digest, b"")
    return link._replace(digest=bound(link))


def bound(link: Link) -> bytes:
    """What binds a link to its place and to all before it: the digest that it should have."""
    place = f"{link.tenant}\0{link.chain}\0{link.number}\0{link.first}\0{link.size}\0".encode()
    return sha256(link.before + place + sha256(link.marks).digest() + sha256(link.body).digest()).digest()


def head_of(link: Link) -> Head:
    """Where a chain ends that ends with this link."""
    return Head(link.number, link.first + link.size - 1, link.digest)


def entries_of(link: Link) -> list[bytes]:
    """The entries of a link that is whole. Raises ValueError for one that is not."""
    try:
        body = zlib.decompress(link.body)
    except zlib.error as fault:
        raise ValueError("the link cannot be read") from fault
    return body.split(b"\n")


def verified(links: Iterable[Link], start: Head = Head()) -> Iterator[Head | Broken]:  # noqa: B008 - a value
    """The head after each link, in order; a Broken ends it. ``start``: where the chain begins: a trimmed checkpoint's head."""
    head = start
    for link in links:
        fault = wrong_with(link, head)
        if fault is not None:
            yield fault
            return
        head = head_of(link)
        yield head


def wrong_with(link: Link, head: Head) -> Broken | None:
    """What is wrong with a link that should follow ``head``."""
    if link.number != head.number + 1:
        missing = (
            f"link {head.number + 1} is missing" if link.number > head.number + 1 else f"link {link.number} comes again"
        )
        return Broken(link.tenant, link.chain, head.number + 1, head.entries + 1, missing)
    if link.first != head.entries + 1:
        return Broken(link.tenant, link.chain, link.number, head.entries + 1, "its entries are numbered anew")
    body, whole = _read(link.body)
    lines = body.split(b"\n") if body else []
    for place, line in enumerate(lines[: link.size]):
        mark = link.marks[place * MARK_BYTES : (place + 1) * MARK_BYTES]
        if sha256(line).digest()[:MARK_BYTES] != mark:
            return Broken(link.tenant, link.chain, link.number, link.first + place, "the entry was changed")
    if not whole or len(lines) != link.size or len(link.marks) != link.size * MARK_BYTES:
        place = min(len(lines), link.size)
        return Broken(link.tenant, link.chain, link.number, link.first + place, "entries are missing or were added")
    if link.before != head.digest:
        return Broken(link.tenant, link.chain, link.number, link.first, "it does not follow the link before it")
    if bound(link) != link.digest:
        return Broken(link.tenant, link.chain, link.number, link.first, "its digest is not that of its entries")
    return None


def _read(body: bytes) -> tuple[bytes, bool]:
    """As much as can be read, and whether it was all of it."""
    reader = zlib.decompressobj()
    found = b""
    try:
        for start in range(0, len(body), 512):
            found += reader.decompress(body[start : start + 512])
    except zlib.error:
        return found, False
    return found, reader.eof and not reader.unused_data


def checked(heads: Iterable[Head], checkpoint: Checkpoint) -> str:
    """What a chain's heads say against a checkpoint whose signature is good; empty: nothing.

    ``heads``: all of the chain, from its start or the trimmed place on.
    """
    last = Head()
    for head in heads:
        if head.number == checkpoint.number:
            return (
                "" if (head.entries, head.digest) == (checkpoint.entries, checkpoint.digest) else "it was written anew"
            )
        last = head
    if last.number < checkpoint.number:
        return f"it ends at entry {last.entries}, and had {checkpoint.entries}"
    return ""
