"""Questions and answers about stored objects."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import BaseModel, Field

from torana.control.objects.book import Difference, ObjectRow

Document = Annotated[
    dict[str, Any], Field(description="as a row of its section in the configuration, without its name")
]
Name = Annotated[str, Field(min_length=1, max_length=200, description="what it is called; ids of rows are names too")]
Version = Annotated[
    int | None, Field(ge=0, description="the version it replaces, 0 for none; left out: whichever is there")
]


class ObjectShown(BaseModel):
    """One row of the configuration in force."""

    name: str
    kind: str = Field(description="its section of the configuration")
    source: str = Field(
        description="`stored` when it was written here, `file` when it stands in the configuration file"
    )
    version: int = Field(description="of a stored one; 0 for the file's")
    tenant: str = Field(description="whose it is; empty: the installation's, which is everybody's")
    document: Document | None = Field(description="null: it was withdrawn; secrets are shown as `masked:FINGERPRINT`")
    written_at: datetime | None = Field(default=None, description="when this version was written")
    written_by: str = Field(default="", description="who wrote it")
    edited_beneath: bool = Field(
        default=False, description="the file's row of this name was edited since; what is stored holds"
    )

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "name": "openai-eu", "kind": "providers", "source": "stored", "version": 2, "tenant": "acme",
                    "document": {"base_url": "https://ai.example/v1", "credentials": [{"api_key": "masked:5f1c09aa"}]},
                    "written_at": "2026-11-21T22:00:00Z", "written_by": "user:usr_1", "edited_beneath": False,
                }
            ]
        }
    }  # fmt: skip


class ObjectsAnswer(BaseModel):
    """Rows of one section."""

    items: list[ObjectShown]
    next_cursor: str | None = Field(default=None, description="for the next page; null: this is the last")


class ObjectAsk(BaseModel, extra="forbid"):
    """An object to write."""

    document: Document
    version: Version = None


class NamedAsk(ObjectAsk):
    """A new object."""

    name: Name


class RestoreAsk(BaseModel, extra="forbid"):
    """A version to go back to."""

    version: int = Field(ge=1, description="the version whose document is written again, as a new version")


class DifferenceShown(BaseModel):
    """A stored object beside the file's row of the same name."""

    kind: str
    name: str
    tenant: str
    version: int
    in_file: bool = Field(description="whether the file has a row of this name, which the stored one hides")
    edited_beneath: bool = Field(description="the file's row was edited since the stored one was written")
    fields: list[dict[str, Any]] = Field(description="`field`, `file` and `stored` of what differs; null: not said")


class DiffAnswer(BaseModel):
    """What is stored beside what the file says."""

    items: list[DifferenceShown]


class ApplyAsk(BaseModel, extra="forbid"):
    """Objects to write together."""

    yaml: str = Field(
        max_length=2_000_000, description="sections as in a configuration file, as `config/export` gives them"
    )
    prune: bool = Field(default=False, description="withdraw stored objects that the text does not name")
    dry_run: bool = Field(default=False, description="judge, tell, and write nothing")


class ChangeShown(BaseModel):
    """One object that changes."""

    kind: str
    name: str
    tenant: str
    change: str = Field(description="`written` or `withdrawn`")
    version: int = Field(description="the version that it becomes")


class ApplyAnswer(BaseModel):
    """What changed, or would."""

    changes: list[ChangeShown] = Field(description="none: everything was so already")
    written: bool = Field(description="false: a dry run, or nothing to do")


def shown(row: ObjectRow) -> ObjectShown:
    """A row in force."""
    return ObjectShown(
        name=row.name, kind=row.kind, source=row.source, version=row.version, tenant=row.tenant,
        document=dict(row.document), written_at=_moment(row.written_at), written_by=row.written_by,
        edited_beneath=row.edited_beneath,
    )  # fmt: skip


def shown_version(row: ObjectRow, withdrawn: bool) -> ObjectShown:
    """A version, also one that withdrew it."""
    found = shown(row)
    return found.model_copy(update={"document": None}) if withdrawn else found


def shown_difference(one: Difference) -> DifferenceShown:
    """A stored object beside the file's."""
    row = one.row
    return DifferenceShown(
        kind=row.kind, name=row.name, tenant=row.tenant, version=row.version, in_file=one.file is not None,
        edited_beneath=row.edited_beneath, fields=[dict(field) for field in one.fields],
    )  # fmt: skip


def _moment(at: float | None) -> datetime | None:
    return None if at is None else datetime.fromtimestamp(at, UTC)
