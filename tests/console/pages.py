"""The pages of the console's navigation, read from its sources: path, label and permission of each. It clicks nothing."""

from __future__ import annotations

import re

from tests.e2e.process import REPO
from torana.control.permissions import of_role

APP = REPO / "console" / "src" / "app"
ENTRY = re.compile(
    r'path: "(?P<path>[^"]*)", label: pages\.(?P<label>\w+), .*?(?:permission: "(?P<permission>[^"]+)".*)?\}'
)


def pages() -> list[tuple[str, str, str]]:
    """Path, label and permission of every page of the navigation; no permission: for all who are signed in."""
    words = (APP / "strings.ts").read_text(encoding="utf-8")
    labels = dict(re.findall(r'(\w+): "([^"]*)"', words[words.index("pages: {") : words.index("skip:")]))
    lines = (APP / "navigation.ts").read_text(encoding="utf-8").splitlines()
    found = [found for line in lines if (found := ENTRY.search(line))]
    return [(one["path"], labels[one["label"]], one["permission"] or "") for one in found]


def is_theirs(role: str, permission: str) -> bool:
    """Whether a page that asks for this permission is shown to this role."""
    return permission == "" or permission in of_role(role)
