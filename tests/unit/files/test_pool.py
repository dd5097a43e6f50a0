"""The processes that read files: what holds in them, what hostile files do to them, who waits and who is told to come again."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from tests import made_files as made
from torana.files import opening, pool, sandbox, worker
from torana.files.frames import receive
from torana.files.pool import Pool
from torana.ports.files import LIMITS, Busy, Edit, Extract, How, Limits, NoCopy, Unreadable

UNSEEN = How(ocr=False, archives=True, limits=LIMITS._replace(seconds=20))
TABLE = b"name,mail\nAnn,ann@example.org\n"
SHORT, ALL = 60, 1000
MOST_RESIDENT = 700 * 1024 * 1024
"""Bytes of all workers together, at any moment at which somebody looks."""


@pytest.fixture
async def workers() -> AsyncIterator[Pool]:
    found = Pool(workers=2, queue=4)
    yield found
    await found.aclose()


async def test_a_file_is_read_in_another_process(workers: Pool) -> None:
    found = await workers.read(TABLE, UNSEEN)
    assert found.type == "csv" and [piece.text for piece in found.pieces] == ["name", "mail", "Ann", "ann@example.org"]
    assert workers.pids and os.getpid() not in workers.pids


async def test_a_copy_comes_back_from_it(workers: Pool) -> None:
    extract = await workers.read(TABLE, UNSEEN)
    assert await workers.redacted(TABLE, UNSEEN, extract, [Edit(3, 0, 15, "[EMAIL]")]) == b"name,mail\nAnn,[EMAIL]\n"
    with pytest.raises(NoCopy):
        await workers.redacted(b'"\\u0041"', UNSEEN, Extract("json"), [Edit(1, 0, 1, "x")])


async def test_refusals_come_back_as_they_were_raised(workers: Pool) -> None:
    with pytest.raises(Unreadable, match="the file is empty") as refused:
        await workers.read(b"", UNSEEN)
    assert refused.value.reason == "empty"


@pytest.mark.skipif(sys.platform != "linux", reason="seccomp and Landlock are Linux's")
async def test_on_linux_limits_seccomp_and_the_audit_hook_hold(workers: Pool) -> None:
    assert {"limits", "seccomp", "audit"} <= set(await workers.held(UNSEEN))


async def test_a_worker_that_died_is_replaced_and_nobody_notices(workers: Pool) -> None:
    await workers.read(TABLE, UNSEEN)
    (first,) = workers.pids
    os.kill(first, signal.SIGKILL)
    assert (await workers.read(TABLE, UNSEEN)).type == "csv"
    assert workers.pids != [first] and workers.replaced == 1


async def test_a_caller_who_leaves_takes_the_worker_along(workers: Pool) -> None:
    await workers.read(TABLE, UNSEEN)
    (first,) = workers.pids
    asked = asyncio.ensure_future(workers.read(made.an_xlsx([["a"] * 50] * 400), UNSEEN))
    await asyncio.sleep(0.01)
    asked.cancel()
    with pytest.raises(asyncio.CancelledError):
        await asked
    assert first not in workers.pids
    assert (await workers.read(TABLE, UNSEEN)).type == "csv"


async def test_a_file_that_takes_too_long_is_refused_and_its_process_ends(workers: Pool) -> None:
    slow = made.an_xlsx([[f"{row} {column}" for column in range(40)] for row in range(1500)])
    with pytest.raises(Unreadable) as refused:
        await workers.read(slow, UNSEEN._replace(limits=LIMITS._replace(seconds=0.05)))
    assert refused.value.reason == "too_slow"
    assert workers.replaced == 0, "only the child that read it ended"


async def test_a_file_that_takes_too_much_memory_is_refused(workers: Pool) -> None:
    large = made.with_part(made.a_docx(["a", "b"]), "word/header3.xml", b"<a>" + b"<b c='d'>e</b>" * 900_000 + b"</a>")
    limits = LIMITS._replace(memory_bytes=sandbox.LEAST_MEMORY, ratio=10_000, cells=5_000_000, characters=50_000_000)
    with pytest.raises(Unreadable) as refused:
        await workers.read(large, UNSEEN._replace(limits=limits))
    assert refused.value.reason in ("too_much_memory", "malformed")


async def test_more_files_than_may_wait_are_told_to_come_again() -> None:
    found = Pool(workers=1, queue=2)
    asked = [asyncio.ensure_future(found.read(TABLE, UNSEEN)) for _ in range(8)]
    done = await asyncio.gather(*asked, return_exceptions=True)
    await found.aclose()
    assert sum(isinstance(one, Extract) for one in done) >= 2
    assert {type(one) for one in done} == {Extract, Busy}


async def test_a_worker_without_work_goes_home() -> None:
    found = Pool(workers=1, idle_s=0.05)
    await found.read(TABLE, UNSEEN)
    async with asyncio.timeout(20):
        while found.pids:
            await asyncio.sleep(0.02)
    await found.aclose()


async def test_a_worker_has_nothing_of_our_environment() -> None:
    assert not {name for name in pool.SURROUNDINGS if "KEY" in name or "TORANA" in name or "SECRET" in name}


async def _feed(files: list[bytes], workers: Pool) -> dict[str, int]:
    """What became of each file, and the most memory that the workers had."""
    seen: dict[str, int] = {"most": 0}
    for content in files:
        try:
            await workers.read(content, UNSEEN)
            reason = "read"
        except Unreadable as refused:
            reason = refused.reason
        seen[reason] = seen.get(reason, 0) + 1
        seen["most"] = max(seen["most"], sum(map(resident, workers.pids)))
    return seen


def resident(pid: int) -> int:
    """Bytes of a process in memory; 0 where nobody can tell."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * os.sysconf("SC_PAGE_SIZE")
    except OSError:
        return 0


