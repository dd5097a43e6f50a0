"""From what a foreign row says of a provider to a row of our ``providers``: address, credential, headers, patience.

It chooses no kind and knows no file format. Used by the readers of foreign configurations.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import NamedTuple
from urllib.parse import urlsplit

from torana.wiring.available import Available
from torana.wiring.imports.check import refused
from torana.wiring.imports.draft import URL_HERE, Draft, Ref, Row, Value, why_no_name
from torana.wiring.imports.kinds import Kind
from torana.wiring.imports.report import Findings
from torana.wiring.imports.source import Source
from torana.wiring.references import NAME

NO_KEYS = frozenset({"", "none", "null", "empty", "dummy", "fake", "fake-key", "no-key", "not-needed", "anything"})
"""What people write where a key must stand and none is needed."""
LONGEST_S = 86_400
HEADER = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")


@dataclass(frozen=True)
class Desk:
    """What a reader works with: the draft it fills, the findings it notes, and how the source writes references."""

    draft: Draft
    findings: Findings
    available: Available
    reference: str = ""
    """What stands before an environment name, such as ``os.environ/``; empty: the source has no references."""

    def name_in(self, text: str) -> str:
        """The environment name that a text refers to; empty for any other text."""
        name = text.removeprefix(self.reference).strip()
        return name if self.reference and text.startswith(self.reference) and NAME.fullmatch(name) else ""

    def secret(self, source: Source, wanted: str) -> Ref:
        """A secret as a reference. One that is written out gets a name near ``wanted``, and a finding that says so."""
        text = source.text()
        name = self.name_in(text)
        if name:
            ref = self.draft.names.ref(name)
            self.findings.carried(source.at, f"as ${{{name}}}")
            return ref
        ref = self.draft.names.invent(text, wanted)
        self.findings.changed(
            source.at, "a secret written out in the source; it is not repeated here", f"set {ref.name} to it"
        )
        return ref

    def text(self, source: Source) -> Value | None:
        """A text that is no secret; None when it cannot stand in our file."""
        text = source.text()
        name = self.name_in(text)
        if name:
            return self.draft.names.ref(name)
        why = why_no_name(text)
        if why:
            self.findings.lost(source.at, why)
            return None
        return text


class Params(NamedTuple):
    """What a foreign row says of its provider, under our names."""

    kind: Kind
    stem: str
    """What invented environment names begin with."""
    address: Source | None = None
    settings: Mapping[str, Source] = {}
    """Further settings by our name: api_version, region …"""
    credential: Mapping[str, Source] = {}
    """The parts of its credential by our name: api_key …"""
    headers: Mapping[str, Source] = {}
    times: Mapping[str, Source] = {}
    """Patience by phase: first_token, total."""
    tick: Decimal = Decimal(1)
    """Seconds that one unit of ``times`` is."""


def provider_row(desk: Desk, row: Source, params: Params) -> Row | None:
    """The row of ``providers`` without its id; None when it would not reach the same place (a finding says why)."""
    kind = params.kind
    settings: Row = {"kind": kind.name}
    if params.address is None and "base_url" in kind.needed:
        desk.findings.lost(row.at, f'the kind "{kind.name}" needs an address, and none is given')
        return None
    if params.address is not None and not _address(desk, params, settings):
        return None
    for name, source in params.settings.items():
        if name not in kind.fields:
            desk.findings.lost(source.whole().at, f'the kind "{kind.name}" has no such setting here', "leave it out")
        elif (value := desk.text(source)) is not None:
            settings[name] = value
            desk.findings.carried(source.at, f"{name} of the provider")
    missing = sorted(kind.needed - settings.keys())
    if missing:
        desk.findings.lost(row.at, f'the kind "{kind.name}" needs {", ".join(missing)}', "add the row by hand")
        return None
    credential = _credential(desk, row, params)
    if credential:
        settings["credentials"] = [credential]
    _headers(desk, params, settings)
    if "timeout_s" in kind.fields:
        settings.update(_patience(desk, params))
    for source in params.times.values() if "timeout_s" not in kind.fields else ():
        desk.findings.lost(source.whole().at, f'the kind "{kind.name}" has no time-outs')
    why = refused(settings, desk.draft.names.needs, desk.available)
    if why:
        desk.findings.lost(row.at, f'the kind "{kind.name}" refuses it: {why}', "add the provider by hand")
        return None
    return settings


def _patience(desk: Desk, params: Params) -> Row:
    found: Row = {}
    for phase, source in params.times.items():
        value = seconds(desk, source, params.tick)
        if value is not None:
            found[phase] = value
            desk.findings.carried(source.at, f"timeout_s.{phase} of the provider")
    return {"timeout_s": found} if found else {}


def _address(desk: Desk, params: Params, settings: Row) -> bool:
    source = params.address
    assert source is not None  # noqa: S101 - the caller's case
    if "base_url" not in params.kind.fields:
        desk.findings.lost(source.whole().at, f'the kind "{params.kind.name}" has an address of its own', "see its row")
        return False
    text = source.text()
    name = desk.name_in(text)
    if name:
        settings["base_url"] = desk.draft.names.ref(name, URL_HERE)
        desk.findings.carried(source.at, f"as ${{{name}}}")
        if params.kind.path:
            desk.findings.changed(source.at, f"the address must end in {params.kind.path}", f"see to it in {name}")
        return True
    if not _is_plain_url(text):
        desk.findings.lost(
            source.at, "no plain http or https address: it is empty, or holds a user, a query or a blank",
            "add the provider by hand; what is secret in the address belongs under credentials",
        )  # fmt: skip
        return False
    settings["base_url"] = text
    if params.kind.path and not urlsplit(text).path.strip("/"):
        settings["base_url"] = text.rstrip("/") + params.kind.path
        desk.findings.changed(source.at, f"{params.kind.path} is put behind it: the OpenAI-compatible door")
    else:
        desk.findings.carried(source.at, "base_url of the provider")
    return True


def _is_plain_url(text: str) -> bool:
    if not text.isascii() or not text.isprintable() or any(char in text for char in ' ?#$@\\"'):
        return False
    try:
        parts = urlsplit(text)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False


def _credential(desk: Desk, row: Source, params: Params) -> Row:
    kind = params.kind
    found: dict[str, Source] = {}
    for name, source in params.credential.items():
        if name in kind.credential:
            found[name] = source
        else:
            desk.findings.lost(source.whole().at, f'a credential of the kind "{kind.name}" has no such part here')
    key = found.get("api_key")
    if key is not None and not kind.needs_key and key.text().strip().lower() in NO_KEYS:
        desk.findings.changed(key.at, "left out: a word that stands for no key")
        del found["api_key"]
    if kind.credential_needed - found.keys():
        for source in found.values():
            desk.findings.lost(source.whole().at, f'a credential of the kind "{kind.name}" needs more than this')
        return _usual_key(desk, row, params)
    return {name: desk.secret(source, f"{params.stem}_{name}") for name, source in found.items()}


def _usual_key(desk: Desk, row: Source, params: Params) -> Row:
    """The key that is looked for in the environment when none is written."""
    kind = params.kind
    if not kind.needs_key or "api_key" not in kind.credential:
        return {}
    name = kind.secret or f"{params.stem.upper()}_API_KEY"
    desk.findings.changed(row.at, f"no key is written: it is taken from {name}", f"set {name}")
    return {"api_key": desk.draft.names.ref(name)}


def _headers(desk: Desk, params: Params, settings: Row) -> None:
    headers: Row = {}
    for name, source in params.headers.items():
        if "headers" not in params.kind.fields or not HEADER.fullmatch(name):
            desk.findings.lost(source.whole().at, "this header cannot be sent", "add it by hand where it is needed")
        else:
            headers[name] = desk.secret(source, f"{params.stem}_header_{name}")
    if headers:
        settings["headers"] = headers


def seconds(desk: Desk, source: Source | None, scale: Decimal = Decimal(1)) -> Decimal | None:
    """Seconds that our file takes; None, with a finding, for anything else."""
    if source is None:
        return None
    number = source.number()
    if number is None or not 0 < number * scale <= LONGEST_S:
        desk.findings.lost(source.whole().at, "no time between 0 and a day", "set timeout_s of the provider by hand")
        return None
    return (number * scale).normalize()


def every_unread(desk: Desk, root: Source, reason: Callable[[Source], tuple[str, str]]) -> None:
    """Note whatever nobody has looked at; ``reason`` says why and what to do."""
    for one in root.unread():
        desk.findings.lost(one.at, *reason(one))
