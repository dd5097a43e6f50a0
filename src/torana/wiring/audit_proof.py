"""Proving the audit trail: the signer of checkpoints, and the verdict on every chain of a database or an exported file.

It changes no chain. Called by the checkpoint keeper, the admin route and ``torana audit verify``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from hashlib import sha256
from typing import NamedTuple, Protocol

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from torana.core.chain import Broken, Checkpoint, Head, Link, head_of, wrong_with


class Signer:
    """Signs checkpoints (Ed25519, RFC 8032)."""

    def __init__(self, seed: bytes) -> None:
        """``seed``: 32 bytes, kept secret."""
        self._key = Ed25519PrivateKey.from_private_bytes(seed)
        self.public = self._key.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key_id = key_id(self.public)

    def signed(self, tenant: str, chain: str, head: Head, at: float, *, trimmed: bool = False) -> Checkpoint:
        """A signed word on where the chain ends."""
        plain = Checkpoint(
            tenant, chain, head.number, head.entries, head.digest, round(at, 3), self.key_id, b"", trimmed
        )
        return plain._replace(signature=self._key.sign(plain.signed_text))


def key_id(public: bytes) -> str:
    """How a key is named: the beginning of its digest."""
    return sha256(public).hexdigest()[:16]


class Source(Protocol):
    """Where chains are."""

    def chains(self) -> Sequence[tuple[str, str, Head | None]]:
        """Tenant, chain, and where it is said to end."""
        ...

    def links(self, tenant: str, chain: str, after: int) -> Iterator[Link]:
        """Its links behind that number, in order."""
        ...

    def checkpoints(self, tenant: str, chain: str) -> Sequence[Checkpoint]:
        """What was signed about it, oldest first."""
        ...

    def keys(self) -> Mapping[str, bytes]:
        """The public keys that come with it, by id."""
        ...


class Look(Protocol):
    """Looks at the entries of each whole link besides."""

    def link(self, link: Link) -> Broken | None:
        """What is wrong with what the database has beside these entries."""
        ...

    def end(self, tenant: str, chain: str) -> Broken | None:
        """What is there beside all entries of the chain."""
        ...


class Verdict(NamedTuple):
    """What came of one chain."""

    tenant: str
    chain: str
    entries: int
    """How many were looked at and are whole."""
    links: int
    checkpoints: int
    broken: Broken | None = None
    trimmed: int = 0
    """How many entries were deleted, their time being over, before the first."""

    @property
    def whole(self) -> bool:
        """Whether nothing is wrong."""
        return self.broken is None


def verify(source: Source, trusted: Mapping[str, bytes] | None = None, look: Look | None = None) -> list[Verdict]:
    """The verdict on every chain. ``trusted``: the keys that count; None: those that come with the source."""
    keys = source.keys() if trusted is None else trusted
    return [_chain(source, tenant, chain, end, keys, look) for tenant, chain, end in source.chains()]


class _Walk:
    """One chain, link by link."""

    def __init__(self, tenant: str, chain: str, points: Sequence[Checkpoint]) -> None:
        self.tenant, self.chain = tenant, chain
        starts = [one for one in points if one.trimmed]
        start = starts[-1] if starts else None
        self.start = Head(start.number, start.entries, start.digest) if start is not None else Head()
        self.head = self.start
        self.links = 0
        self.due = {one.number: one for one in points if one.number > self.start.number}

    def verdict(self, broken: Broken | None) -> Verdict:
        """So far."""
        entries = self.head.entries - self.start.entries
        return Verdict(self.tenant, self.chain, entries, self.links, len(self.due), broken, self.start.entries)

    def fault(self, what: str, link: int | None = None) -> Verdict:
        """Something is wrong behind the head."""
        number = self.head.number + 1 if link is None else link
        return self.verdict(Broken(self.tenant, self.chain, number, self.head.entries + 1, what))


def _chain(
    source: Source, tenant: str, chain: str, end: Head | None, keys: Mapping[str, bytes], look: Look | None
) -> Verdict:
    points = source.checkpoints(tenant, chain)
    walk = _Walk(tenant, chain, points)
    if unsigned := next((one for one in points if not is_signed(one, keys)), None):
        return walk.fault(f"the checkpoint at entry {unsigned.entries} is not signed by a known key", unsigned.number)
    for link in source.links(tenant, chain, walk.start.number):
        broken = wrong_with(link, walk.head) or (look.link(link) if look is not None else None)
        if broken is not None:
            return walk.verdict(broken)
        walk.head, walk.links = head_of(link), walk.links + 1
        point = walk.due.get(link.number)
        if point is not None and (point.entries, point.digest) != (walk.head.entries, walk.head.digest):
            return walk.verdict(
                Broken(tenant, chain, link.number, link.first, "it was written anew since it was signed")
            )
    return _ended(walk, end, look)


def _ended(walk: _Walk, end: Head | None, look: Look | None) -> Verdict:
    latest = max(walk.due.values(), default=None, key=lambda one: one.number)
    if latest is not None and latest.number > walk.head.number:
        return walk.fault(f"the chain ends here, and had {latest.entries} entries when it was signed")
    if end is not None and end != walk.head:
        return walk.fault(f"the chain ends here, and should have {end.entries} entries")
    beside = look.end(walk.tenant, walk.chain) if look is not None else None
    return walk.verdict(beside)


def is_signed(checkpoint: Checkpoint, keys: Mapping[str, bytes]) -> bool:
    """Whether one of these keys signed it."""
    public = keys.get(checkpoint.key_id)
    if public is None or key_id(public) != checkpoint.key_id:
        return False
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(checkpoint.signature, checkpoint.signed_text)
    except (InvalidSignature, ValueError):
        return False
    return True


def first_broken(verdicts: Iterable[Verdict]) -> Broken | None:
    """The first of all."""
    return next((one.broken for one in verdicts if one.broken is not None), None)
