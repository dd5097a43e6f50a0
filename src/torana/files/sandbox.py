"""What a process that reads one file may still do: compute, within its limits, and answer.

Limits of the kernel hold everywhere; on Linux (x86-64, ARM64) seccomp refuses the network, other programs' memory and
changes to the file system, and Landlock lets nothing be read but programs and fonts; an audit hook of Python's refuses the
same on every system. Called by ``worker`` in the process that it made for one file.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import resource
import signal
import struct
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from torana.ports.files import Limits

MOST_OPEN = 64
NICE = 19
LEAST_MEMORY = 256 * 1024 * 1024
PR_SET_PDEATHSIG, PR_SET_DUMPABLE, PR_SET_SECCOMP, PR_SET_NO_NEW_PRIVS = 1, 4, 22, 38
SECCOMP_MODE_FILTER = 2
ALLOW, REFUSE = 0x7FFF0000, 0x00050000 | errno.EPERM
LOAD, JUMP_EQUAL, JUMP_OVER, RETURN = 0x20, 0x15, 0x35, 0x06
X32 = 0x40000000
"""System calls of another interface of x86-64, whose numbers would get round the list."""

# Names → numbers: linux/arch/x86/entry/syscalls/syscall_64.tbl, include/uapi/asm-generic/unistd.h.
# Sockets; other processes and their memory; name spaces, mounts, keys, modules; changes to the file system.
REFUSED = {
    "x86_64": (
        0xC000003E,
        (
            41, 42, 43, 44, 46, 49, 50, 53, 288, 307, 425, 426, 427, 62, 101, 200, 310, 311, 312, 424, 434, 438, 155, 161, 165, 166,
            175, 176, 246, 248, 249, 250, 272, 298, 304, 308, 313, 320, 321, 323, 428, 429, 430, 76, 77, 82, 83, 84, 85, 86, 87, 88,
            90, 91, 92, 93, 94, 133, 258, 259, 260, 263, 264, 265, 266, 268, 316, 452,
        ),
    ),
    "aarch64": (
        0xC00000B7,
        (
            198, 199, 200, 201, 202, 203, 206, 211, 242, 269, 425, 426, 427, 117, 129, 130, 270, 271, 272, 424, 434, 438, 39, 40, 41,
            51, 97, 104, 105, 106, 217, 218, 219, 241, 265, 268, 273, 280, 282, 294, 428, 429, 430, 33, 34, 35, 36, 37, 38, 45, 46,
            52, 53, 54, 55, 276, 452,
        ),
    ),
}  # fmt: skip
LANDLOCK_CREATE, LANDLOCK_ADD, LANDLOCK_RESTRICT = 444, 445, 446
LANDLOCK_ALL = (1 << 13) - 1
"""Every access of its first version (https://docs.kernel.org/userspace-api/landlock.html)."""
LANDLOCK_READ = 0b1101
"""Execute, read files, read folders."""
READ = (
    "/usr",
    "/lib",
    "/lib64",
    "/etc/fonts",
    "/etc/ld.so.cache",
    "/dev/null",
    "/dev/urandom",
    "/opt/homebrew",
    "/System",
)
FORBIDDEN = frozenset(
    {"socket.__new__", "socket.connect", "socket.bind", "socket.getaddrinfo", "os.exec", "os.posix_spawn", "os.system"}
)
WRITING = os.O_WRONLY | os.O_RDWR | os.O_CREAT | os.O_TRUNC | os.O_APPEND


def give_way() -> None:
    """Let everything else on the machine run first: on Linux who reads files gets what nobody else wants."""
    os.nice(NICE)
    if sys.platform == "linux":
        os.sched_setscheduler(0, os.SCHED_IDLE, os.sched_param(0))


def enter(limits: Limits, program: str = "") -> list[str]:
    """Go in; there is no way out. The names of what holds. ``program``: the one other that may be started (OCR)."""
    held = ["limits"]
    seconds = max(1, round(limits.seconds + 0.5))
    for what, most in (
        (resource.RLIMIT_CPU, seconds),
        (resource.RLIMIT_FSIZE, 0),
        (resource.RLIMIT_NOFILE, MOST_OPEN),
        (resource.RLIMIT_CORE, 0),
        (resource.RLIMIT_AS, max(LEAST_MEMORY, limits.memory_bytes)),
    ):
        try:
            resource.setrlimit(what, (most, most))
        except (ValueError, OSError):  # macOS knows no limit of address space
            held = ["some limits"]
    if sys.platform == "linux":
        held += _linux()
    sys.addaudithook(_Hook(program))
    return [*held, "audit"]


def _linux() -> list[str]:
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(PR_SET_PDEATHSIG, signal.SIGKILL, 0, 0, 0)
    libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)
    held: list[str] = []
    if libc.prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0:
        return held
    if _landlock(libc, [*READ, sys.prefix, sys.base_prefix, *sys.path, str(Path(__file__).parents[1])]):
        held.append("landlock")
    if _seccomp(libc):
        held.append("seccomp")
    return held


