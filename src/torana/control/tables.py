"""Tables as CSV (RFC 4180): any list of the control plane that was asked for so, streamed, safe to open in a spreadsheet.

It decides no column. Called by the routes of rooms that show tables.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import AsyncIterator, Iterable, Mapping, Sequence
from typing import Any, Literal

from fastapi import Request
from fastapi.responses import StreamingResponse
from pydantic import BaseModel

Format = Literal["json", "csv"]
STARTS_A_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n")
"""What makes a spreadsheet take a cell for a formula (OWASP, CSV injection)."""
NUMBER = re.compile(r"[+-]?[0-9]+(\.[0-9]+)?")


def wants_csv(request: Request, asked: Format | None) -> bool:
    """Whether the answer is to be CSV: by ``?format=csv``, else by the Accept header."""
    if asked is not None:
        return asked == "csv"
    first = request.headers.get("accept", "").partition(",")[0].partition(";")[0].strip().lower()
    return first == "text/csv"


def cell(value: Any) -> str:
    """A value as it stands in a cell; a text that would be a formula is made a plain text by an apostrophe."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return "true" if value else "false"
    text = str(value)
    if text.startswith(STARTS_A_FORMULA) and not NUMBER.fullmatch(text):
        return f"'{text}"
    return text


def written(rows: Iterable[Sequence[Any]]) -> bytes:
    """Rows as lines of CSV."""
    page = io.StringIO()
    csv.writer(page).writerows([cell(value) for value in row] for row in rows)
    return page.getvalue().encode()


def flat(row: BaseModel | Mapping[str, Any]) -> dict[str, Any]:
    """The plain members of a row; of members that have members, those, joined by an underscore. Lists are left out."""
    found: dict[str, Any] = {}
    members = row.model_dump(mode="json") if isinstance(row, BaseModel) else row
    for name, value in members.items():
        if isinstance(value, Mapping):
            found |= {f"{name}_{inner}": one for inner, one in flat(value).items()}
        elif not isinstance(value, list):
            found[name] = value
    return found


def table(name: str, rows: Sequence[BaseModel | Mapping[str, Any]], columns: Sequence[str] = ()) -> StreamingResponse:
    """All rows as a file. ``columns``: instead of those of the first row, and for a table without any."""

    async def pages() -> AsyncIterator[Sequence[BaseModel | Mapping[str, Any]]]:
        yield rows

    named = columns or (tuple(flat(rows[0])) if rows else ())
    return paged_table(name, named, pages())


def paged_table(
    name: str, columns: Sequence[str], pages: AsyncIterator[Sequence[BaseModel | Mapping[str, Any]]]
) -> StreamingResponse:
    """A file whose rows come page by page: never more than one in memory."""

    async def parts() -> AsyncIterator[bytes]:
        yield written([columns])
        async for page in pages:
            flattened = map(flat, page)
            yield written([one.get(column) for column in columns] for one in flattened)

    headers = {"content-disposition": f'attachment; filename="{name}.csv"', "x-content-type-options": "nosniff"}
    return StreamingResponse(parts(), media_type="text/csv; charset=utf-8", headers=headers)
