"""A workspace to type into, and a user who answers its questions."""

from __future__ import annotations

import asyncio

import pytest

from assay_shell.runtime.vm import Runtime
from assay_shell.session.recording import Recorder
from assay_shell.session.workspace import Front, Workspace


class Asked(Front):
    """A user who says what `answers` holds, then no; `questions` are what was asked, `jobs` what has ended."""

    def __init__(self):
        self.answers = []
        self.questions = []
        self.jobs = []

    async def ask(self, question):
        self.questions.append(question)
        return self.answers.pop(0) if self.answers else "no"

    def announce(self, job):
        self.jobs.append(job)


class Desk:
    """A workspace whose lines run to their end on one loop."""

    def __init__(self, **options):
        self.printed = bytearray()
        self.user = Asked()
        self.loop = asyncio.new_event_loop()
        records = Recorder(self.printed.extend)
        self.runtime = Runtime(stdout=records.write, **options)
        self.workspace = Workspace(self.runtime, self.user, records)

    def answer(self, line):
        """What came of *line*."""
        return self.wait(self.workspace.submit(line))

    def text(self, line):
        """The text of an answer that is no error."""
        answer = self.answer(line)
        assert answer.error is None, answer.error
        return answer.text

    def values(self, line):
        """The values of *line*, which must not fail."""
        answer = self.answer(line)
        assert answer.error is None, answer.error
        return [self.runtime.border.deep(raw) for raw in answer.values]

    def fault(self, line):
        """The text of the error that *line* ends in."""
        error = self.answer(line).error
        assert error is not None
        return str(error)

    def wait(self, work):
        """Run a coroutine to its end."""
        return self.loop.run_until_complete(work)

    def close(self):
        """End what is left."""
        self.wait(self.workspace.end())
        self.workspace.close()
        self.loop.close()


@pytest.fixture
def open_desk(tmp_path, monkeypatch):
    """Open a workspace in an empty folder; options are those of the runtime."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("KUBECONFIG", raising=False)
    opened = []

    def open_one(**options):
        opened.append(Desk(**options))
        return opened[-1]

    yield open_one
    for desk in opened:
        desk.close()


@pytest.fixture
def desk(open_desk):
    """A workspace."""
    return open_desk()
