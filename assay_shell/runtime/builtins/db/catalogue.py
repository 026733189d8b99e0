"""What a database says about its own tables."""

from __future__ import annotations

from assay_shell.runtime.builtins.db import calls
from assay_shell.runtime.errors import BuiltinError, quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Coroutine
    from typing import Any, TypeAlias

    from assay_shell.runtime.builtins.db.session import Session
    from assay_shell.runtime.values import Value
    from assay_shell.runtime.vm import Runtime

    Records: TypeAlias = list[dict[str, Any]]

_TABLES = {
    "sqlite": """
        SELECT schema, name, type AS kind FROM pragma_table_list
        WHERE schema <> 'temp' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\' AND type IN ('table', 'view', 'virtual')
           OR schema = 'temp' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'
        ORDER BY schema, name""",
    "postgres": """
        SELECT n.nspname::text AS schema, c.relname::text AS name,
               CASE c.relkind WHEN 'r' THEN 'table' WHEN 'v' THEN 'view' WHEN 'm' THEN 'materialized view'
                              WHEN 'f' THEN 'foreign table' ELSE 'partitioned table' END AS kind
        FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
        WHERE c.relkind IN ('r', 'v', 'm', 'f', 'p')
          AND n.nspname <> 'information_schema' AND n.nspname !~ '^pg_(catalog|toast)'
        ORDER BY 1, 2""",
    "mysql": """
        SELECT table_schema AS `schema`, table_name AS name,
               CASE table_type WHEN 'BASE TABLE' THEN 'table' ELSE LOWER(table_type) END AS kind
        FROM information_schema.tables
        WHERE table_schema = DATABASE()
           OR DATABASE() IS NULL AND table_schema NOT IN ('information_schema', 'mysql', 'performance_schema', 'sys')
        ORDER BY 1, 2""",
}

_COLUMNS = {
    "sqlite": """
        SELECT name, type, "notnull" = 0 AS nullable, dflt_value AS "default", nullif(pk, 0) AS primary_key
        FROM pragma_table_xinfo(:table, (SELECT name FROM pragma_database_list WHERE name = :schema COLLATE NOCASE))
        WHERE hidden <> 1 AND (:schema IS NULL OR EXISTS (
            SELECT 1 FROM pragma_database_list WHERE name = :schema COLLATE NOCASE))
        ORDER BY cid""",
    "postgres": """
        SELECT a.attname::text AS name, pg_catalog.format_type(a.atttypid, a.atttypmod) AS type,
               NOT a.attnotnull AS nullable, pg_catalog.pg_get_expr(d.adbin, d.adrelid) AS "default",
               pg_catalog.array_position(k.conkey, a.attnum) AS primary_key
        FROM pg_catalog.pg_attribute a
        LEFT JOIN pg_catalog.pg_attrdef d ON d.adrelid = a.attrelid AND d.adnum = a.attnum
        LEFT JOIN pg_catalog.pg_constraint k ON k.conrelid = a.attrelid AND k.contype = 'p'
        WHERE a.attrelid = pg_catalog.to_regclass(:relation) AND a.attnum > 0 AND NOT a.attisdropped
        ORDER BY a.attnum""",
    "mysql": """
        SELECT c.column_name AS name, c.column_type AS type, c.is_nullable = 'YES' AS nullable,
               NULLIF(c.column_default, 'NULL') AS `default`, k.ordinal_position AS primary_key
        FROM information_schema.columns c
        LEFT JOIN information_schema.key_column_usage k
          ON k.table_schema = c.table_schema AND k.table_name = c.table_name AND k.column_name = c.column_name
         AND k.constraint_name = 'PRIMARY'
        WHERE c.table_schema = COALESCE(:schema, DATABASE()) AND c.table_name = :table
        ORDER BY c.ordinal_position""",
}


def list_tables(runtime: Runtime, conn: Value) -> Records | Coroutine[Any, Any, Records]:
    """Tables and views: schema, name and kind.

    Raises:
        BuiltinError: the database refused.
    """
    connection = calls.connection_of("db.tables", conn)
    dialect = connection.kind.dialect
    return calls.through(runtime, "db.tables", connection, lambda session: _tables(session, dialect))


def describe_table(runtime: Runtime, conn: Value, table: str) -> Records | Coroutine[Any, Any, Records]:
    """The columns of *table*, which may stand after its schema and a dot.

    Raises:
        BuiltinError: there is no such table, or the database refused.
    """
    connection = calls.connection_of("db.describe", conn)
    dialect = connection.kind.dialect
    schema, _, name = table.rpartition(".")

    async def work(session: Session) -> Records:
        found = await _columns(session, dialect, None, table)
        if not found and schema:
            found = await _columns(session, dialect, schema, name)
        if not found:
            raise BuiltinError("db.describe", f"there is no table {quoted(table)}{await _hint(session, dialect, name)}")
        return found

    return calls.through(runtime, "db.describe", connection, work)


async def _tables(session: Session, dialect: str) -> Records:
    outcome = await session.run(_TABLES[dialect], [])
    return outcome.parts[0].records() if outcome.parts else []


async def _columns(session: Session, dialect: str, schema: str | None, name: str) -> Records:
    relation = ".".join(_identifier(part) for part in (schema, name) if part is not None)
    values = {"schema": schema, "table": name, "relation": relation}
    sql = _COLUMNS[dialect]
    outcome = await session.run(sql, {key: value for key, value in values.items() if f":{key}" in sql})
    records = outcome.parts[0].records() if outcome.parts else []
    for record in records:
        record["nullable"] = bool(record["nullable"])
    return records


async def _hint(session: Session, dialect: str, name: str) -> str:
    from assay_shell.runtime.nearest import did_you_mean

    return did_you_mean(name, [record["name"] for record in await _tables(session, dialect)])


def _identifier(name: str) -> str:
    """A quoted name, as PostgreSQL writes it."""
    doubled = name.replace('"', '""')
    return f'"{doubled}"'
