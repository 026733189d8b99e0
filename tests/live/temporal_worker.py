"""A Python worker for the live tests: `python -m tests.live.temporal_worker ADDRESS NAMESPACE QUEUE`."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

from temporalio import activity, workflow
from temporalio.client import Client
from temporalio.common import RawValue, RetryPolicy
from temporalio.exceptions import ApplicationError
from temporalio.worker import Worker


@workflow.defn
class Echo:
    """Returns its argument, through an activity."""

    @workflow.run
    async def run(self, value: Any) -> Any:
        return await workflow.execute_activity(repeat, value, start_to_close_timeout=timedelta(seconds=10))


@workflow.defn
class Sum:
    """Adds two numbers."""

    @workflow.run
    async def run(self, first: int, second: int) -> int:
        return first + second


@workflow.defn
class Nothing:
    """Takes nothing and returns nothing."""

    @workflow.run
    async def run(self) -> None:
        return


@workflow.defn
class Bytes:
    """Returns every byte there is."""

    @workflow.run
    async def run(self) -> bytes:
        return bytes(range(256))


@workflow.defn
class Counter:
    """Adds what signals bring until it is told to finish; queries tell about it."""

    def __init__(self) -> None:
        self.total = 0
        self.finished = False

    @workflow.run
    async def run(self) -> int:
        await workflow.wait_condition(lambda: self.finished)
        return self.total

    @workflow.signal
    def add(self, amount: int) -> None:
        self.total += amount

    @workflow.signal
    def add_two(self, first: int, second: int) -> None:
        self.total += first + second

    @workflow.signal
    def finish(self) -> None:
        self.finished = True

    @workflow.query
    def sum(self) -> int:
        return self.total

    @workflow.query
    def details(self, name: str) -> dict[str, Any]:
        return {"name": name, "total": self.total, "list": [1, None, 3], "none": None}

    @workflow.query
    def nothing(self) -> None:
        return

    @workflow.query
    def broken(self) -> None:
        raise ValueError("the query is broken")


@workflow.defn
class Failing:
    """Fails with the message that it is given."""

    @workflow.run
    async def run(self, message: str) -> None:
        raise ApplicationError(message, type="OutOfStock", non_retryable=True)


@workflow.defn
class FailingBelow:
    """Fails because its activity does."""

    @workflow.run
    async def run(self) -> None:
        await workflow.execute_activity(
            give_up, start_to_close_timeout=timedelta(seconds=10), retry_policy=RetryPolicy(maximum_attempts=1)
        )


@workflow.defn
class Countdown:
    """Continues as new until the number is 0."""

    @workflow.run
    async def run(self, number: int) -> str:
        if number > 0:
            workflow.continue_as_new(number - 1)
        return "lift-off"


@workflow.defn(name="PromoteToEnv")
class Promote:
    """Waits for the version to be approved."""

    def __init__(self) -> None:
        self.approved = False

    @workflow.run
    async def run(self, order: dict[str, str]) -> dict[str, str]:
        await workflow.wait_condition(lambda: self.approved)
        return {"promoted": order["version"], "to": order["target"]}

    @workflow.signal
    def approve(self) -> None:
        self.approved = True


@workflow.defn(dynamic=True)
class Inspect:
    """Stands in for every other type: tells how its arguments were encoded."""

    @workflow.run
    async def run(self, values: Sequence[RawValue]) -> list[dict[str, str]]:
        return [
            {
                "encoding": value.payload.metadata["encoding"].decode(),
                "keys": ",".join(sorted(value.payload.metadata)),
                "data": value.payload.data.decode(),
            }
            for value in values
        ]


@activity.defn
async def repeat(value: Any) -> Any:
    return value


@activity.defn
async def give_up() -> None:
    raise ValueError("no disk is left")


async def main(address: str, namespace: str, queue: str) -> None:
    """Work until the process is ended."""
    client = await Client.connect(address, namespace=namespace)
    workflows = [Echo, Sum, Nothing, Bytes, Counter, Failing, FailingBelow, Countdown, Promote, Inspect]
    async with Worker(client, task_queue=queue, workflows=workflows, activities=[repeat, give_up]):
        print("ready", flush=True)  # noqa: T201 - who started this waits for it
        await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
