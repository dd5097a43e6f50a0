"""The question and the answer of trying a provider."""

from __future__ import annotations

from pydantic import BaseModel, Field


class TrialAsk(BaseModel, extra="forbid"):
    """What to try."""

    model: str = Field(
        default="", max_length=200, description="its name at the provider; empty: of the first deployment there"
    )


class TrialAnswer(BaseModel):
    """What became of a tiny request."""

    ok: bool
    model: str = Field(description="the model that was asked, by its name there")
    latency_ms: float
    receipt_id: str = Field(description="of the Receipt of the request")
    code: str = Field(description="empty when it went well; else as of any refused request")
    message: str = Field(description="what went wrong, for people")

    model_config = {
        "json_schema_extra": {
            "examples": [
                {
                    "ok": True,
                    "model": "gpt-4o-mini",
                    "latency_ms": 412.5,
                    "receipt_id": "0192f3a1b2c3",
                    "code": "",
                    "message": "",
                }
            ]
        }
    }
