"""What the command line asks for: plain values, before any file or environment is read.

It decides nothing. Written by ``wiring/cli``, read by ``wiring/settings.py`` (Overrides) and ``wiring/serve.py``.
"""

from __future__ import annotations

from pathlib import Path

import msgspec

ROLES = ("all", "data", "control")


class Overrides(msgspec.Struct, frozen=True, kw_only=True):
    """Settings given on the command line; None: not given. They win over environment, file and defaults."""

    host: str | None = None
    port: int | None = None
    data_dir: str | None = None


class ServeOptions(msgspec.Struct, frozen=True, kw_only=True):
    """One ``torana serve``."""

    config: Path | None = None
    """The file named by ``--config``; None: TORANA_CONFIG, else torana.yaml in the working folder, else none."""
    overrides: Overrides = Overrides()
    dev: bool = False
    demo: bool = False
    workers: int = 1
    worker: int = 0
    """Which of the workers this process is."""
    listening: int | None = None
    """The descriptor of a socket that the workers share; None: the process listens by itself."""
    parent: int | None = None
    """A descriptor that ends when the parent of the workers does; None: there is no parent."""
    role: str = "all"
    """One of ROLES."""
