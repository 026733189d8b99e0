"""The kernelspec: what tells Jupyter how to start the kernel."""

from __future__ import annotations

import json
import sys
from pathlib import Path

_FOLDERS = (Path(__file__).parent / "kernelspec", Path(__file__).parents[2] / "kernelspec")
"""Where the logos are in an installation, and in a checkout."""


def kernelspec(python: str = sys.executable, name: str = "assay") -> dict[str, object]:
    """Return the content of `kernel.json` for a kernel that *python* runs."""
    return {
        "argv": [python, "-m", "assay_shell.kernel", "-f", "{connection_file}"],
        "display_name": "Assay (Lua)" if name == "assay" else name,
        "language": "lua",
        "interrupt_mode": "message",
        "metadata": {"debugger": False},
    }


def install(*, user: bool = False, prefix: str | None = None, name: str = "assay") -> Path:
    """Write the kernelspec where Jupyter looks for it, and return its folder.

    *prefix* is an environment's folder, by default this Python's; *user* means the home folder instead.

    Raises:
        OSError: it cannot be written there.
        ValueError: *name* is not a name for a kernel.
    """
    from tempfile import TemporaryDirectory

    from jupyter_client.kernelspec import KernelSpecManager

    with TemporaryDirectory() as folder:
        write(Path(folder), name=name)
        place = None if user else prefix or sys.prefix
        return Path(KernelSpecManager().install_kernel_spec(folder, kernel_name=name, user=user, prefix=place))


def write(folder: Path, *, name: str = "assay") -> None:
    """Write `kernel.json` and the logos into *folder*."""
    (folder / "kernel.json").write_text(json.dumps(kernelspec(name=name), indent=2) + "\n")
    logos = next(folder for folder in _FOLDERS if folder.is_dir())
    for logo in logos.glob("logo-*"):
        (folder / logo.name).write_bytes(logo.read_bytes())
