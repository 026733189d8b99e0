"""What scripts hold: a database, which is a pool, or a transaction, which is one connection of it."""

from __future__ import annotations

from assay_shell.runtime.builtins.db.failure import POOL_CLOSED, DatabaseFailure
from assay_shell.runtime.builtins.db.params import Binder
from assay_shell.runtime.builtins.db.pool import Pool

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from assay_shell.runtime.builtins.db.session import Session
    from assay_shell.runtime.scheduler import Task
    from assay_shell.runtime.vm import Runtime

    Owner = Task | None

_ENDED = "the transaction has ended"
_LOST = "the transaction was lost with its connection"


class Kind:
    """What the group has to know of a kind of database.

    *begin* opens a transaction, *begin_readonly* one in which nothing is written. *server* says that there is one: its
    sessions always wait, a transaction which a script begins by SQL keeps its connection for the script's task, and a
    stream has a connection for itself. Without one there is a single connection, which may answer at once. *typed* says
    that there are arrays and a JSON type.
    """

    def __init__(self, dialect: str, begin: str, begin_readonly: str, *, server: bool, typed: bool) -> None:
        self.dialect = dialect
        self.begin = begin
        self.begin_readonly = begin_readonly
        self.server = server
        self.typed = typed


SQLITE = Kind("sqlite", "BEGIN IMMEDIATE", "BEGIN", server=False, typed=False)
POSTGRES = Kind("postgres", "BEGIN", "BEGIN", server=True, typed=True)
MYSQL = Kind("mysql", "START TRANSACTION", "START TRANSACTION", server=True, typed=False)


class Database:
    """A pool of connections and the transactions that are open on them.

    *label* names it in messages, without the password. A transaction belongs to a task: the main chunk (None) or a
    spawned one, whose statements then all go to the transaction's connection.
    """

    def __init__(
        self,
        runtime: Runtime,
        kind: Kind,
        label: str,
        connect: Callable[[], Awaitable[Session]],
        *,
        size: int,
        timeout: float,
        rich: bool,
    ) -> None:
        self.runtime = runtime
        self.kind = kind
        self.label = label
        self.binder = Binder(runtime, rich=rich, typed=kind.typed)
        self.turn_at = 0.0
        """When a statement last let other tasks run, by `perf_counter`."""
        self.pool = Pool(connect, size, timeout)
        self._pinned: dict[Owner, Session] = {}
        self._held: dict[Owner, int] = {}
        """How many `db.transaction` calls hold an owner's session."""
        self.release: Callable[[], object] | None = None
        """What the runtime calls at the end of the script."""
        self._watched: set[Owner] = set()
        self._savepoints = 0

    @property
    def database(self) -> Database:
        """The database itself, as for transactions."""
        return self

    def ready(self, owner: Owner) -> Session | None:
        """The connection that the owner's next statement may use if it never waits; None where it has to be borrowed.

        Raises:
            DatabaseFailure: the database is closed.
        """
        session = self._pinned.get(owner) or self.pool.idle()
        if session is None or session.broken or session.readonly is not self.runtime.guard.readonly:
            return None
        return session

    async def borrow(self, owner: Owner) -> Session:
        """The connection for the owner's next statement; hand it to `give_back` after it.

        Raises:
            DatabaseFailure: there is none to be had.
        """
        session = self._pinned.get(owner)
        if session is None:
            session = await self.pool.acquire()
        elif session.broken:
            raise DatabaseFailure(POOL_CLOSED if self.pool.closed else _LOST)
        wanted = self.runtime.guard.readonly
        if session.readonly is not wanted:
            await self._set_readonly(owner, session, on=wanted)
        return session

    def give_back(self, owner: Owner, session: Session) -> None:
        """Keep the connection for its owner while a transaction is open on it, else return it to the pool."""
        pinned = self._pinned.get(owner) is session
        if pinned and owner in self._held:
            return
        if self.kind.server and session.in_transaction and not session.broken and not self.pool.closed:
            if not pinned:
                self._pin(owner, session)
            return
        if pinned:
            del self._pinned[owner]
        self.pool.release(session)

    def hold(self, owner: Owner, session: Session) -> None:
        """Keep the connection for its owner until `let_go` has been called as often."""
        self._held[owner] = self._held.get(owner, 0) + 1
        if self._pinned.get(owner) is not session:
            self._pin(owner, session)

    def let_go(self, owner: Owner, session: Session) -> None:
        """End one `hold`; after the last one the connection goes its usual way."""
        self._held[owner] -= 1
        if not self._held[owner]:
            del self._held[owner]
            self.give_back(owner, session)

    async def close(self) -> None:
        """Close the pool: open transactions are rolled back, statements under way come to their end."""
        if self.release is not None:
            self.runtime.keep_open(self.release)
        idle = self.pool.close()
        for owner, session in list(self._pinned.items()):
            if owner not in self._held:
                del self._pinned[owner]
            session.abort()
        for session in idle:
            await session.close()

    def __del__(self) -> None:
        self.pool.drop()

    def new_savepoint(self) -> str:
        """A name for a savepoint that no other has."""
        self._savepoints += 1
        return f"assay_{self._savepoints}"

    def _pin(self, owner: Owner, session: Session) -> None:
        self._pinned[owner] = session
        if owner is not None and owner not in self._watched:
            self._watched.add(owner)
            owner.waiters.append(lambda: self._abandon(owner))

    def _abandon(self, owner: Owner) -> None:
        """The task has ended: its transaction cannot be committed any more."""
        self._watched.discard(owner)
        self._held.pop(owner, None)
        session = self._pinned.pop(owner, None)
        if session is not None:
            self.runtime.log("warn", f"db: a task ended within a transaction on {self.label}; it is rolled back")
            session.abort()
            self.pool.release(session)

    async def _set_readonly(self, owner: Owner, session: Session, *, on: bool) -> None:
        try:
            await session.set_readonly(on=on)
        except BaseException:
            self.give_back(owner, session)
            raise


