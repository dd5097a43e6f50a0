"""Loads a package that only some providers need, when such a provider is opened: a start without them stays light.

It installs nothing. Used by the modules of ``providers`` and by their neighbours here.
"""

from __future__ import annotations

from collections.abc import Callable
from importlib import import_module
from typing import Any

Load = Callable[[str], Any]


def loaded(module: str, extra: str, load: Load = import_module) -> Any:
    """The module. Raises ValueError, which names what to install, when its package is not there.

    ``extra``: what stands in brackets behind ``torana``; empty for a package that every installation should have.
    """
    try:
        return load(module)
    except ModuleNotFoundError as fault:
        missing = (fault.name or module).partition(".")[0]
        wanted = f"torana[{extra}]" if extra else "torana"
        raise ValueError(f'the package {missing} is not installed: pip install "{wanted}"') from None
