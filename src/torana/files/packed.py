"""ZIP archives, opened with care: bombs, entries that overlap or are there twice, encrypted and broken ones are refused.

Nothing is written to a disk. Used by ``ooxml`` and ``archives``.
"""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Mapping

from torana.files.reading import Reading
from torana.ports.files import Unreadable

FAULTS = (
    zipfile.BadZipFile, zlib.error, ValueError, OSError, EOFError, NotImplementedError, LookupError, RuntimeError, OverflowError,
)  # fmt: skip
"""What ``zipfile`` raises for archives that are broken."""


class Packed:
    """The entries of an archive."""

    def __init__(self, content: bytes, reading: Reading) -> None:
        """Raises Unreadable."""
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(content))
            self._entries = [one for one in self._archive.infolist() if not one.is_dir()]
        except FAULTS as fault:
            raise Unreadable("malformed", "the archive cannot be read") from fault
        names = [one.filename for one in self._entries]
        if len(set(names)) != len(names):
            raise Unreadable("malformed", "the archive has two entries of one name")
        if any(one.flag_bits & 0x1 for one in self._entries):
            raise Unreadable("encrypted", "the archive is encrypted")
        if sum(one.compress_size for one in self._entries) > len(content):
            raise Unreadable("bomb", "entries of the archive lie in each other")
        for one in self._entries:
            reading.unpack(one.compress_size, one.file_size)
        self.names = names

    def read(self, name: str) -> bytes:
        """An entry. Raises Unreadable."""
        try:
            return self._archive.read(name)
        except FAULTS as fault:
            raise Unreadable("malformed", "an entry of the archive cannot be read") from fault

    def copy(self, changed: Mapping[str, bytes], without: frozenset[str] = frozenset()) -> bytes:
        """The archive with other entries under these names. Comments and extra fields are left out."""
        out = io.BytesIO()
        with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
            for one in self._entries:
                if one.filename in without:
                    continue
                content = changed[one.filename] if one.filename in changed else self.read(one.filename)
                info = zipfile.ZipInfo(one.filename, one.date_time)
                info.compress_type = (
                    zipfile.ZIP_STORED if one.compress_type == zipfile.ZIP_STORED else zipfile.ZIP_DEFLATED
                )
                archive.writestr(info, content)
        return out.getvalue()
