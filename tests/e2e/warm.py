"""What a gateway works out once from its own code, worked out before the first one is forked. The mould reads this last."""

from __future__ import annotations

import sys

import msgspec

from torana.guardrails.secrets import issuers
from torana.wiring import find
from torana.wiring.settings_bind import fields_of

for folder in ("dialects", "guardrails", "providers", "sinks", "strategies"):
    find.ids(folder)
for name, module in list(sys.modules.items()):
    if name.startswith("torana.wiring.settings"):
        for thing in list(vars(module).values()):
            if isinstance(thing, type) and issubclass(thing, msgspec.Struct) and thing.__module__ == name:
                fields_of(thing)
issuers.load()
