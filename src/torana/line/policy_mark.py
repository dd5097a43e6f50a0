"""By which policies something was judged, as a digest: whether it must be judged again is whether that of today is another.

Pure. Called where files are kept, and where they are named again.
"""

from __future__ import annotations

from hashlib import sha256

from torana.core.tickets import Grant


def mark_of(grant: Grant) -> str:
    """The digest of the policies with their versions, of their guardrails with their modes, and of what they say of files."""
    files = grant.terms.files
    types = sorted(files.types) if files is not None and files.types is not None else None
    said = (grant.policy, tuple(grant.guardrails), files and files._replace(types=None), types)
    return sha256(repr(said).encode("utf-8", "surrogatepass")).hexdigest()[:32]
