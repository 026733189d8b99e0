"""Notebooks made of cells, run by the command as in a pipeline."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import nbformat
import pytest

from tests.support.command import Command


class Book:
    """A notebook file; `run` runs it, `outputs` are those of its saved copy."""

    def __init__(self, folder: Path, cli: Command) -> None:
        self.path = folder / "book.ipynb"
        self.out = folder / "out.ipynb"
        self._cli = cli

    def write(self, *cells: str | tuple[str, str], kernel: str = "assay", language: str = "lua") -> Book:
        """Fill it with code cells; a pair is a cell and its tag, a text that begins with # is Markdown."""
        book = nbformat.v4.new_notebook(
            metadata={"kernelspec": {"name": kernel, "display_name": kernel, "language": language}}
        )
        for cell in cells:
            source, tag = cell if isinstance(cell, tuple) else (cell, "")
            if source.startswith("#"):
                book.cells.append(nbformat.v4.new_markdown_cell(source))
            else:
                book.cells.append(nbformat.v4.new_code_cell(source, metadata={"tags": [tag] if tag else []}))
        nbformat.write(book, self.path)
        return self

    def run(self, *options: str, env: dict[str, str] | None = None) -> Any:
        """The completed process of `assay runbook run`, with the outputs saved."""
        return self._cli("runbook", "run", self.path, "-o", self.out, *options, env=env, timeout=60)

    def again(self, words: list[str]) -> Any:
        """The completed process of `assay` with these words."""
        return self._cli(*words, timeout=60)

    def saved(self) -> Any:
        """The saved notebook."""
        return nbformat.read(self.out, as_version=4)

    def printed(self) -> str:
        """All that its cells printed."""
        return "".join(
            output.text for cell in self.saved().cells for output in cell.get("outputs", []) if "text" in output
        )


@pytest.fixture
def book(tmp_path: Path, cli: Command) -> Book:
    return Book(tmp_path, cli)
