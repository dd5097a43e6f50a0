"""What type a file is, by its content; and files that are two at once, which are refused.

It opens nothing but the list of an archive's entries. Called by ``opening``.
"""

from __future__ import annotations

import io
import re
import zipfile

import filetype

from torana.ports.files import Unreadable

PDF_HEADER_ANYWHERE = 1024
"""Readers look so far for a PDF's header (ISO 32000-1, annex H)."""
EOCD = b"PK\x05\x06"
LONGEST_EOCD = 22 + 65_535
TEXT_SEEN = 64 * 1024

IMAGES = frozenset({"png", "jpeg", "gif", "webp", "bmp", "tiff"})
ARCHIVES = frozenset({"zip"})
FAMILIES = {
    **dict.fromkeys(IMAGES, "image"),
    **dict.fromkeys(("zip", "gzip", "7z", "rar", "tar", "bz2", "xz", "zst"), "archive"),
    **dict.fromkeys(("csv", "json", "xml", "svg"), "text"),
}
"""Type → the name that a policy may give to all of its kind."""

_MAGIC = (
    (b"%PDF-", "pdf"), (b"PK\x03\x04", "zip"), (b"PK\x05\x06", "zip"), (b"\x89PNG\r\n\x1a\n", "png"), (b"\xff\xd8\xff", "jpeg"),
    (b"GIF87a", "gif"), (b"GIF89a", "gif"), (b"BM", "bmp"), (b"II*\0", "tiff"), (b"MM\0*", "tiff"),
    (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "ole"), (b"{\\rtf", "rtf"),
)  # fmt: skip
_PARTS = (("word/", "docx"), ("xl/", "xlsx"), ("ppt/", "pptx"))
_HTML = re.compile(
    r"\s*(?:<!--.*?-->\s*)*<(?:!doctype\s+html|html|head|body|title|meta|script|table|div|p|h[1-6]|a|br)\b",
    re.IGNORECASE | re.DOTALL,
)
_SVG = re.compile(
    r"\s*(?:<\?xml[^>]*\?>\s*)?(?:<!--.*?-->\s*|<!DOCTYPE\s+svg[^>]*>\s*)*<svg\b", re.IGNORECASE | re.DOTALL
)
_ODD = re.compile(r"[\x00-\x08\x0e-\x1a\x1c-\x1f]")


def sniff(content: bytes) -> str:
    """The type, such as ``pdf``; ``unknown`` for none that is known. Raises Unreadable for what is two at once, or none."""
    if not content:
        raise Unreadable("empty", "the file is empty")
    found = next((kind for magic, kind in _MAGIC if content.startswith(magic)), "")
    if content[:4] == b"RIFF" and content[8:12] == b"WEBP":
        found = "webp"
    if found != "pdf" and b"%PDF-" in content[:PDF_HEADER_ANYWHERE] and not _is_text(content):
        raise Unreadable("polyglot", "something stands before the header of the PDF")
    if found == "zip":
        return _packed(content)
    _alone(content, found)
    if found == "ole":
        return _compound(content)
    if found:
        return found
    guessed = filetype.guess(content)
    if guessed is not None and not _is_text(content):
        family = str(guessed.mime).partition("/")[0]
        return family if family in ("audio", "video") else str(guessed.extension)
    return _text_type(content)


def text_of(content: bytes) -> str | None:
    """The text that the bytes are: UTF-8, UTF-16 with a mark, else Windows-1252; None for what is no text."""
    for mark, encoding in ((b"\xef\xbb\xbf", "utf-8-sig"), (b"\xff\xfe", "utf-16"), (b"\xfe\xff", "utf-16")):
        if content.startswith(mark):
            return _decoded(content, encoding)
    found = _decoded(content, "utf-8")
    return found if found is not None else _decoded(content, "cp1252")


