"""Decides which arguments of command lines are passwords: each program has its own option for it.

Options that say their meaning (``--password``) are found by name elsewhere. Called by ``contexts``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from torana.guardrails.secrets.carriers import COMMON, Place
from torana.guardrails.secrets.values import password_like, placeholder, random_looking
from torana.ports.guardrail import Finding

_VALUE = r"""("[^"\n]{4,200}"|'[^'\n]{4,200}'|[^\s"'`|;&<>]{4,200})"""
# program, what lies between, option, value; -p of mysql takes no space, or it asks.
PATTERN = (
    r"\b(mysql[a-z]{0,10}|mariadb[a-z-]{0,10}|sshpass|(?:docker|podman|buildah|skopeo|nerdctl|helm registry|oras|az|oc) login|redis-cli"
    r"|mongo[a-z]{0,10}|ldap[a-z]{3,10}|sqlcmd|bcp|cqlsh|smbclient|7za?|unzip|zip|xfreerdp|htpasswd)\b([^\n|;&]{0,200}?[ \t])"
    rf"(-p|-P|-a|-w|/p:|--pass)(?:([ \t=]{{1,3}}){_VALUE}|{_VALUE})"
)
GROUPS = 6
_OPTIONS = {
    "mysql": "-p", "maria": "-p", "sshpa": "-p", "docke": "-p", "podma": "-p", "build": "-p", "skope": "-p", "nerdc": "-p", "helm ": "-p",
    "oras ": "-p", "az lo": "-p", "oc lo": "-p", "redis": "-a --pass", "mongo": "-p", "ldap": "-w", "sqlcm": "-P", "bcp": "-P", "cqlsh": "-p",
    "7z": "-p", "unzip": "-P", "zip": "-P", "xfree": "/p:",
}  # fmt: skip
_ATTACHED = ("mysql", "maria", "7z")
_PORTS = re.compile(r"[\d:./]+")


def argument(place: Place) -> Iterator[Finding]:
    """The password that a program is given."""
    program, option = place.group(1), place.group(3)
    if option not in next((options for name, options in _OPTIONS.items() if program.startswith(name)), "").split():
        return
    apart = place.spans[4][0] >= 0
    if apart and program.startswith(_ATTACHED):
        return
    start, end = place.value(5, 6)
    value = place.text[start:end]
    if value[0] in "\"'":
        start, end = start + 1, end - 1
        value = place.text[start:end]
    if placeholder(value) or value.lower() in COMMON or _PORTS.fullmatch(value):
        return
    if password_like(value) or random_looking(value, 10):
        yield Finding("password", start, end, 0.8)
