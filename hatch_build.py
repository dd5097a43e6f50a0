"""Puts the built console into wheels; an editable install is left to `make`, which builds it itself.

TORANA_SMALL_PAGE=1 makes a wheel without the console: the gateway then serves its small page.
"""

from __future__ import annotations

import importlib.util
import os
from pathlib import Path
from types import ModuleType
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface


class ConsoleHook(BuildHookInterface[Any]):
    """Builds the console unless it is up to date."""

    def dependencies(self) -> list[str]:
        """Node, where a build will need it."""
        console = script(Path(self.root))
        return [] if not wanted(console) or console.is_built(console.sources_digest()) else [console.NODE_WHEEL]

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Called by hatchling before it collects files."""
        console = script(Path(self.root))
        if version != "editable" and wanted(console):
            console.build()


def wanted(console: ModuleType) -> bool:
    """Whether this build shall hold the console, and its sources are here."""
    return not os.environ.get("TORANA_SMALL_PAGE") and (console.CONSOLE / "package.json").is_file()


def script(root: Path) -> ModuleType:
    """scripts/console.py."""
    spec = importlib.util.spec_from_file_location("torana_console_script", root / "scripts" / "console.py")
    if spec is None or spec.loader is None:
        raise RuntimeError("scripts/console.py is missing")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module
