"""Torana, the enterprise AI gateway."""

from torana.core.about import VERSION as __version__

__all__ = ["__version__"]
