"""Where the shell keeps its files."""

from __future__ import annotations

import os
import sys

_NAME = "assay"
_ON_LINUX: bool = "linux" in sys.platform
_LINUX = {"config": ("XDG_CONFIG_HOME", "~/.config"), "data": ("XDG_DATA_HOME", "~/.local/share")}
_PROJECT_MARKS = (".git", "modules", "pyproject.toml", ".assay")


def config_folder() -> str:
    """The folder of `config.toml` and `init.lua`."""
    return _folder("config")


def data_folder() -> str:
    """The folder of the history."""
    return _folder("data")


def _folder(kind: str) -> str:
    if _ON_LINUX:  # without the import that knows all platforms: it takes 7 ms of the start
        variable, usual = _LINUX[kind]
        base = os.environ.get(variable, "")
        return os.path.join(base if os.path.isabs(base) else os.path.expanduser(usual), _NAME)
    from platformdirs import user_config_dir, user_data_dir

    return user_config_dir(_NAME) if kind == "config" else user_data_dir(_NAME)


def project() -> str:
    """The folder of the project that the shell was opened in: the nearest one with a mark of one, else the folder."""
    home, here = os.path.expanduser("~"), os.getcwd()
    folder = here
    while folder not in (home, os.path.dirname(folder)):
        if any(os.path.exists(os.path.join(folder, mark)) for mark in _PROJECT_MARKS):
            return folder
        folder = os.path.dirname(folder)
    return here
