#!/usr/bin/env bash
# Every first call against a running gateway (make serve in another terminal). TORANA_URL, TORANA_KEY and PYTHON may be set.
set -euo pipefail
cd "$(dirname "$0")"
URL=${TORANA_URL:-http://127.0.0.1:8000}
KEY=${TORANA_KEY:-sk-gateway-default-001}
PYTHON=${PYTHON:-python3}
say() { printf '\n== %s\n' "$*"; }
call() { curl -fsS -H "Authorization: Bearer $KEY" "$@"; echo; }

say "is it ready"
curl -fsS "$URL/health/ready"; echo

say "models of this key"
call "$URL/v1/models"

say "a chat"
call "$URL/v1/chat/completions" -d '{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}]}'

say "the same as a stream, with usage"
call -N "$URL/v1/chat/completions" \
  -d '{"model": "gpt-4o-mini", "messages": [{"role": "user", "content": "Hello"}], "stream": true, "stream_options": {"include_usage": true}}'

say "a refusal: a key nobody issued"
curl -sS "$URL/v1/models" -H "x-api-key: sk-unknown"; echo

say "the Python client of this folder"
TORANA_URL=$URL TORANA_KEY=$KEY "$PYTHON" client.py "Hello from the client"
