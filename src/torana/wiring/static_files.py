"""The console's files, read once from the package: the built console, or the small page where none was built.

It serves nothing (the edge does). Called by ``serve``.
"""

from __future__ import annotations

import hashlib
import mimetypes
from importlib.resources import files
from importlib.resources.abc import Traversable

from torana.edge.static_file import StaticFile

BUILT = "console_build"
SMALL = "static"
SHELL = "/index.html"
TEXT = ("text/", "application/javascript", "application/json", "image/svg")
PACKED = {".br": b"br", ".gz": b"gzip"}
"""Ending of a packed twin → its content coding, the best first."""


def static_files(package: Traversable | None = None) -> dict[str, StaticFile]:
    """Path → file. ``index.html`` is also ``/``. Empty when the package has no console."""
    root = package or files("torana.edge")
    found = folder_files(root.joinpath(BUILT))
    if SHELL not in found:
        found = folder_files(root.joinpath(SMALL))
    if SHELL in found:
        found["/"] = found[SHELL]
    return found


def folder_files(root: Traversable) -> dict[str, StaticFile]:
    """Path → file of one folder, packed twins beside their plain file; hidden files stay hidden."""
    plain: dict[str, bytes] = {}
    if root.is_dir():
        _read(root, "/", plain)
    made: dict[str, StaticFile] = {}
    for path, body in plain.items():
        if any(path.endswith(ending) and path.removesuffix(ending) in plain for ending in PACKED):
            continue
        packed = {coding: plain[path + ending] for ending, coding in PACKED.items() if path + ending in plain}
        made[path] = StaticFile(_content_type(path), body, hashlib.sha256(body).hexdigest()[:20].encode(), packed)
    return made


def _content_type(path: str) -> bytes:
    kind = "font/woff2" if path.endswith(".woff2") else mimetypes.guess_type(path)[0] or "application/octet-stream"
    return (f"{kind}; charset=utf-8" if kind.startswith(TEXT) else kind).encode()


def _read(folder: Traversable, path: str, found: dict[str, bytes]) -> None:
    for item in folder.iterdir():
        if item.name.startswith("."):
            continue
        if item.is_dir():
            _read(item, f"{path}{item.name}/", found)
        elif item.is_file():
            found[path + item.name] = item.read_bytes()
