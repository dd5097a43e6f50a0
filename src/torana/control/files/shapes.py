"""Answers of the file routes, and the form that they take."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, Field

FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {
                        "file": {
                            "type": "string",
                            "format": "binary",
                            "description": "the file; its type is told by its content",
                        },
                        "policy": {
                            "type": "string",
                            "description": "name of a policy; left out: all that hold for you",
                        },
                        "mode": {"type": "string", "enum": ["flag", "redact", "replace", "block"]},
                        "copy": {
                            "type": "string",
                            "enum": ["true", "false"],
                            "description": "whether `copy` is wanted",
                        },
                    },
                }
            }
        },
    }
}
"""For the description of the API: the body is read by hand, so that nothing of it is written to a disk."""


class ScanAnswer(BaseModel):
    """What a file is, what is in it, and what guardrails make of it."""

    policy: str = Field(description="names and version of the policies")
    type: str = Field(description="by content: pdf, docx, xlsx, pptx, html, csv, text, png, jpeg, zip …")
    pages: int
    characters: int
    pieces: dict[str, int] = Field(
        description="pieces of text by kind: text, ocr, hidden, comment, metadata, formula, link"
    )
    passed: bool = Field(description="nothing was found and nothing went unread")
    blocked: bool
    message: str
    verdicts: list[str]
    findings: list[dict[str, Any]] = Field(
        description="guardrail, kind, place (page, sheet and cell, box); never the value"
    )
    notes: list[dict[str, Any]] = Field(description="macros, scripts, embedded objects, hidden sheets, comments …")
    unread: list[dict[str, Any]] = Field(description="what nobody here could read")
    text: str = Field(description="the text as it would go on; empty when blocked")
    copy_base64: str | None = Field(default=None, description="where `copy` was wanted and something was found")
