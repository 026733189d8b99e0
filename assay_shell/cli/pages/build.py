"""Writes the reference into a folder."""

from __future__ import annotations

from pathlib import Path

from assay_shell.cli.pages.lists import full_list, index, short_list
from assay_shell.cli.pages.page import page
from assay_shell.cli.pages.subjects import subjects


def build(folder: Path) -> list[Path]:
    """Write all pages below *folder*, which is made where it is missing, and return their paths.

    What else is in the folder stays; only files of the same names are replaced.

    Raises:
        OSError: a file cannot be written.
    """
    found = subjects()
    texts = {subject.path: page(subject) for subject in found}
    texts["reference.md"] = index(found)
    texts["llms.txt"] = short_list(found, folder)
    texts["llms-full.txt"] = full_list(found)
    return [_write(folder / path, text) for path, text in texts.items()]


def _write(path: Path, text: str) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path
