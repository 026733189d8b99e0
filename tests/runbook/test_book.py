"""Notebook files as they come: from Jupyter, from older versions, from elsewhere, and damaged."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from assay_shell.runbook.book import BookError, load

CELL: dict[str, object] = {
    "cell_type": "code", "metadata": {}, "source": ["print(1)\n", "print(2)"], "outputs": [], "execution_count": None,
}  # fmt: skip
OLD = {"cell_type": "code", "language": "lua", "input": ["print(1)"], "outputs": [], "collapsed": False}


def file(folder: Path, content: str | bytes) -> str:
    path = folder / "book.ipynb"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return str(path)


def notebook(*cells: object, **members: Any) -> str:
    return json.dumps({"nbformat": 4, "nbformat_minor": 4, "metadata": {}, "cells": cells, **members})


@pytest.mark.parametrize(
    "content",
    [
        pytest.param(notebook(CELL), id="no kernel"),
        pytest.param(notebook(CELL, metadata={"language_info": {"name": "Lua"}}), id="a language"),
        pytest.param(notebook(CELL, nbformat_minor=99), id="a newer minor version"),
        pytest.param(notebook({**CELL, "id": "a"}, nbformat_minor=5), id="cells with names"),
        pytest.param(notebook(nbformat=3, nbformat_minor=0, worksheets=[{"cells": [OLD]}]), id="version 3"),
        pytest.param(notebook(nbformat=2, nbformat_minor=0, worksheets=[{"cells": [OLD]}]), id="version 2"),
    ],
)
def test_notebooks_of_many_kinds_are_read(tmp_path: Path, content: str) -> None:
    (cell,) = load(file(tmp_path, content)).cells
    assert cell.source.startswith("print(1)")


@pytest.mark.parametrize(
    "content",
    [
        pytest.param("", id="empty"),
        pytest.param("{", id="half"),
        pytest.param("[]", id="another document"),
        pytest.param("5", id="a number"),
        pytest.param("null", id="null"),
        pytest.param(b"\0\0", id="zeros"),
        pytest.param(b"\xff\xfe{\0}\0", id="UTF-16"),
        pytest.param("[" * 100_000, id="deep"),
        pytest.param(notebook(nbformat=7), id="a version to come"),
        pytest.param(notebook(nbformat="x"), id="no version"),
        pytest.param(notebook({**CELL, "cell_type": "dance"}), id="a cell of another kind"),
        pytest.param(notebook({**CELL, "metadata": {"tags": 5}}), id="tags that are none"),
        pytest.param(notebook(CELL, metadata={"kernelspec": None}), id="no kernelspec"),
        pytest.param(notebook(CELL, metadata={"kernelspec": {"language": "lua"}}), id="half a kernelspec"),
        pytest.param('{"nbformat": 4, "nbformat_minor": 4, "metadata": {}}', id="no cells"),
    ],
)
def test_what_is_no_notebook_is_named_in_a_line(tmp_path: Path, content: str | bytes) -> None:
    path = file(tmp_path, content)
    with pytest.raises(BookError) as failure:
        load(path)
    assert str(failure.value).startswith(f"{path}: not a notebook (")
    assert len(str(failure.value)) < len(path) + 250
    assert "\n" not in str(failure.value)


@pytest.mark.parametrize(
    "metadata",
    [
        {"kernelspec": {"name": "python3", "display_name": "Python 3", "language": "python"}},
        {"kernelspec": {"name": "x", "display_name": "X", "language": 5}},
        {"language_info": {"name": "R"}},
    ],
)
def test_a_notebook_for_another_kernel_is_refused(tmp_path: Path, metadata: object) -> None:
    with pytest.raises(BookError, match=r"a notebook for (Python 3|X|R), not for assay"):
        load(file(tmp_path, notebook(CELL, metadata=metadata)))


def test_what_cannot_be_read_is_told(tmp_path: Path) -> None:
    for path, reason in ((tmp_path, "Is a directory"), (tmp_path / "none.ipynb", "No such file")):
        with pytest.raises(BookError, match=reason):
            load(str(path))
