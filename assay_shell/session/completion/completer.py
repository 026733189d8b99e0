"""Completion of half-typed input: what stands at the cursor decides who answers."""

from __future__ import annotations

from assay_shell.session.completion.answers import Candidate, Completions, Documentation, SignatureHelp
from assay_shell.session.completion.arguments import Arguments
from assay_shell.session.completion.cluster import ClusterNames
from assay_shell.session.completion.commands import CommandWord, command_place
from assay_shell.session.completion.knowledge import Knowledge
from assay_shell.session.completion.literals import closing, written
from assay_shell.session.completion.live import Live
from assay_shell.session.completion.matching import best
from assay_shell.session.completion.members import Members
from assay_shell.session.completion.optionkeys import OptionKeys
from assay_shell.session.completion.outside import files
from assay_shell.session.completion.place import Place, place_at
from assay_shell.session.completion.reading import Reader
from assay_shell.session.completion.resolve import Resolver
from assay_shell.session.tokens import KEYWORDS

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Sequence

    from assay_shell.session.completion.cluster import Fetch
    from assay_shell.session.completion.resolve import Session


class Completer:
    """Completion, signature help and documentation for the inputs of one session.

    It looks at live values and at what is documented. It runs no code of a script, calls no metamethod, and waits for
    nothing. *commands* are the words that begin with a mark (`.help`, `%help`). *fetch* asks a cluster for names in the
    background, as `KubernetesNames` does; without it none are offered.
    """

    def __init__(self, session: Session, *, commands: Sequence[CommandWord] = (), fetch: Fetch | None = None) -> None:
        runtime = session.runtime
        self._session = session
        self._commands = commands
        self._reader = Reader()
        self._live = Live(runtime)
        self._knowledge = Knowledge(runtime)
        self._resolver = Resolver(session, self._live, self._knowledge)
        self._members = Members(session, self._live, self._knowledge, self._resolver)
        self.cluster = ClusterNames(fetch, log=lambda message: runtime.log("debug", message))
        self._options = OptionKeys(self._knowledge)
        self._arguments = Arguments(session, self._live, self._knowledge, self._resolver, self._options, self.cluster)

    def prepare(self) -> None:
        """Read what is documented, for whoever has some milliseconds to spare before the first Tab."""
        for source in ("", 'require("'):
            self.complete(source, len(source))

    def complete(self, source: str, cursor: int) -> Completions:
        """What can stand at *cursor*, the best first; the candidates replace the text from `start` to `end`."""
        if (found := self._in_command(source, cursor)) is not None:
            return found
        place = place_at(source, cursor, self._reader)
        if place.kind == "member":
            return self._member(place, cursor)
        if place.kind == "key":
            return self._key(place, source, cursor)
        if place.kind == "string":
            return self._string(place, cursor)
        if place.kind == "name":
            return self._name(place, cursor)
        return Completions(cursor, cursor, [])

    def members(self, source: str) -> list[str]:
        """The names behind the dot of what *source* leads to; empty where it leads nowhere."""
        typed = f"{source}."
        found = self.complete(typed, len(typed)).items
        return [candidate.text for candidate in found if candidate.kind != "keyword"]

    # Places -----------------------------------------------------------------------------------------------

    def _name(self, place: Place, cursor: int) -> Completions:
        if place.words and place.words[-1].text == "local":
            return Completions(place.start, cursor, best(place.typed, [Candidate("function", "keyword")]))
        options = best(place.typed, self._arguments.options(place))
        if options and place.call is not None and place.call.options[-1:] == ("",):
            return Completions(place.start, cursor, options)
        return Completions(place.start, cursor, best(place.typed, self._members.names(place.words, place.typed)))

    def _member(self, place: Place, cursor: int) -> Completions:
        if place.chain is None:
            return Completions(cursor, cursor, [])
        thing = self._resolver.resolve(place.chain, place.words)
        found = best(place.typed, self._members.of(thing, place.separator, place.typed))
        if all(_is_name(candidate.text) for candidate in found):
            return Completions(place.start, cursor, found)
        return Completions(place.start - 1, cursor, [_behind_dot(candidate) for candidate in found])

    def _key(self, place: Place, source: str, cursor: int) -> Completions:
        """Keys in the brackets of an index, with what closes them where that is not there yet."""
        assert place.chain is not None
        thing = self._resolver.resolve(place.chain, place.words)
        keys = list(self._members.keys(thing, place.typed))
        quote = place.quote or '"'
        rest = source[cursor:].lstrip()
        end = "" if rest.startswith(closing(quote)) else closing(quote) + ("" if rest.startswith("]") else "]")
        found = [
            Candidate(f"{'' if place.quote else quote}{written(key.text, quote)}{end}", "field", label=key.text)
            for key in best(place.typed, (Candidate(key, "field") for key in keys if isinstance(key, str)))
        ]
        if place.quote:
            return Completions(place.start, cursor, found)
        names = self._members.names(place.words, place.typed)
        numbers = [Candidate(f"{key}]", "field", label=str(key)) for key in keys if isinstance(key, int)]
        if place.typed:
            return Completions(place.start, cursor, [*found, *best(place.typed, names)])
        return Completions(place.start, cursor, [*numbers, *found])

    def _string(self, place: Place, cursor: int) -> Completions:
        found = self._arguments.strings(place)
        if found is None:
            return Completions(cursor, cursor, [])
        typed, candidates = found
        start = cursor - len(written(typed, place.quote)) if typed != place.typed else place.start
        shown = [_quoted(candidate, place.quote) for candidate in best(typed, candidates)]
        return Completions(start, cursor, shown)

    # Commands ---------------------------------------------------------------------------------------------

    def _in_command(self, source: str, cursor: int) -> Completions | None:
        """Completion of a command line, None where *source* is none."""
        place = command_place(source, cursor, self._commands)
        if place is None:
            return None
        if place.argument is None:
            words = [Candidate(word.text, "command", word.usage, word.summary) for word in self._commands]
            return Completions(place.start, cursor, best(source[place.start : cursor], words))
        typed = source[place.start : cursor]
        if place.argument == "path":
            last, found = files(typed)
            return Completions(cursor - len(last), cursor, best(last, found))
        if place.argument == "module":
            return Completions(place.start, cursor, best(typed, self._arguments.modules(typed)))
        if place.argument == "name":
            inner = self.complete(typed, len(typed))
            return Completions(inner.start + place.start, cursor, inner.items)
        choices = (Candidate(choice, "command") for choice in place.argument.split("|") if choice)
        return Completions(place.start, cursor, best(typed, choices))

    # Help -------------------------------------------------------------------------------------------------

    def signature(self, source: str, cursor: int) -> SignatureHelp | None:
        """The call around *cursor* and its current argument, None where there is none that is known."""
        return self._arguments.signature(place_at(source, cursor, self._reader))

    def inspect(self, source: str, cursor: int, *, detail: bool = False) -> Documentation | None:
        """What is known of the name at *cursor*, or of the call around it; with *detail* its source code too."""
        from assay_shell.session.completion.inspection import Inspection

        inspection = Inspection(self._session, self._live, self._knowledge, self._resolver)
        return inspection.at(source, cursor, self._reader, detail=detail)


def _is_name(text: str) -> bool:
    return text.isascii() and text.isidentifier() and text not in KEYWORDS


def _behind_dot(candidate: Candidate) -> Candidate:
    """A member with its dot, or in brackets where it is no name."""
    text = f".{candidate.text}" if _is_name(candidate.text) else f'["{written(candidate.text, chr(34))}"]'
    return Candidate(text, candidate.kind, candidate.signature, candidate.summary, candidate.text)


def _quoted(candidate: Candidate, quote: str) -> Candidate:
    text = written(candidate.text, quote)
    if text == candidate.text:
        return candidate
    return Candidate(text, candidate.kind, candidate.signature, candidate.summary, candidate.text)

