"""The console's files, held in memory: the built console, or the small page where none was built.

A build made while the gateway runs is taken with the next page. It serves nothing (the edge does). Called by ``serve``.
"""

from __future__ import annotations

import hashlib
import mimetypes
from collections.abc import Iterator, Mapping
from importlib.resources import files
from importlib.resources.abc import Traversable
from pathlib import Path

from torana.edge.static_file import StaticFile

BUILT = "console_build"
SMALL = "static"
SHELL = "/index.html"
HOME = "/"
PARTS = "/assets/"
"""Below it every name holds a digest of the content."""
TEXT = ("text/", "application/javascript", "application/json", "image/svg")
PACKED = {".br": b"br", ".gz": b"gzip"}
"""Ending of a packed twin → its content coding, the best first."""


class ConsoleFiles(Mapping[str, StaticFile]):
    """Path → file, of the newest build. Parts of earlier ones stay, for pages that are open."""

    def __init__(self, root: Traversable) -> None:
        self._root = root
        self._seen = self._mark()
        self._files = newest(root)

    def __getitem__(self, path: str) -> StaticFile:
        """The file. Raises KeyError."""
        if path in (HOME, SHELL):
            self._follow()
        return self._files[path]

    def __iter__(self) -> Iterator[str]:
        return iter(self._files)

    def __len__(self) -> int:
        return len(self._files)

    def _follow(self) -> None:
        mark = self._mark()
        if mark in (self._seen, None):  # none: a build is under way
            return
        fresh = newest(self._root)
        if SHELL in fresh:
            self._seen = mark
            self._files = {path: file for path, file in self._files.items() if path.startswith(PARTS)} | fresh

    def _mark(self) -> tuple[int, int] | None:
        """What changes with each build; None: there is none, or the package is no folder."""
        shell = self._root.joinpath(BUILT).joinpath(SHELL.removeprefix("/"))
        if not isinstance(shell, Path):
            return None
        try:
            told = shell.stat()
        except OSError:
            return None
        return told.st_mtime_ns, told.st_ino


def static_files(package: Traversable | None = None) -> Mapping[str, StaticFile]:
    """Path → file. ``index.html`` is also ``/``. Empty when the package has no console."""
    return ConsoleFiles(package or files("torana.edge"))


def newest(root: Traversable) -> dict[str, StaticFile]:
    """The files as they are now."""
    found = folder_files(root.joinpath(BUILT))
    if SHELL not in found:
        found = folder_files(root.joinpath(SMALL))
    if SHELL in found:
        found[HOME] = found[SHELL]
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
