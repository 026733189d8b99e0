"""Jobs: code that runs while something else is typed."""

from __future__ import annotations

from assay_shell.session.answers import Answer, CommandError

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.session.jobs import Job
    from assay_shell.session.workspace import Workspace


async def show(workspace: Workspace, argument: str) -> Answer:
    """List the jobs, the oldest first."""
    lines = [
        f"[{job.number}] {job.state:<9} {job.seconds:8.1f} s  {_one_line(job.source)}" for job in workspace.jobs.all()
    ]
    return Answer("\n".join(lines) or "no jobs; a line that ends in ' &' starts one")


async def foreground(workspace: Workspace, argument: str) -> Answer:
    """Wait for a job, the latest unless one is named, and show what came of it. An interrupt ends the job.

    Raises:
        CommandError: there is no such job.
    """
    job = _job(workspace, argument)
    await workspace.jobs.wait(job)
    workspace.jobs.forget(job)
    if job.error is None:
        workspace.session.keep_result(job.values)
    return Answer(values=job.values, error=job.error)


async def kill(workspace: Workspace, argument: str) -> Answer:
    """End a job.

    Raises:
        CommandError: there is no such job.
    """
    if not argument:
        raise CommandError("which one? .kill N; .jobs lists them")
    job = _job(workspace, argument)
    await workspace.jobs.end(job)
    return Answer(f"[{job.number}] {job.state}")


def _job(workspace: Workspace, argument: str) -> Job:
    jobs = workspace.jobs.all()
    number = argument.lstrip("%").strip()
    found = [job for job in jobs if str(job.number) == number] if number else jobs
    if not found:
        raise CommandError(f"there is no job {number}; .jobs lists them" if number else "there are no jobs")
    return found[-1]


def _one_line(source: str) -> str:
    text = " ".join(source.split())
    return text if len(text) <= 60 else f"{text[:59]}…"
