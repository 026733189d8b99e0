"""A session as a notebook: the inputs that succeeded, each with what it gave."""

from __future__ import annotations

import json

from assay_shell.session.answers import CommandError
from assay_shell.session.transcript.secrets import Hiding

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.session.session import Outcome
    from assay_shell.session.workspace import Workspace

_LANGUAGE = {"name": "lua", "version": "5.5", "file_extension": ".lua", "mimetype": "text/x-lua"}
_KERNEL = {"name": "assay", "display_name": "Assay (Lua)", "language": "lua"}


def notebook_of(workspace: Workspace) -> tuple[str, int]:
    """Return the notebook as JSON text, and how many cells it has.

    Raises:
        CommandError: no input has succeeded.
    """
    done = [outcome for outcome in workspace.session.inputs if outcome.error is None and outcome.source.strip()]
    if not done:
        raise CommandError("nothing to write: no input has succeeded yet")
    hiding = Hiding(workspace.runtime.redactor.text)
    cells = [_cell(workspace, outcome, hiding) for outcome in done]
    if hiding.variables:
        needed = "\n".join(f"- `{name}`" for name in hiding.variables)
        cells.insert(0, _markdown(f"Secrets of the session come from the environment:\n\n{needed}"))
    for index, cell in enumerate(cells):
        cell["id"] = f"cell-{index + 1}"
    document = {
        "cells": cells,
        "metadata": {"kernelspec": _KERNEL, "language_info": _LANGUAGE},
        "nbformat": 4,
        "nbformat_minor": 5,
    }
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n", len(done)


def _markdown(text: str) -> dict[str, Any]:
    return {"cell_type": "markdown", "metadata": {}, "source": _lines(text)}


def _cell(workspace: Workspace, outcome: Outcome, hiding: Hiding) -> dict[str, Any]:
    hide = workspace.runtime.redactor.text
    record = workspace.records.get(outcome.number)
    outputs: list[dict[str, Any]] = []
    if record is not None and record.printed:
        text = hide(record.printed.decode("utf-8", "replace"))
        outputs.append({"output_type": "stream", "name": "stdout", "text": _lines(text)})
    if record is not None and record.shown:
        outputs.append(
            {
                "output_type": "execute_result",
                "execution_count": outcome.number,
                "metadata": {},
                "data": {"text/plain": _lines(hide(record.shown))},
            }
        )
    return {
        "cell_type": "code",
        "execution_count": outcome.number,
        "metadata": {},
        "outputs": outputs,
        "source": _lines(hiding.source(outcome.source.strip("\n"))),
    }


def _lines(text: str) -> list[str]:
    return text.encode("utf-8", "replace").decode().splitlines(keepends=True)
