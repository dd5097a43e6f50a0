"""What the doctor looks at, one thing at a time."""

from __future__ import annotations

import socket
from pathlib import Path

from tests.unit.wiring.offer import read, written
from torana.wiring.cli.findings import (
    FAIL,
    OK,
    WARN,
    look_at_clock,
    look_at_data_dir,
    look_at_file_limit,
    look_at_packages,
    look_at_port,
    look_at_providers,
    look_at_python,
)
from torana.wiring.options import Overrides
from torana.wiring.settings import Settings


def settings(host: str = "127.0.0.1", port: int = 0, data_dir: str = "data") -> Settings:
    return read(overrides=Overrides(host=host, port=port, data_dir=data_dir)).settings


def test_this_machine_can_run_it() -> None:
    assert [look().level for look in (look_at_python, look_at_clock)] == [OK, OK]
    assert look_at_packages().level in (OK, WARN)
    assert look_at_file_limit().level in (OK, WARN)


def test_a_port_that_is_taken_fails_with_advice() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        finding = look_at_port(settings(port=taken.getsockname()[1]))
    assert (finding.level, finding.what) == (FAIL, "address")
    assert "--port" in finding.advice


def test_a_free_port_stays_free() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    assert look_at_port(settings(port=port)).level == OK
    assert look_at_port(settings(port=port)).level == OK


def test_an_address_that_is_not_this_machine_s_fails() -> None:
    assert look_at_port(settings(host="192.0.2.1")).level == FAIL


def test_a_data_folder_that_is_not_there_yet_is_fine_and_stays_so(tmp_path: Path) -> None:
    finding = look_at_data_dir(settings(data_dir=str(tmp_path / "a" / "b")))
    assert finding.level == OK
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_below_a_file_fails(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert look_at_data_dir(settings(data_dir=str(tmp_path / "file" / "data"))).level == FAIL


def test_providers_are_reached_or_not(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as there, socket.create_server(("127.0.0.1", 0)) as gone:
        ports = there.getsockname()[1], gone.getsockname()[1]
        gone.close()
        rows = [f"{{id: h{n}, kind: hosted, base_url: 'http://127.0.0.1:{port}/v1'}}" for n, port in enumerate(ports)]
        text = f"providers: [{', '.join(rows)}, {{id: e, kind: echo}}]"
        found = list(look_at_providers(read(written(tmp_path, text)).settings))
    assert [(one.what, one.level) for one in found] == [("provider h0", OK), ("provider h1", WARN), ("provider e", OK)]
