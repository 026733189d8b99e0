"""Questions to the human in front of the notebook: input boxes, asked without holding up anything else."""

from __future__ import annotations

import asyncio

import zmq

from assay_shell.kernel.policy import Policy
from assay_shell.runtime.errors import BuiltinError
from assay_shell.session.approvals import ALWAYS, NO, YES
from assay_shell.session.workspace import Front

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

    from assay_shell.kernel.kernel import AssayKernel
    from assay_shell.runtime.vm import Runtime
    from assay_shell.session.approvals import Question

_ANSWERS = {"y": YES, "yes": YES, "n": NO, "no": NO, "": NO, "a": ALWAYS, "always": ALWAYS}
_LOOK_EVERY = 0.02
"""Seconds between two looks for the answer."""


class Asker:
    """Asks whoever sent the cell that runs."""

    def __init__(self, kernel: AssayKernel) -> None:
        self._kernel = kernel
        self.allowed = False
        """Whether the front end of the cell that runs can show an input box."""

    async def ask_line(self, prompt: str, *, secret: bool) -> str | None:
        """What the human answers to *prompt*; other messages are served meanwhile.

        Raises:
            BuiltinError: the front end cannot be asked, as in a headless run.
        """
        kernel = self._kernel
        if not self.allowed:
            raise BuiltinError("input", "nobody can be asked: this notebook runs without a human")
        kernel.flush_printed()
        while kernel.stdin_socket.poll(0):  # answers that came after their question was given up
            kernel.stdin_socket.recv_multipart()
        to = kernel._get_shell_context_var(kernel._shell_parent_ident)
        question = await self._send({"prompt": prompt, "password": secret}, to)
        value = await self._answer(question["header"]["msg_id"], to)
        return value if isinstance(value, str) and value != "\x04" else None  # Ctrl-D: the end of input

    async def _send(self, content: dict[str, object], to: object) -> dict[str, Any]:
        """Send a question as soon as the front end can be reached: its connections come up one by one."""
        kernel = self._kernel
        while True:
            try:
                sent: dict[str, Any] = kernel.session.send(
                    kernel.stdin_socket, "input_request", content, kernel.get_parent("shell"), ident=to
                )
            except zmq.ZMQError as error:
                if error.errno != zmq.EHOSTUNREACH:
                    raise
                await asyncio.sleep(_LOOK_EVERY)
            else:
                return sent

    async def _answer(self, question: str, asked: object) -> object:
        """What was *asked* answers to *question*; what others send, or what is for another question, is no answer."""
        kernel = self._kernel
        while True:
            while not kernel.stdin_socket.poll(0, zmq.POLLIN):
                await asyncio.sleep(_LOOK_EVERY)
            try:
                sender, reply = kernel.session.recv(kernel.stdin_socket)
                value, before = reply["content"]["value"], reply["parent_header"]
                meant = before.get("msg_id") if before.get("msg_type") == "input_request" else question
            except Exception as error:  # whatever a stranger may send
                kernel.log.warning("what came is no answer: %s", type(error).__name__)
                continue
            if (sender, meant) == (asked, question):
                return value


class NotebookFront(Front):
    """What a session asks of a notebook: approvals appear as input boxes that show the pending write."""

    mark = "%"

    def __init__(self, asker: Asker, runtime: Runtime) -> None:
        self._asker = asker
        self._policy = Policy(runtime)

    async def ask(self, question: Question) -> str:
        """The answer to a question before a write."""
        if not self._asker.allowed:
            return self._policy.answer(question)
        lines = [question.what, *(f"  {line}" for line in await question.preview())]
        while True:
            text = "\n".join([*lines, "allow? [y]es  [n]o  [a]lways for this target  [d]iff  "])
            answer = (await self._asker.ask_line(text, secret=False) or "no").strip().lower()
            if answer in ("d", "diff"):
                lines += [f"  {line}" for line in await question.diff()]
            elif answer in _ANSWERS:
                return _ANSWERS[answer]
