"""A small set of plug-ins to check configurations against, so that cases do not change when the catalogue grows."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated

import msgspec

from torana.core.secret import Secret
from torana.sinks import splunk_hec, webhook
from torana.wiring.available import Available, GuardrailKind, ProviderKind
from torana.wiring.environment import Environ
from torana.wiring.options import Overrides
from torana.wiring.settings import Loaded, Mode, load


class Credential(msgspec.Struct, frozen=True, kw_only=True):
    api_key: Secret
    weight: Annotated[int, msgspec.Meta(ge=1)] = 1


class Times(msgspec.Struct, frozen=True, kw_only=True):
    connect: Annotated[float, msgspec.Meta(gt=0)] = 5.0
    first_token: float | None = None
    idle: float = 30.0


class Hosted(msgspec.Struct, frozen=True, kw_only=True):
    base_url: str
    credentials: tuple[Credential, ...] = ()
    needs_key: bool = False
    timeout_s: Times = Times()
    headers: dict[str, str] = {}
    network: str = ""
    pet: str = "cat"

    def __post_init__(self) -> None:
        if self.pet == "dragon":
            raise ValueError("pet: no dragons")


class Nothing(msgspec.Struct, frozen=True, kw_only=True):
    prefix: str = ""


class Keywords(msgspec.Struct, frozen=True, kw_only=True):
    words: tuple[str, ...]


RENTED = {"base_url": "https://rented.example/v1", "needs_key": True}
OFFER = Available(
    providers={
        "echo": ProviderKind(lambda: Nothing),
        "hosted": ProviderKind(lambda: Hosted, "HOSTED_KEY", passes=True, probes=True),
        "rented": ProviderKind(lambda: Hosted, "RENTED_KEY", ("gpt-4o-mini", "gpt-*", "claude-*"), RENTED),
    },
    strategies=frozenset({"priority", "weighted"}),
    guardrails={"keywords": GuardrailKind(lambda: Keywords)},
    sinks={"webhook": lambda: webhook.Settings, "splunk_hec": lambda: splunk_hec.Settings},
)


def read(
    text: str | Path = "", environ: Mapping[str, str] | None = None, *, overrides: Overrides | None = None,
    demo: bool = False,
) -> Loaded:  # fmt: skip
    """Load a configuration given as text in a file of its own folder, or as a path."""
    given = environ if environ is not None else Environ()
    return load(text if isinstance(text, Path) else None, given, overrides or Overrides(), OFFER, Mode(demo=demo))


def written(folder: Path, text: str) -> Path:
    """The text as torana.yaml."""
    path = folder / "torana.yaml"
    path.write_text(text, encoding="utf-8")
    return path
