"""Places: bound, taken over by a server, or given up without a trace."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from assay_shell.runtime.builtins.http_server.listening import Place, listen
from assay_shell.runtime.builtins.http_server.settings import Settings
from assay_shell.runtime.errors import BuiltinError


def connect(place: Place) -> None:
    family = socket.AF_INET if place.path is None else socket.AF_UNIX
    with socket.socket(family) as client:
        client.connect(place.path or ("127.0.0.1", place.port))


@pytest.fixture(params=["port", "path"])
def settings(request: pytest.FixtureRequest, tmp_path: Path) -> Settings:
    return Settings(host="127.0.0.1", unix_socket=str(tmp_path / "s.sock") if request.param == "path" else None)


def test_whoever_has_bound_has_it_for_himself_at_once(settings):
    place = listen(0, settings)
    with pytest.raises(BuiltinError, match="bind failed: Address already in use"):
        listen(place.port, settings)
    connect(place)
    place.give_up()


def test_what_is_given_up_is_closed_and_gone(settings):
    place = listen(0, settings)
    place.give_up()
    with pytest.raises(OSError, match=r"refused|No such file"):
        connect(place)
    assert place.path is None or not Path(place.path).exists()


def test_a_socket_that_somebody_else_has_removed_is_no_error(settings, tmp_path):
    place = listen(0, settings)
    if place.path is not None:
        Path(place.path).unlink()
    place.give_up()
    assert list(tmp_path.iterdir()) == []


def test_a_live_socket_whose_backlog_is_full_is_told_apart_at_once(tmp_path):
    path = str(tmp_path / "busy.sock")
    with socket.socket(socket.AF_UNIX) as busy, socket.socket(socket.AF_UNIX) as waiting:
        busy.bind(path)
        busy.listen(0)
        waiting.connect(path)
        with pytest.raises(BuiltinError, match="bind failed: Address already in use"):
            listen(0, Settings(unix_socket=path))
