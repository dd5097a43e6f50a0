"""Whether an imported configuration loads: our own ``load`` over it, with a made-up environment.

It keeps nothing on disk. ``refused`` tries one provider by itself. Called by ``torana config import-…``, by ``hosts.py`` and by tests.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory

from torana.wiring.available import Available
from torana.wiring.imports.draft import Draft, Imported, Names, Row
from torana.wiring.imports.report import Findings
from torana.wiring.options import Overrides
from torana.wiring.problems import ConfigError
from torana.wiring.settings import Loaded, load


def loaded(result: Imported, available: Available) -> Loaded:
    """The configuration as ``serve`` would read it. Raises ConfigError: then the import is at fault."""
    with TemporaryDirectory(prefix="torana-import-") as folder:
        path = Path(folder) / "torana.yaml"
        path.write_text(result.text, encoding="utf-8")
        return load(path, result.needs, Overrides(), available)


def refused(settings: Row, needs: Mapping[str, str], available: Available) -> str:
    """Why a row of ``providers`` (without its id) does not load by itself; empty when it does.

    A kind may ask for more than its fields show; no value of the row is in the answer.
    """
    draft = Draft(Names(set(), dict(needs)))
    draft.provider(str(settings["kind"]), settings)
    try:
        loaded(Imported(draft.text([]), Findings(), needs), available)
    except ConfigError as fault:
        return "; ".join(f"{one.path.rpartition('].')[2]} {one.message}" for one in fault.problems)
    return ""
