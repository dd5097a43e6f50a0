#!/usr/bin/env bash
# make gen: resolves pyproject.toml into the two lock files, for Python 3.11 to 3.13 on every platform at once.
# Needs uv (pip install uv). The files name versions only: no registry, no path.
set -euo pipefail
cd "$(dirname "$0")/.."
UV=${UV:-uv}
command -v "$UV" >/dev/null || { echo "lock.sh needs uv: pip install uv (or UV=/path/to/uv)" >&2; exit 1; }
flags=(pip compile pyproject.toml --universal --python-version 3.11 --only-binary :all: --quiet
       --no-annotate --no-header --no-emit-index-url --no-emit-find-links)
"$UV" "${flags[@]}" "$@" -o requirements/lock-serve.txt
"$UV" "${flags[@]}" "$@" --group test -c requirements/lock-serve.txt -o requirements/lock-test.txt
for lock in serve test; do
  file=requirements/lock-$lock.txt
  { echo "# Written by make gen from pyproject.toml; do not edit."; cat "$file"; } >"$file.new" && mv "$file.new" "$file"
done
