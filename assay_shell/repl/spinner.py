"""What runs, since when, and what it waits for: one line that comes and goes."""

from __future__ import annotations

from time import monotonic

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.repl.engine import Engine
    from assay_shell.repl.screen import Screen

_AFTER = 0.3
_STEP = 0.1
_FRAMES, _PLAIN_FRAMES = "⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏", "|/-\\"
_HINT = "Ctrl-C cancels"


class Spinner:
    """Shown once something has taken a while."""

    def __init__(self, engine: Engine, screen: Screen) -> None:
        self._engine = engine
        self._screen = screen
        self._started = 0.0
        self._running = False

    @property
    def pause(self) -> float:
        """Seconds until it has to turn."""
        return max(_AFTER - (monotonic() - self._started), _STEP)

    def start(self) -> None:
        """Something runs from now on, or goes on."""
        if not self._running:
            self._started = monotonic()
        self._running = True

    def turn(self) -> None:
        """Draw it, where it is time."""
        seconds = monotonic() - self._started
        if not self._running or seconds < _AFTER:
            return
        frames = _FRAMES if self._screen.unicode else _PLAIN_FRAMES
        frame = frames[int(seconds / _STEP) % len(frames)]
        tail = f"{seconds:.1f} s  {_HINT}"
        room = self._screen.size[0] - len(tail) - 6
        doing = self._doing()
        shown = f"{doing[: room - 1]}…  " if len(doing) > room > 10 else f"{doing}  " if doing and room > 10 else ""
        self._screen.status(f"{frame} {shown}{tail}")

    def stop(self) -> None:
        """Take it away."""
        self._running = False
        self._screen.status("")

    def _doing(self) -> str:
        """What the VM did last that could take long, secrets masked."""
        workspace = self._engine.workspace
        effect = workspace.doing
        if effect is None:
            return ""
        text = effect.target if effect.name.startswith("http") else f"{effect.name} {effect.target}"
        return " ".join(workspace.runtime.redactor.text(text).split())
