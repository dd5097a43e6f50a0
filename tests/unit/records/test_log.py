from __future__ import annotations

import io
import json
import logging
import subprocess
import sys
import textwrap

import pytest

from tests.receipts import a_receipt
from torana.core.tickets import ENDINGS
from torana.records.log import LEVEL_BY_ENDING, AccessLog, level_number, time_text
from torana.records.masking import PLAIN

SCRIPT = """
import logging, sys
from torana.records.log import configure_logging
from torana.core.secret import Secret
from torana.testing.clock import FakeClock

log = configure_logging("info", sys.stdout.buffer, FakeClock(now=1_750_000_000.5))
log.debug("too.quiet")
log.info("key.made", request_id="req-1", secret=Secret("open sesame"), header="Bearer abcdefghijkl")
try:
    raise RuntimeError("refused sk-abcdefghijkl")
except RuntimeError:
    log.exception("it.broke")
logging.getLogger("library").info("chatter")
logging.getLogger("library").error("failed with %s", "sk-abcdefghijkl")
log.bind(request_id="req-2").warning("odd", value=object)
"""


@pytest.fixture(scope="module")
def lines() -> list[dict[str, object]]:
    """What a process of its own logs: logging is configured once per process."""
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(SCRIPT)], capture_output=True, check=True)
    assert b"sesame" not in done.stdout
    assert b"abcdefghijkl" not in done.stdout
    assert done.stderr == b""
    return [json.loads(line) for line in done.stdout.splitlines()]


def test_every_line_begins_with_time_level_and_event(lines: list[dict[str, object]]) -> None:
    assert [list(line)[:3] for line in lines] == [["time", "level", "event"]] * len(lines)
    assert {line["time"] for line in lines} == {"2025-06-15T15:06:40.500Z"}


def test_lines_below_the_level_are_left_out(lines: list[dict[str, object]]) -> None:
    assert [line["event"] for line in lines] == ["key.made", "it.broke", "failed with " + str(mask()), "odd"]


def mask() -> str:
    return PLAIN.hint("sk-abcdefghijkl")


def test_levels_are_the_words_of_the_error_table(lines: list[dict[str, object]]) -> None:
    assert [line["level"] for line in lines] == ["info", "error", "error", "warning"]


def test_a_traceback_is_in_the_line_without_its_secret(lines: list[dict[str, object]]) -> None:
    assert "RuntimeError: refused sha256:" in str(lines[1]["exception"])


def test_what_a_library_logs_names_the_library(lines: list[dict[str, object]]) -> None:
    assert lines[2]["logger"] == "library"


def test_an_unknown_level_is_an_error_that_lists_the_known_ones() -> None:
    with pytest.raises(ValueError, match="info"):
        level_number("loud")


def access(level: str = "info", **fields: object) -> list[dict[str, object]]:
    stream = io.BytesIO()
    AccessLog(level, stream).write([a_receipt(1, **fields)])
    return [json.loads(line) for line in stream.getvalue().splitlines()]


def test_a_request_is_one_line_with_its_ids() -> None:
    (line,) = access()
    receipt = a_receipt(1)
    assert line["event"] == "request"
    assert line["level"] == "info"
    assert line["request_id"] == receipt.request_id
    assert line["receipt_id"] == receipt.receipt_id
    assert line["time"] == time_text(receipt.at + 0.8)
    assert "error_code" not in line


def test_a_secret_sent_as_the_model_is_masked() -> None:
    (line,) = access(model="sk-abcdefghijkl")
    assert line["model"] == mask()


@pytest.mark.parametrize(("ending", "level"), [("completed", "info"), ("deadline", "warning"), ("internal", "error")])
def test_the_level_goes_by_the_ending(ending: str, level: str) -> None:
    (line,) = access(ending=ending)
    assert line["level"] == level


def test_lines_below_the_level_are_not_written() -> None:
    assert access(level="warning") == []
    assert len(access(level="warning", ending="upstream_broken")) == 1


def test_every_ending_has_a_level() -> None:
    assert set(ENDINGS) <= set(LEVEL_BY_ENDING)
    assert set(LEVEL_BY_ENDING.values()) <= {name.lower() for name in logging.getLevelNamesMapping()}


def test_a_batch_is_one_write() -> None:
    class Counting(io.BytesIO):
        writes = 0

        def write(self, data: object) -> int:
            self.writes += 1
            return super().write(data)  # type: ignore[arg-type]

    stream = Counting()
    AccessLog("info", stream).write([a_receipt(number) for number in range(50)])
    assert stream.writes == 1
    assert len(stream.getvalue().splitlines()) == 50


def test_half_of_a_character_is_written_as_json_can_tell_it() -> None:
    said = 'log.info("half", text="of a character: \\ud800", header="Bearer abcdefghijkl")\n'
    script = SCRIPT[: SCRIPT.index("log.debug")] + said
    done = subprocess.run([sys.executable, "-c", textwrap.dedent(script)], capture_output=True, check=True)
    line = json.loads(done.stdout)
    assert line["text"] == "of a character: \ud800"
    assert "abcdefghijkl" not in line["header"]
