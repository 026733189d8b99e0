"""Option tables: which keys a builtin knows and what each must be."""

from __future__ import annotations

from assay_shell.runtime.convert import converter_for
from assay_shell.runtime.errors import BuiltinError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.runtime.values import Table
    from assay_shell.runtime.vm import Runtime


DECLARED: dict[str, dict[str, str]] = {}
"""Keys and annotations of the options that have been declared, by builtin; the first of a name counts."""


class Options:
    """The options of one builtin: `Options("shell.exec", cwd="str", timeout="float")`.

    Annotations are those of builtin parameters. A key nobody knows is ignored, as existing scripts expect, but
    logged once with the nearest known name; under `--strict` it is an error.
    """

    def __init__(self, builtin: str, **annotations: str) -> None:
        self._builtin = builtin
        DECLARED.setdefault(builtin, annotations)
        self._converters = {key: converter_for(annotation)[0] for key, annotation in annotations.items()}

    def read(self, runtime: Runtime, table: Table | None) -> dict[str, Any]:
        """The options that were given, converted; nil members count as not given.

        Raises:
            ConversionError: a value has the wrong type.
            BuiltinError: a key is unknown, under `--strict`.
        """
        if table is None:
            return {}
        border, given = runtime.border, {}
        for key, value in table.raw.items():
            convert = self._converters.get(key)
            if convert is None:
                self._report(runtime, key)
            else:
                given[key] = convert(value, "", border)
        return given

    def _report(self, runtime: Runtime, key: object) -> None:
        from assay_shell.runtime.nearest import did_you_mean

        text = f"unknown option {key!r}{did_you_mean(str(key), self._converters)}"
        if runtime.strict:
            raise BuiltinError(self._builtin, text)
        runtime.warn_once(f"{self._builtin}: {text}")
