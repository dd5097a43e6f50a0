"""The console's files, read once from the package.

It serves nothing (the edge does). Called by ``serve``.
"""

from __future__ import annotations

import mimetypes
from importlib.resources import files
from importlib.resources.abc import Traversable

FOLDER = "static"
TEXT = ("text/", "application/javascript", "application/json", "image/svg")


def static_files() -> dict[str, tuple[bytes, bytes]]:
    """Path → content type and bytes. ``index.html`` is also ``/``. Empty when the package has no console."""
    found: dict[str, tuple[bytes, bytes]] = {}
    root = files("torana.edge").joinpath(FOLDER)
    if root.is_dir():
        _add(root, "/", found)
    if "/index.html" in found:
        found["/"] = found["/index.html"]
    return found


def _add(folder: Traversable, path: str, found: dict[str, tuple[bytes, bytes]]) -> None:
    for item in folder.iterdir():
        if item.is_dir():
            _add(item, f"{path}{item.name}/", found)
        elif item.is_file() and not item.name.startswith("."):
            kind = mimetypes.guess_type(item.name)[0] or "application/octet-stream"
            if kind.startswith(TEXT):
                kind += "; charset=utf-8"
            found[path + item.name] = (kind.encode(), item.read_bytes())
