"""Completion, signature help and documentation of half-typed input.

    completer.py   decides who answers
    place.py       what stands at the cursor; reading.py, chains.py and literals.py read words, expressions, strings
    resolve.py     what an expression stands for: live.py looks at values,
                   knowledge.py and modulefiles.py at what is documented
    members.py, arguments.py, optionkeys.py, outside.py, cluster.py, commands.py   candidates
    kubernetes.py  asks a cluster in the background for what cluster.py remembers
    matching.py    which of them fit
    inspection.py  documentation and source
    answers.py     what all of it answers with

Nothing here runs code of a script, calls a metamethod, or waits.
"""

from __future__ import annotations

from assay_shell.session.completion.answers import Candidate, Completions, Documentation, SignatureHelp
from assay_shell.session.completion.cluster import Wanted
from assay_shell.session.completion.commands import CommandWord
from assay_shell.session.completion.completer import Completer

__all__ = ["Candidate", "CommandWord", "Completer", "Completions", "Documentation", "SignatureHelp", "Wanted"]