class Transaction:
    """A transaction that `db.transaction` has begun, or a savepoint in one; it takes the place of its database."""

    def __init__(self, database: Database, session: Session, savepoint: str | None, on_end: Callable[[], None]) -> None:
        self.database = database
        self.kind = database.kind
        self.label = database.label
        self.binder = database.binder
        self._session = session
        self._savepoint = savepoint
        self._on_end = on_end
        self._ended = False

    def ready(self, owner: Owner) -> Session | None:
        """The transaction's connection, None where it has to be borrowed."""
        return None if self._ended or self._session.broken else self._session

    async def borrow(self, owner: Owner) -> Session:
        """The transaction's connection, for any task.

        Raises:
            DatabaseFailure: the transaction has ended.
        """
        if self._ended:
            raise DatabaseFailure(_ENDED)
        if self._session.broken:
            raise DatabaseFailure(_LOST)
        return self._session

    def give_back(self, owner: Owner, session: Session) -> None:
        """The connection stays the transaction's own."""

    async def commit(self) -> None:
        """Make it last.

        Raises:
            DatabaseFailure: it was lost, a statement in it had failed, or the database refuses.
        """
        session = await self.borrow(None)
        if session.failed:
            raise DatabaseFailure("rolled back, since a statement in it has failed")
        if self._savepoint:
            await session.run(f"RELEASE SAVEPOINT {self._savepoint}", [])
        elif session.in_transaction:
            await session.run("COMMIT", [])
        self._end()

    async def abandon(self) -> None:
        """Roll it back unless it has been committed. Never fails: what cannot be rolled back is closed."""
        if self._ended:
            return
        session = self._session
        try:
            if self._savepoint and not session.broken:
                await session.run(f"ROLLBACK TO SAVEPOINT {self._savepoint}", [])
                await session.run(f"RELEASE SAVEPOINT {self._savepoint}", [])
            elif session.in_transaction and not session.broken:
                await session.run("ROLLBACK", [])
        except DatabaseFailure:
            session.abort()
        except BaseException:
            session.abort()
            raise
        finally:
            self._end()

    def _end(self) -> None:
        self._ended = True
        self._on_end()


async def begin(connection: Database | Transaction, owner: Owner) -> Transaction:
    """A new transaction, or a savepoint where one is open already.

    Raises:
        DatabaseFailure: there is no connection, or the database refuses.
    """
    database = connection.database
    session = await connection.borrow(owner)
    try:
        savepoint = None
        if session.in_transaction:
            savepoint = database.new_savepoint()
            await session.run(f"SAVEPOINT {savepoint}", [])
        else:
            kind = database.kind
            await session.run(kind.begin_readonly if session.readonly else kind.begin, [])
    except BaseException:
        connection.give_back(owner, session)
        raise
    if isinstance(connection, Transaction):  # which has the session until it ends itself
        return Transaction(database, session, savepoint, lambda: None)
    database.hold(owner, session)
    return Transaction(database, session, savepoint, lambda: database.let_go(owner, session))


def owner_of(runtime: Runtime) -> Owner:
    """The task that a builtin is called by; None for the main chunk, whose inputs a shell runs one after another."""
    scheduler = runtime.scheduler
    task = scheduler.current
    if task is None and scheduler.events.exists:  # called once an approval has come
        task = scheduler.served()
    return None if task is None or scheduler.is_main(task) else task
