"""``torana serve``: reads the settings, puts the building together, runs one process until it is told to stop.

It decides nothing about requests. Called by the CLI.
"""

from __future__ import annotations

import asyncio
import resource
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import uvloop

from torana import __version__
from torana.core.clock import SystemClock
from torana.core.ids import id_maker
from torana.core.tickets import Hold
from torana.dialects import openai_chat
from torana.edge.house import Bounds, House, Views
from torana.records.log import configure_logging
from torana.records.recorder import Recorder
from torana.stores.memory import MemoryCounters
from torana.upstream.direct_client import DirectUpstream
from torana.wiring.available import Available
from torana.wiring.build import Parts, dialects
from torana.wiring.environment import read_environment
from torana.wiring.find import available
from torana.wiring.live import Live
from torana.wiring.options import ServeOptions
from torana.wiring.process import Process
from torana.wiring.recording import Recording, recording_for
from torana.wiring.settings import Loaded, Settings, load
from torana.wiring.static_files import static_files
from torana.wiring.stored_keys import Follower, last_known
from torana.wiring.views import ready_view

MEBIBYTE = 1024 * 1024


def run(options: ServeOptions) -> int:
    """Serve until SIGTERM or SIGINT; the exit code. Raises ConfigError before anything was started."""
    raise_open_files()
    return uvloop.run(serve(options))


async def serve(options: ServeOptions) -> int:
    """Build and run."""
    return await build(options).run()
