"""Which tests one worker of a parallel run takes together: those of a file, so that what they share is started once.

A file that runs on each database is two such units, one for each; a mark ``xdist_group`` joins files. Called by pytest-xdist
through ``conftest``.
"""

from __future__ import annotations

import os
import re

import pytest
from xdist.remote import Producer
from xdist.scheduler.loadgroup import LoadGroupScheduling

from tests.databases import ENGINES

ENGINE = re.compile(rf"\[(?:[^\[\]]*-)?({'|'.join(ENGINES)})(?:-[^\[\]]*)?\]$")


class ByFile(LoadGroupScheduling):  # type: ignore[misc, unused-ignore]
    """Units in the order of the collection: those of many small files, ``unit``, come last and fill what is left."""

    def _split_scope(self, nodeid: str) -> str:
        group: str = super()._split_scope(nodeid)
        return group if group != nodeid else unit_of(nodeid)


def unit_of(nodeid: str) -> str:
    """The unit of a test without a group."""
    engine = ENGINE.search(nodeid)
    return f"{nodeid.partition('::')[0]} {engine[1] if engine else ''}"


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Producer) -> ByFile | None:
    """What distributes the tests, where nobody asks for another way."""
    if config.getvalue("dist") != "loadgroup":
        return None
    config.option.loadscopereorder = False
    return ByFile(config, log)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: many tests wait for other processes rather than compute."""
    return len(os.sched_getaffinity(0)) + 1 if hasattr(os, "sched_getaffinity") else (os.cpu_count() or 1) + 1
