"""Approvals: a script stops at a gate, a human answers, and the script goes on with that answer for that gate.

    request.py    what a gate shows, found in an error's text; its digest
    record.py     a request that waits, with all that its resumption is bound to
    clock.py      how old a record is, also when somebody sets the clock back
    store.py      the records on disk: written whole or not at all, claimed by one resumption only
    decision.py   the one function that every decision passes
    gates.py      the answers of a resumed run, each given to the gate it was meant for
"""

from __future__ import annotations

MARKER = "__assay_approval_request__:"
"""Stands before the JSON of a request in the text of the error that raises it."""
