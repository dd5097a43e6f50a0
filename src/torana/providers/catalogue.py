"""Reads and checks ``catalogue.toml``: the hosts that need a row and no code.

It opens nothing and reads no environment. Called by ``wiring`` to learn which kinds of provider there are.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Annotated, Literal

import msgspec

_Name = Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z0-9_]*$")]
_Url = Annotated[str, msgspec.Meta(pattern=r"^https?://[^?#]+[^/?#]$")]
_EnvName = Annotated[str, msgspec.Meta(pattern=r"^([A-Z][A-Z0-9_]*)?$")]

Operation = Literal[
    "chat", "responses", "embeddings", "completions", "moderations", "image_generations", "image_edits", "image_variations",
    "rerank", "speech", "transcriptions", "translations", "files", "stored_responses",
]  # fmt: skip
"""What a host may offer: the operations of the dialects that ``openai_compatible`` has a route for; files with batches; answers of
``responses`` that are kept."""


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One host. Defaults are the least: a capability nobody wrote down is not there."""

    id: _Name
    title: str
    base_url: _Url | None = None
    """None where every installation has its own address."""
    key_env: _EnvName = ""
    needs_key: bool = True
    auth: str = "bearer"
    operations: tuple[Operation, ...] = ("chat",)
    capabilities: tuple[Literal["tools", "vision", "audio", "json_schema"], ...] = ()
    stream_usage: bool = True
    rename_fields: dict[str, str] = {}
    drop_fields: tuple[str, ...] = ()
    headers: dict[str, str] = {}
    serves: tuple[str, ...] = ()
    """Patterns of the model names that are this host's own."""
    priced_as: str = ""
    """Its name in the catalogue of prices (``genai-prices``); empty: its prices are not there."""
    source: str
    note: str = ""

    def defaults(self) -> dict[str, object]:
        """The Settings of ``openai_compatible`` that this row gives, under their names there; a file's go over them."""
        given: dict[str, object] = {
            "needs_key": self.needs_key,
            "auth": self.auth,
            "operations": self.operations,
            "capabilities": self.capabilities,
            "stream_usage": self.stream_usage,
            "rename_fields": self.rename_fields,
            "drop_fields": self.drop_fields,
            "headers": self.headers,
        }
        if self.base_url is not None:
            given["base_url"] = self.base_url
        return given


def read_rows(text: str) -> Mapping[str, Row]:
    """The rows of a catalogue's text, by id. Raises ValueError naming the row and field that is wrong."""
    rows: dict[str, Row] = {}
    for row_id, fields in tomllib.loads(text).items():
        try:
            row = msgspec.convert({"id": row_id, **fields}, Row)
        except (msgspec.ValidationError, TypeError) as fault:
            raise ValueError(f"catalogue row {row_id}: {fault}") from fault
        if row.needs_key and not row.key_env:
            raise ValueError(f"catalogue row {row_id}: it needs a key and names no key_env")
        rows[row_id] = row
    return MappingProxyType(rows)


@cache
def rows() -> Mapping[str, Row]:
    """The catalogue that came with this installation, by id; read once."""
    return read_rows(files("torana.providers").joinpath("catalogue.toml").read_text("utf-8"))
