#!/bin/sh
# make serve, make test: brings .venv to the state that requirements/lock-<set>.txt and pyproject.toml ask for.
#   scripts/setup.sh serve|test
# PYTHON=… names the interpreter, VENV=… the folder. The second run finds its stamp and returns at once.
set -eu
cd "$(dirname "$0")/.."

set_name=${1:?which set: serve or test}
lock=requirements/lock-$set_name.txt
venv=${VENV:-.venv}
say() { printf 'torana set-up: %s\n' "$*" >&2; }
fail() { say "$@"; exit 1; }
[ -f "$lock" ] || fail "no such set: $set_name ($lock is missing)"

fingerprint() { cat pyproject.toml "$lock" scripts/setup.sh | cksum; }
stamp=$venv/.torana-$set_name
is_ready() { [ -x "$venv/bin/python" ] && [ "$(cat "$stamp" 2>/dev/null)" = "$(fingerprint)" ]; }
is_ready && exit 0

# One set-up at a time: the folder is the lock, its pid file tells whether the owner still lives.
turn=$venv.setting-up
waited=0
until mkdir "$turn" 2>/dev/null; do
    owner=$(cat "$turn/pid" 2>/dev/null || true)
    if [ -n "$owner" ] && ! kill -0 "$owner" 2>/dev/null; then rm -rf "$turn"; continue; fi
    [ "$waited" -lt 600 ] || fail "another set-up holds $turn for 10 minutes; remove it if none is running"
    waited=$((waited + 1))
    sleep 1
done
echo $$ >"$turn/pid"
trap 'rm -rf "$turn"' EXIT
trap 'exit 130' INT TERM
is_ready && exit 0

is_new_enough() { "$1" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; }
has_pip() { "$1" -c 'import ensurepip, venv' 2>/dev/null; }

find_python() {
    bare=
    if [ -n "${PYTHON:-}" ]; then candidates=$PYTHON; else candidates="python3.13 python3.12 python3.11 python3"; fi
    for name in $candidates; do
        command -v "$name" >/dev/null 2>&1 || continue
        is_new_enough "$name" || continue
        if has_pip "$name"; then echo "$name"; return 0; fi
        bare=$name
    done
    [ -z "$bare" ] || fail "$bare cannot make virtual environments: install its venv module (Debian, Ubuntu: apt-get install python3-venv)"
    fail "Python 3.11 or newer is needed and none was found (tried: $candidates). Name one with PYTHON=/path/to/python3"
}

if [ ! -x "$venv/bin/python" ] || ! is_new_enough "$venv/bin/python"; then
    python=$(find_python) || exit 1
    say "making $venv with $("$python" --version 2>&1)"
    rm -rf "$venv"
    "$python" -m venv "$venv" || fail "$python could not make $venv"
fi

say "installing the pinned packages of $lock"
pip() { "$venv/bin/python" -m pip --disable-pip-version-check "$@"; }
pip install --quiet --no-deps --only-binary :all: -r "$lock" || fail "pip could not install $lock (see above)"
TORANA_SMALL_PAGE=1 pip install --quiet --no-deps --editable . || fail "pip could not install torana itself (see above)"
fingerprint >"$stamp"
say "ready"
