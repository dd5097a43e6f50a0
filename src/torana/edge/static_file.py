"""One file of the console as the edge holds it. Made by ``wiring``, served by ``edge.console``."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class StaticFile:
    """One file of the console."""

    content_type: bytes
    body: bytes
    etag: bytes
    """Of the content, without quotes."""
    packed: Mapping[bytes, bytes] = field(default_factory=dict)
    """Content coding (``br``, ``gzip``) → the same bytes packed, the best first."""