def _seccomp(libc: ctypes.CDLL) -> bool:
    """Whether the filter holds (https://docs.kernel.org/userspace-api/seccomp_filter.html)."""
    known = REFUSED.get(platform.machine())
    if known is None:
        return False
    program = filter_of(*known)
    code = ctypes.create_string_buffer(program, len(program))

    class _Program(ctypes.Structure):
        _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_void_p))

    said = _Program(len(program) // 8, ctypes.cast(code, ctypes.c_void_p))
    return bool(libc.prctl(PR_SET_SECCOMP, SECCOMP_MODE_FILTER, ctypes.byref(said), 0, 0) == 0)


def filter_of(arch: int, numbers: Sequence[int]) -> bytes:
    """The filter's program: refuse these calls, those of any other interface, and allow the rest."""
    count = len(numbers)
    steps = [(LOAD, 0, 0, 4), (JUMP_EQUAL, 0, count + 2, arch), (LOAD, 0, 0, 0), (JUMP_OVER, count, 0, X32)]
    steps += [(JUMP_EQUAL, count - place, 0, number) for place, number in enumerate(numbers)]
    # Every jump that refuses ends behind the one instruction that allows.
    steps[1] = (JUMP_EQUAL, 0, count + 3, arch)
    steps[3] = (JUMP_OVER, count + 1, 0, X32)
    steps += [(RETURN, 0, 0, ALLOW), (RETURN, 0, 0, REFUSE)]
    return b"".join(struct.pack("=HBBI", *step) for step in steps)


def _landlock(libc: ctypes.CDLL, readable: Sequence[str]) -> bool:
    """Whether nothing can be opened but what lies under these paths, to be read."""
    handled = struct.pack("=Q", LANDLOCK_ALL)
    ruleset = libc.syscall(LANDLOCK_CREATE, handled, ctypes.c_size_t(len(handled)), 0)
    if ruleset < 0:
        return False
    for path in dict.fromkeys(readable):
        try:
            place = os.open(path, os.O_RDONLY if os.path.isfile(path) else os.O_RDONLY | os.O_DIRECTORY)  # noqa: PTH113
        except OSError:
            continue
        access = LANDLOCK_READ if os.path.isdir(path) else 0b100  # noqa: PTH112
        libc.syscall(LANDLOCK_ADD, ruleset, 1, struct.pack("=Qi", access, place), 0)
        os.close(place)
    holds = libc.syscall(LANDLOCK_RESTRICT, ruleset, 0) == 0
    os.close(ruleset)
    return bool(holds)


class _Hook:
    """Refuses what Python code would do beyond reading (https://docs.python.org/3/library/audit_events.html)."""

    def __init__(self, program: str) -> None:
        self._program = program

    def __call__(self, event: str, given: tuple[Any, ...]) -> None:
        if event == "subprocess.Popen":
            if not self._program or given[0] != self._program:
                raise PermissionError("no other program is started here")
        elif event == "open":
            path, _, flags = given
            if isinstance(flags, int) and flags & WRITING and not isinstance(path, int) and path != os.devnull:
                raise PermissionError("nothing is written here")
        elif event in FORBIDDEN:
            raise PermissionError("this is not done here")