def _decoded(content: bytes, encoding: str) -> str | None:
    try:
        text = content.decode(encoding)
    except UnicodeDecodeError:
        return None
    return None if _ODD.search(text) else text


def _is_text(content: bytes) -> bool:
    return (
        text_of(content[:TEXT_SEEN].rstrip(b"\xf0\xe0\xc3\xe2")) is not None
        if b"\0" not in content[:TEXT_SEEN]
        else False
    )


def _text_type(content: bytes) -> str:
    text = text_of(content)
    if text is None:
        return "unknown"
    start = text[:TEXT_SEEN]
    if _SVG.match(start):
        return "svg"
    if start.lstrip()[:5] == "<?xml" and "<html" not in start[:2048].lower():
        return "xml"
    if _HTML.match(start) or (start.lstrip()[:1] == "<" and "<html" in start[:2048].lower()):
        return "html"
    if start.lstrip()[:1] in ("{", "["):
        return "json"
    return "csv" if _is_csv(start) else "text"


def _is_csv(start: str) -> bool:
    """Whether each of the first lines has the same number of separators, and at least one."""
    lines = [line for line in start.splitlines()[:20] if line.strip()]
    if len(lines) > 2 and len(start) == TEXT_SEEN:
        lines = lines[:-1]
    if len(lines) < 2:
        return False
    for sign in ",;\t|":
        counts = {len(re.sub(r'"[^"]*"', "", line).split(sign)) for line in lines}
        if len(counts) == 1 and counts.pop() > 1:
            return True
    return False


def _packed(content: bytes) -> str:
    """The type of what is packed as ZIP."""
    end = content.rfind(EOCD, max(0, len(content) - LONGEST_EOCD))
    if end < 0:
        raise Unreadable("truncated", "the archive has no end")
    if end + 22 + int.from_bytes(content[end + 20 : end + 22], "little") != len(content):
        raise Unreadable("polyglot", "something stands behind the end of the archive")
    try:
        with zipfile.ZipFile(io.BytesIO(content)) as archive:
            if getattr(archive, "start_dir", 0) and any(one.header_offset < 0 for one in archive.infolist()):
                raise Unreadable("malformed", "the archive's list of entries is wrong")
            names = [one.filename for one in archive.infolist()]
    except Unreadable:
        raise
    except (
        zipfile.BadZipFile,
        ValueError,
        OSError,
        EOFError,
        NotImplementedError,
        LookupError,
        OverflowError,
    ) as fault:
        raise Unreadable("malformed", "the archive cannot be read") from fault
    if "[Content_Types].xml" in names:
        for folder, kind in _PARTS:
            if any(name.startswith(folder) for name in names):
                return kind
    return "zip"


def _compound(content: bytes) -> str:
    """The type of an OLE file: what Office wrote before 2007, or an encrypted document."""
    if "EncryptedPackage".encode("utf-16-le") in content:
        raise Unreadable("encrypted", "the document is encrypted")
    return "ole"


def _alone(content: bytes, kind: str) -> None:
    """Raise Unreadable for a file that is an archive too, or a PDF with something behind its end."""
    tail = content[-LONGEST_EOCD:]
    end = tail.rfind(EOCD)
    if end >= 0 and end + 22 <= len(tail):
        comment = int.from_bytes(tail[end + 20 : end + 22], "little")
        if end + 22 + comment == len(tail):
            raise Unreadable("polyglot", "the file is an archive too")
    if kind == "pdf":
        marker = content.rfind(b"%%EOF")
        if marker < 0:
            raise Unreadable("truncated", "the PDF has no end")
        if content[marker + 5 :].strip(b"\r\n\t \0"):
            raise Unreadable("polyglot", "something stands behind the end of the PDF")
    if kind == "png" and not content.endswith(b"IEND\xaeB`\x82"):
        raise Unreadable(
            "truncated" if b"IEND\xaeB`\x82" not in content else "polyglot", "the PNG does not end with its end"
        )
