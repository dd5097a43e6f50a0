"""The settings as people may see them: every secret as three stars.

It changes no setting. Called by ``GET config`` and ``torana config show``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import msgspec

from torana.core.secret import Secret
from torana.wiring.settings import Settings

STARS = "***"


def shown(settings: Settings) -> Mapping[str, object]:
    """JSON values only."""
    plain: Mapping[str, object] = _plain(settings)
    return plain


def _plain(value: Any) -> Any:
    if isinstance(value, Secret):
        return STARS
    if isinstance(value, msgspec.Struct):
        return {name: _plain(getattr(value, name)) for name in value.__struct_fields__}
    if isinstance(value, Mapping):
        return {str(name): _plain(below) for name, below in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [_plain(below) for below in value]
    return value if isinstance(value, str | int | float | bool | None) else str(value)
