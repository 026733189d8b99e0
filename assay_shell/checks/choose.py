"""Choosing some checks of a suite: by tag, by name, and with what they depend on."""

from __future__ import annotations

from dataclasses import replace
from fnmatch import fnmatchcase

from assay_shell.runtime.errors import UsageError
from assay_shell.runtime.nearest import did_you_mean

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay_shell.checks.suite import Check, Suite


def selected(suite: Suite, tags: Sequence[str], names: Sequence[str]) -> Suite:
    """*suite* with the checks that have one of *tags* and one of *names* (`*` and `?` stand for anything) only.

    What they depend on comes with them. Empty sequences choose everything.

    Raises:
        UsageError: a tag or name chooses nothing at all.
    """
    if not tags and not names:
        return suite
    _refuse_strangers(suite, tags, names)
    chosen = {index for index, check in enumerate(suite.checks) if _tagged(check, tags) and _named(check, names)}
    while more := _needed(suite.checks, chosen) - chosen:
        chosen |= more
    return replace(suite, checks=tuple(check for index, check in enumerate(suite.checks) if index in chosen))


def _refuse_strangers(suite: Suite, tags: Sequence[str], names: Sequence[str]) -> None:
    known_tags = {tag for check in suite.checks for tag in check.tags}
    for tag in tags:
        if tag not in known_tags:
            raise UsageError(f"no check has the tag '{tag}'{did_you_mean(tag, known_tags)}")
    for name in names:
        if not any(_named(check, [name]) for check in suite.checks):
            raise UsageError(f"no check is called '{name}'{did_you_mean(name, [one.name for one in suite.checks])}")


def _tagged(check: Check, tags: Sequence[str]) -> bool:
    return not tags or any(tag in tags for tag in check.tags)


def _named(check: Check, names: Sequence[str]) -> bool:
    return not names or any(name in (check.name, check.origin) or fnmatchcase(check.name, name) for name in names)


def _needed(checks: Sequence[Check], chosen: set[int]) -> set[int]:
    wanted = {name for index in chosen for name in checks[index].depends_on}
    return {index for index, check in enumerate(checks) if check.name in wanted or check.origin in wanted}
