"""Runbooks as scripts, and new ones to begin with."""

from __future__ import annotations

from typing import Any

import nbformat

from assay_shell.kernel.cells import parts
from assay_shell.runbook.book import KERNEL
from assay_shell.runtime.vm import Runtime
from assay_shell.session import line as lines
from assay_shell.session.cells import PASS, Cells
from assay_shell.session.tokens import tokens

_SHOW = """local function show(value, ...)
  if value ~= nil then display(value) end
end"""
_SHOW_AND_KEEP = """local _
local function show(value, ...)
  if value == nil then return end
  _ = value
  display(value)
end"""


def script(book: Any) -> str:
    """Return the runbook as Lua: text becomes comments, the results of cells are displayed.

    Cells share their locals as in the notebook. Commands for the notebook (`%readonly`, `!ls`) stay as comments.

    Raises:
        ScriptSyntaxError: a cell does not compile.
    """
    with Runtime() as runtime:
        cells = Cells(runtime)
        found = [_text(cell, cells).rstrip() for cell in book.cells if cell.source.strip()]
    if any("show(" in text for text in found):
        kept = any(token.text == "_" for text in found for token in tokens(text))
        found.insert(0, _SHOW_AND_KEEP if kept else _SHOW)
    return "\n\n".join(found) + "\n"


def _text(cell: Any, cells: Cells) -> str:
    if cell.cell_type == "code":
        return "\n".join(_code(part, cells) for part in parts(cell.source))
    return "\n".join(f"-- {line}".rstrip() for line in cell.source.split("\n"))


def _code(part: str, cells: Cells) -> str:
    """A part of a cell without its own end: nothing may stand behind a `return`."""
    line = lines.read(part)
    if line.kind == lines.COMMAND and line.name == "time":
        return _code(line.argument, cells)
    if line.kind not in (lines.CODE, lines.JOB):
        return "\n".join(f"-- {text}" for text in part.split("\n"))
    source = line.argument.lstrip("\n")
    last = next((word for word in reversed(tokens(source)) if word.text == "return" and word.depth == 0), None)
    if last is not None:
        value = source[last.end :].strip().rstrip(";")
        return f"{source[: last.start]}{f'show({value})' if value else ''}"
    return cells.with_result(source, "<cell>").replace(f"return {PASS}(", "show(").replace("\n)", ")")


def template(title: str) -> Any:
    """Return a notebook to begin with: parameters, a step that looks, a step that changes something after a yes."""
    cell = nbformat.v4.new_code_cell
    text = nbformat.v4.new_markdown_cell
    return nbformat.v4.new_notebook(
        metadata={"kernelspec": KERNEL, "language_info": {"name": "lua", "file_extension": ".lua"}},
        cells=[
            text(f"# {title}\n\nWhat this runbook is for, and when to use it."),
            cell('local target = "staging"', metadata={"tags": ["parameters"]}),
            text("## Look"),
            cell("return { target = target, host = os.hostname() }", metadata={"tags": ["look"]}),
            text("## Change"),
            cell('%ask\nif approval.request("Go on with " .. target .. "?") then print("going on") end'),
        ],
    )
