"""A small client for a running gateway, with nothing but the standard library.

make serve                                              # in another terminal
python examples/client.py "Why is the sky blue?"
python examples/client.py --models
TORANA_KEY=sk-… TORANA_URL=https://gateway.example.com python examples/client.py --model gpt-4o-mini "Hello"
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from http.client import HTTPResponse

URL = os.environ.get("TORANA_URL", "http://127.0.0.1:8000").rstrip("/")
KEY = os.environ.get("TORANA_KEY", "sk-gateway-default-001")


def ask(path: str, body: dict[str, object] | None = None) -> HTTPResponse:
    """GET, or POST when there is a body. Exits with the gateway's own words when it refuses."""
    request = urllib.request.Request(URL + path, headers={"Authorization": f"Bearer {KEY}"})
    if body is not None:
        request.data = json.dumps(body).encode()
        request.add_header("Content-Type", "application/json")
    try:
        return urllib.request.urlopen(request, timeout=600)
    except urllib.error.HTTPError as refusal:
        answer = json.load(refusal)
        sys.exit(f"{answer['error_code']}: {answer['message']} (request {answer['request_id']})")
    except urllib.error.URLError as fault:
        sys.exit(f"{URL} cannot be reached ({fault.reason}). Is it running? make serve")


def models() -> list[str]:
    """The names of the models this key may use."""
    with ask("/v1/models") as answer:
        return [model["id"] for model in json.load(answer)["data"]]


def chat(model: str, text: str) -> Iterator[str]:
    """The answer, piece by piece as it arrives; the last line says what it took."""
    body = {"model": model, "messages": [{"role": "user", "content": text}], "stream": True}
    with ask("/v1/chat/completions", body) as answer:
        for raw in answer:
            line = raw.decode().strip()
            if line.startswith(": torana "):
                facts = json.loads(line.removeprefix(": torana "))
                yield f"\n[{answer.headers['x-torana-provider']}, {facts.get('output_tokens', '?')} tokens out]"
            elif line.startswith("data: ") and line != "data: [DONE]":
                event = json.loads(line.removeprefix("data: "))
                if "error" in event:
                    sys.exit(f"\nthe stream failed: {event['error']['message']}")
                for choice in event.get("choices", []):
                    yield choice["delta"].get("content") or ""


def main() -> None:
    parser = argparse.ArgumentParser(description="Talk to a running gateway.")
    parser.add_argument("text", nargs="?", default="Hello, Torana")
    parser.add_argument("--model", default="gpt-4o-mini")
    parser.add_argument("--models", action="store_true", help="list the models of the key and leave")
    options = parser.parse_args()
    if options.models:
        print("\n".join(models()))
        return
    for piece in chat(options.model, options.text):
        print(piece, end="", flush=True)
    print()


if __name__ == "__main__":
    main()
