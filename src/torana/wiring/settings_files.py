"""Settings of files: what reading one may take, and what policies say of them.

How policies about files combine stands in ``core/file_terms.py``. Part of ``settings.Settings`` and of policies.
"""

from __future__ import annotations

from typing import Annotated, Literal

import msgspec

from torana.core.file_terms import FileTerms
from torana.ports.files import MEBIBYTE, Limits
from torana.wiring.settings_forms import Seconds, Texts, says

TYPES = (
    "pdf", "docx", "xlsx", "pptx", "html", "text", "csv", "json", "xml", "svg",
    "image", "png", "jpeg", "gif", "webp", "bmp", "tiff",
    "archive", "zip", "gz", "7z", "rar", "tar", "ole", "rtf", "audio", "video", "unknown",
)  # fmt: skip
"""Types and families that a policy may name."""


class Files(msgspec.Struct, frozen=True, kw_only=True):
    """``files``: what reading one file may take. Whatever takes more is refused."""

    enabled: Annotated[bool, says("whether files are read at all; else they pass unseen")] = True
    workers: Annotated[int, says("processes that read files, for each gateway process", ge=1, le=64)] = 2
    queue: Annotated[int, says("files that may wait for one; more are 503", ge=1, le=10_000)] = 32
    max_mb: Annotated[int, says("largest file, in MiB", ge=1, le=512)] = 20
    pages: Annotated[int, says("most pages of a document, frames of a picture", ge=1, le=10_000)] = 300
    cells: Annotated[int, says("most cells, lines and paragraphs", ge=100, le=5_000_000)] = 500_000
    characters: Annotated[int, says("most characters of text", ge=1000, le=50_000_000)] = 4_000_000
    megapixels: Annotated[int, says("largest picture", ge=1, le=1000)] = 60
    entries: Annotated[int, says("most entries of an archive, those in archives within it too", ge=1, le=100_000)] = (
        2_000
    )
    unpacked_mb: Annotated[int, says("how large its entries may be together, in MiB", ge=1, le=4096)] = 256
    nesting: Annotated[int, says("how deep files may lie in files", ge=1, le=10)] = 3
    ocr_pages: Annotated[int, says("pictures and pages of one file that are read by OCR", ge=1, le=1000)] = 20
    seconds: Annotated[Seconds, says("seconds for one file, OCR included")] = 60.0
    memory_mb: Annotated[int, says("address space of the process that reads one file, in MiB", ge=256, le=65_536)] = (
        1536
    )


class PolicyFiles(msgspec.Struct, frozen=True, kw_only=True):
    """``files`` of a policy. What is null says nothing."""

    mode: Annotated[
        Literal["flag", "redact", "replace", "block"] | None,
        says("what becomes of a file in which a guardrail wants something replaced; null: redact"),
    ] = None
    types: Annotated[Texts | None, says("types that may come in, by content; null: all")] = None
    archives: Annotated[bool | None, says("whether ZIP archives are opened and read; null: no")] = None
    max_mb: Annotated[int | None, says("largest file, in MiB", ge=1, le=512)] = None
    ocr: Annotated[
        Literal["off", "auto", "required"] | None,
        says(
            "pictures: `off` unread, `auto` read where OCR is at hand, `required` refused where it is not; null: auto"
        ),
    ] = None
    remote: Annotated[
        Literal["allow", "block"] | None, says("files named by address or id, which nobody sees; null: as on_error")
    ] = None
    active: Annotated[
        Literal["allow", "flag", "block"] | None,
        says("macros, scripts, embedded objects, content fetched from elsewhere; null: flag"),
    ] = None
    on_error: Annotated[Literal["closed", "open"] | None, says("what could not be read; null: closed")] = None


def limits_of(files: Files) -> Limits:
    """What one file may take."""
    return Limits(
        max_bytes=files.max_mb * MEBIBYTE,
        pages=files.pages,
        cells=files.cells,
        characters=files.characters,
        pixels=files.megapixels * 1_000_000,
        entries=files.entries,
        unpacked_bytes=files.unpacked_mb * MEBIBYTE,
        nesting=files.nesting,
        ocr_pages=files.ocr_pages,
        seconds=files.seconds,
        memory_bytes=files.memory_mb * MEBIBYTE,
    )


def terms_of(said: PolicyFiles) -> FileTerms:
    """What a policy says, in the line's words. A policy that speaks of files is closed unless it says ``open``."""
    return FileTerms(
        said.mode or "",
        None if said.types is None else frozenset(said.types),
        said.archives,
        said.max_mb,
        said.ocr or "",
        said.remote or "",
        said.active or "",
        said.on_error or "",
    )
