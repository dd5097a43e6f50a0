"""ZIP archives, where the policy lets them be opened: each file in them is read like any other.

Called by ``opening``.
"""

from __future__ import annotations

from torana.files.packed import Packed
from torana.files.reading import Opened, Reading, shown
from torana.ports.files import NoCopy


class Archive:
    """An archive that was opened."""

    def __init__(self, content: bytes, reading: Reading) -> None:
        """Raises Unreadable."""
        self._packed = Packed(content, reading)
        self._inner: list[tuple[str, Opened]] = []
        if not reading.how.archives:
            reading.could_not_read("archive", "archive")
            return
        for name in self._packed.names:
            opened = reading.inner(self._packed.read(name), shown(name))
            if opened is not None:
                self._inner.append((name, opened))

    @property
    def changed(self) -> bool:
        """Whether something was put into a file of it."""
        return any(opened.changed for _, opened in self._inner)

    def copy(self) -> bytes:
        """It, with copies of the files into which something was put. Raises NoCopy."""
        new = {name: opened.copy() for name, opened in self._inner if opened.changed}
        if not new:
            raise NoCopy
        return self._packed.copy(new)


def open_archive(content: bytes, reading: Reading) -> Opened:
    """An archive. Raises Unreadable."""
    return Archive(content, reading)
