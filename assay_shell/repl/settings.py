"""`config.toml`: how the shell looks and behaves. A wrong setting is named, and its default holds."""

from __future__ import annotations

import os
from dataclasses import dataclass, field, fields, replace

from assay_shell.session.formats import FORMATS
from assay_shell.session.workspace import PRODUCTION

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable


@dataclass(frozen=True, slots=True)
class Settings:
    """What may be set.

    *theme* is one of Pygments' styles, "" for the shell's own; *keys* is `emacs` or `vi`; *production* are patterns of
    kube contexts that start in ask mode; *aliases* are commands of the user's own.
    """

    theme: str = ""
    keys: str = "emacs"
    format: str = "auto"
    production: tuple[str, ...] = PRODUCTION
    pager: bool = True
    complete_while_typing: bool = True
    suggest: bool = True
    aliases: dict[str, str] = field(default_factory=dict)


def read_settings(path: str) -> tuple[Settings, list[str]]:
    """Return the settings in the file *path*, and what is wrong with it; a file that is not there has none."""
    settings, faults = Settings(), []
    if not os.path.exists(path):
        return settings, []
    import tomllib

    try:
        with open(path, "rb") as file:
            given = tomllib.load(file)
    except (OSError, ValueError) as error:
        return settings, [f"{path}: {error}"]
    known = {each.name for each in fields(Settings)}
    for name, value in given.items():
        if name not in known:
            from assay_shell.runtime.nearest import did_you_mean

            faults.append(f"{path}: there is no setting '{name}'{did_you_mean(name, known)}")
            continue
        checked, expected = _CHECKS[name](value)
        if expected:
            faults.append(f"{path}: {name}: expected {expected}, got {value!r}")
        else:
            settings = replace(settings, **{name: checked})  # type: ignore[arg-type]  # as checked
    return settings, faults


Checked = tuple[object, str]
"""A usable value and "", or anything and what was expected."""


def _one_of(*choices: str) -> Callable[[object], Checked]:
    return lambda value: (value, "" if value in choices else " or ".join(f'"{choice}"' for choice in choices))


def _yes_or_no(value: object) -> Checked:
    return value, "" if isinstance(value, bool) else "true or false"


def _patterns(value: object) -> Checked:
    if isinstance(value, list) and all(isinstance(item, str) for item in value):
        return tuple(value), ""
    return value, 'a list of patterns such as ["prod*"]'


def _theme(value: object) -> Checked:
    from pygments.styles import get_all_styles

    names = sorted(get_all_styles())
    return value, "" if value in names or value == "" else f"a style of Pygments ({', '.join(names)})"


def _aliases(value: object) -> Checked:
    fits = isinstance(value, dict) and all(isinstance(item, str) for item in value.values())
    return value, "" if fits else 'a table such as { k = "c:pods(\\"shop\\")" }'


_CHECKS: dict[str, Callable[[object], Checked]] = {
    "theme": _theme,
    "keys": _one_of("emacs", "vi"),
    "format": _one_of(*FORMATS),
    "production": _patterns,
    "pager": _yes_or_no,
    "complete_while_typing": _yes_or_no,
    "suggest": _yes_or_no,
    "aliases": _aliases,
}
