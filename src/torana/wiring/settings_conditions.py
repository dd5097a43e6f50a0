"""Checks of ``when`` of deployments: every condition looks at something that there is.

Called by ``settings.load``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from torana.line.conditions import CALLER, CALLER_PARTS, CLAIM, HEADER, METADATA
from torana.line.identify import SECRET_HEADERS
from torana.wiring.problems import Path, Report, did_you_mean

if TYPE_CHECKING:
    from torana.wiring.settings import Settings

_TOKEN = re.compile(r"[A-Za-z0-9!#$%&'*+.^_`|~-]+")
"""A header's name: RFC 9110, section 5.1."""


def check_conditions(settings: Settings, report: Report) -> None:
    """Report every condition that nothing could ever meet, or that would hold a credential."""
    for at, model in enumerate(settings.models):
        for place, one in enumerate(model.deployments):
            for name in one.when:
                check_condition(("models", at, "deployments", place, "when", name), name, report)


def check_condition(path: Path, name: str, report: Report) -> None:
    """Report one condition that nothing could ever meet, or that would hold a credential."""
    kind, _, rest = name.partition(".")
    if f"{kind}." == HEADER:
        if not _TOKEN.fullmatch(rest):
            report.error(path, f'"{rest}" is no name of a header', "such as header.x-region")
        elif rest.lower() in SECRET_HEADERS:
            report.error(path, "a condition cannot look at a credential", "use metadata.NAME of the key")
    elif f"{kind}." == CALLER:
        if rest not in CALLER_PARTS:
            report.error(path, f'a caller has no "{rest}"', did_you_mean(rest, CALLER_PARTS) or ", ".join(CALLER_PARTS))
    elif f"{kind}." not in (METADATA, CLAIM) or not rest:
        report.error(path, "looks at nothing there is", "such as metadata.plan, header.x-region or caller.team")
