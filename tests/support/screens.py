"""The screens of the tour of the shell: `python -m tests.support.screens [NAME ...]` takes them again.

Each is what a real shell shows in a terminal, with a cluster that a stub plays.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.cluster import kubeconfig
from tests.support.picture import picture
from tests.support.shell import TAB, Terminal, new_home, variables
from tests.support.shop import Shop
from tests.support.stub import Stub

ASSETS = Path(__file__).parent.parent.parent / "docs" / "assets"
_COLUMNS, _ROWS = 92, 26
_CLIENT = 'c = require("assay.k8s").client()'
_SCALE = 'c:scale("shop", "deployment", "cart", 12)'


@dataclass(frozen=True)
class Scene:
    """What is typed until the screen is as it shall be, and the kube context that it is typed in."""

    play: Callable[[Terminal], object]
    context: str = "kind-dev"


def modules(terminal: Terminal) -> None:
    """What can be required."""
    terminal.type('k8s = require("assay.k')
    terminal.wait_for("assay.kratos")
    terminal.wait_for("require(modname)")


def pods(terminal: Terminal) -> None:
    """A list as kubectl shows it, and the names of live pods."""
    terminal.run('k8s = require("assay.k8s")')
    terminal.run("c = k8s.client()")
    terminal.run('c:pods("shop")')
    _ask_for_names(terminal, 'c:logs("shop", "')


def _ask_for_names(terminal: Terminal, typed: str) -> None:
    terminal.type(typed)
    terminal.wait_for("c:logs(namespace")
    terminal.type(TAB)
    terminal.wait_for_match(r"^ +web-5b8d7cfb6c-m7x5t$")


def fields(terminal: Terminal) -> None:
    """The log of a pod, and the fields of an earlier result."""
    terminal.run(_CLIENT)
    terminal.run('pods = c:pods("shop").items')
    terminal.run('print(c:logs("shop", pods[2].metadata.name, { tail = 2 }))')
    terminal.run("pods[2].status.containerStatuses[1].lastState.terminated")
    terminal.type("pods[2].status.containerStatuses[1].")
    terminal.wait_for("restartCount")


def mistakes(terminal: Terminal) -> None:
    """Errors with their line marked."""
    terminal.run(_CLIENT)
    terminal.run('c:podz("shop")')
    terminal.run('c:pod("shop", "cart-0").metadata.uid')


def ask(terminal: Terminal) -> None:
    """A write, what it would change, and the answer."""
    terminal.run(_CLIENT)
    terminal.enter(_SCALE)
    terminal.wait_for_match(r"2 → 12\n.*\[d\]iff")
    terminal.type("y")
    terminal.wait_for("PROD-eu")


def secrets(terminal: Terminal) -> None:
    """Values that nobody should see."""
    terminal.run(_CLIENT)
    terminal.run('c:get_secret("shop", "app")')
    terminal.run(".copy password")
    terminal.run('{ url = "https://shop.example", token = "t0ken-of-nobody" }')


def stream(terminal: Terminal) -> None:
    """Changes as they happen."""
    terminal.run(_CLIENT)
    terminal.enter('c:watch("shop", "pod")')
    terminal.wait_for("8 so far")
    terminal.wait_for_match(r"^ADDED +cart-7c9f5d7b4-x2k8d .* node-1")  # the first one, which stands last


def jobs(terminal: Terminal) -> None:
    """Something that runs in the background, and prints while something else is typed."""
    terminal.run(_CLIENT)
    terminal.run('for i = 1, 3 do sleep(0.2) print("pods now: " .. #c:pods("shop").items) end &')
    terminal.type('c:scale("shop", ')
    terminal.wait_for("[job 1] done")
    terminal.wait_for("c:scale(namespace")


SCENES = {
    "modules": Scene(modules),
    "pods": Scene(pods),
    "fields": Scene(fields),
    "mistakes": Scene(mistakes),
    "ask": Scene(ask, "PROD-eu"),
    "secrets": Scene(secrets),
    "stream": Scene(stream),
    "jobs": Scene(jobs),
}


def path_of(name: str) -> Path:
    """Where the picture of a scene is kept."""
    return ASSETS / f"shell-{name}.svg"


def take(name: str) -> str:
    """Play a scene and return its last screen as SVG."""
    with tempfile.TemporaryDirectory() as folder, _opened(Path(folder), SCENES[name]) as terminal:
        SCENES[name].play(terminal)
        if name != "stream":  # below which there is no toolbar
            terminal.wait_for_match("^ kube: .*leaves$")
        return picture(terminal, f"shell-{name}")


@contextmanager
def _opened(folder: Path, scene: Scene) -> Iterator[Terminal]:
    home, work = new_home(folder), folder / "shop"
    work.mkdir()
    stub = Stub()
    try:
        Shop(stub)
        environment = variables(home, work, kubeconfig(folder, stub.url, "t0ken-of-the-shop", scene.context))
        terminal = Terminal([], environment, work, columns=_COLUMNS, rows=_ROWS)
        try:
            terminal.wait_for_prompt()
            terminal.wait_for_match(r"read-(write|only)|ask before")
            yield terminal
        finally:
            terminal.close()
    finally:
        stub.close()


def main(names: list[str]) -> None:
    """Take the screens of that name, or all."""
    ASSETS.mkdir(parents=True, exist_ok=True)
    for name in names or SCENES:
        path_of(name).write_text(take(name), encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
