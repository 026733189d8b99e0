"""How much an installation takes and how fast it starts: `python -m bench.sizes [RUNS]`.

Builds the wheel and installs it twice into environments of their own: with what `requirements-headless.txt` lists, and
with all dependencies. Sizes are those of the files in site-packages, without pip and without compiled bytecode; start
times are whole processes, taken in turn, with compiled bytecode.
"""

from __future__ import annotations

import compileall
import statistics
import subprocess
import sys
import tempfile
import time
import venv
from pathlib import Path

ROOT = Path(__file__).parent.parent
SCRIPT = ROOT / "bench" / "scripts" / "cold_start.lua"


def build(folder: Path) -> Path:
    """Build the wheel and return its path."""
    command: list[str | Path] = [sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder]
    subprocess.run(command, cwd=ROOT, check=True, capture_output=True)
    (wheel,) = folder.glob("*.whl")
    return wheel


def install(folder: Path, *what: str | Path) -> Path:
    """Install *what* into a new environment and return its site-packages."""
    venv.create(folder)
    pip: list[str | Path] = [sys.executable, "-m", "pip", "--python", folder / "bin" / "python", "install"]
    subprocess.run([*pip, "--quiet", "--no-compile", *what], cwd=ROOT, check=True)
    (site,) = folder.glob("lib/python3*/site-packages")
    return site


def size(site: Path) -> str:
    """Megabytes, files and packages of a site-packages folder."""
    files = [path.stat().st_size for path in site.rglob("*") if path.is_file() and path.suffix != ".pyc"]
    packages = len(list(site.glob("*.dist-info")))
    return f"{sum(files) / 1e6:6.1f} MB  {len(files):6} files  {packages:3} packages"


def start_times(commands: dict[str, list[Path | str]], runs: int) -> dict[str, float]:
    """The median milliseconds of each command, run in turn; the first two rounds do not count."""
    taken: dict[str, list[float]] = {name: [] for name in commands}
    for turn in range(runs + 2):
        for name, command in commands.items():
            started = time.perf_counter()
            subprocess.run(command, check=True, capture_output=True)
            if turn > 1:
                taken[name].append((time.perf_counter() - started) * 1000)
    return {name: statistics.median(values) for name, values in taken.items()}


def main(runs: int) -> None:
    """Print sizes and start times."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        wheel = build(folder)
        print(f"{'wheel':<20}{wheel.stat().st_size / 1e6:6.1f} MB")
        headless = install(folder / "headless", "--no-deps", "-r", "requirements-headless.txt", wheel)
        full = install(folder / "full", wheel)
        for kind, site in (("headless", headless), ("full", full)):
            print(f"{kind:<20}{size(site)}")
            compileall.compile_dir(site, quiet=2)
        commands: dict[str, list[Path | str]] = {
            "python -c pass": [folder / "headless" / "bin" / "python", "-c", "pass"],
            "headless": [folder / "headless" / "bin" / "assay", SCRIPT],
            "full": [folder / "full" / "bin" / "assay", SCRIPT],
        }
        for kind, median in start_times(commands, runs).items():
            print(f"{kind:<20}{median:6.1f} ms")


if __name__ == "__main__":
    main(int(sys.argv[1]) if sys.argv[1:] else 25)
