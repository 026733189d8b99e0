"""SQL that writes: its parameters."""

from __future__ import annotations

from assay_shell.runtime.values import Table
from assay_shell.session.effects.lines import shown

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.guard import Effect
    from assay_shell.runtime.vm import Runtime


def details(runtime: Runtime, effect: Effect) -> list[str]:
    """The parameters, by their number."""
    given = effect.values[2] if len(effect.values) > 2 else None
    return shown(given.to_python(), runtime.redactor.value) if isinstance(given, Table) else []
