"""`assay modules`: everything that can be required, and the builtin groups, as a table or as JSON."""

from __future__ import annotations

import sys

from assay_shell.cli import complain
from assay_shell.runtime.listing import Listing
from assay_shell.runtime.log import visible, write_stderr

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.cli.arguments import Invocation
    from assay_shell.runtime.listing import Listed

UNKNOWN = 1


def show(invocation: Invocation) -> int:
    """Print the list; 1 when there is no such category."""
    listing = Listing()
    report_faults(listing)
    entries = sorted(listing.entries, key=lambda entry: entry.name.encode("utf-8", "surrogateescape"))
    category = invocation.text("category")
    if category is not None:
        known = sorted({entry.header.category for entry in entries} - {""})
        entries = [entry for entry in entries if entry.header.category == category]
        if not entries:
            complain(f"there is no category '{category}' (known: {', '.join(known)})")
            return UNKNOWN
    sys.stdout.write(_json(entries) if invocation.flag("json") else _table(entries))
    return 0


def report_faults(listing: Listing) -> None:
    """Say on standard error which module files are broken; the others are listed all the same."""
    for fault in listing.faults:
        write_stderr(f"warning: {visible(fault)}\n".encode("utf-8", "backslashreplace"))


def _table(entries: list[Listed]) -> str:
    rows = [(entry.name, entry.source, entry.header.description) for entry in entries]
    lines = [_row("MODULE", "SOURCE", "DESCRIPTION"), "-" * 80, *(_row(*row) for row in rows)]
    return "".join(f"{line}\n" for line in lines)


def _row(name: str, source: str, description: str) -> str:
    return visible(f"{name:<30} {source:<10} {description}")


def _json(entries: list[Listed]) -> str:
    import json  # a table needs no encoder

    return json.dumps([entry.as_data() for entry in entries], indent=2) + "\n"