def check(seen: dict[str, int], count: int) -> None:
    assert seen.pop("most") < MOST_RESIDENT
    assert sum(seen.values()) == count
    assert seen.get("too_slow", 0) == 0, "a hang was ended by its limit"


async def test_mutated_files_end_nothing_but_their_own_reading(workers: Pool) -> None:
    check(await _feed(list(made.mutated(SHORT)), workers), SHORT)
    assert (await workers.read(TABLE, UNSEEN)).type == "csv" and workers.replaced == 0


@pytest.mark.long
@pytest.mark.timeout(1800)
async def test_a_thousand_mutated_files_end_nothing_but_their_own_reading(workers: Pool) -> None:
    check(await _feed(list(made.mutated(ALL, seed=11)), workers), ALL)
    assert workers.replaced == 0


# --- what runs in the worker


def test_a_question_arrives_as_it_was_sent() -> None:
    asked = worker.Question("redact", How(False, True, Limits(pages=3)), b"file", b"memo", (Edit(1, 2, 3, "x"),))
    read, write = os.pipe()
    os.write(write, worker.question(*asked[:1], asked.content, asked.how, asked.memo, asked.edits))
    os.close(write)
    with os.fdopen(read, "rb") as stream:
        message = receive(stream)
        assert message is not None and worker.question_of(*message) == asked
        assert receive(stream) is None


CALLS = {"x86_64": {"socket": 41, "execve": 59, "read": 0}, "aarch64": {"socket": 198, "execve": 221, "read": 63}}


@pytest.mark.parametrize("machine", CALLS)
def test_the_filter_refuses_what_is_listed_and_every_other_interface(machine: str) -> None:
    arch, numbers = sandbox.REFUSED[machine]
    program = sandbox.filter_of(arch, numbers)
    calls = CALLS[machine]
    assert run(program, arch, calls["socket"]) == sandbox.REFUSE
    assert all(run(program, arch, number) == sandbox.REFUSE for number in numbers)
    assert run(program, arch, calls["read"]) == run(program, arch, calls["execve"]) == sandbox.ALLOW
    assert run(program, arch + 1, calls["read"]) == sandbox.REFUSE
    assert run(program, arch, sandbox.X32 + calls["read"]) == sandbox.REFUSE


def run(program: bytes, arch: int, number: int) -> int:
    """What the kernel would make of a call: the four instructions that the filter uses."""
    steps = [sandbox.struct.unpack_from("=HBBI", program, at) for at in range(0, len(program), 8)]
    at, held = 0, 0
    while True:
        code, yes, no, value = steps[at]
        at += 1
        if code == sandbox.LOAD:
            held = arch if value == 4 else number
        elif code == sandbox.RETURN:
            return int(value)
        else:
            at += yes if (held == value if code == sandbox.JUMP_EQUAL else held >= value) else no


@pytest.mark.skipif(sys.platform != "linux", reason="the filter is Linux's")
def test_in_the_sandbox_nothing_can_be_sent_changed_or_read(tmp_path: Path) -> None:
    """Tried with system calls, behind Python's back: the audit hook alone would stop nobody who is in the process."""
    kept = tmp_path / "kept"
    kept.write_text("kept")
    read, write = os.pipe()
    child = os.fork()
    if child == 0:
        try:
            held = sandbox.enter(LIMITS)
            said = ",".join([*held, *(name for name, deed in DEEDS.items() if deed(bytes(kept)) >= 0)])
            os.write(write, said.encode())
        finally:
            os._exit(0)
    os.close(write)
    said = os.read(read, 10_000).decode().split(",")
    os.close(read)
    os.waitpid(child, 0)
    assert "seccomp" in said
    assert not {"socket", "unlink", "ptrace"} & set(said)
    assert kept.read_text() == "kept"
    if "landlock" in said:
        assert "kept" not in said


DEEDS = {
    "socket": lambda _: sandbox.ctypes.CDLL(None).socket(2, 1, 0),
    "unlink": lambda path: sandbox.ctypes.CDLL(None).unlink(path),
    "ptrace": lambda _: sandbox.ctypes.CDLL(None).ptrace(0, 0, 0, 0),
    "kept": lambda path: sandbox.ctypes.CDLL(None).open(path, 0),
}


def test_the_opener_of_every_type_that_a_policy_may_name_is_known() -> None:
    assert {"pdf", "docx", "xlsx", "pptx", "html", "csv", "text", "png", "zip"} <= set(opening.OPENERS)


async def test_a_worker_that_does_not_start_is_no_fault_of_the_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pool, "PROGRAM", (sys.executable, "-c", "raise SystemExit(3)"))
    found = Pool()
    try:
        with pytest.raises(RuntimeError, match="no worker starts that reads files .exit code 3."):
            await found.read(TABLE, UNSEEN)
        assert not found.pids
    finally:
        await found.aclose()
