"""Whether SQL writes: what is known to read only is a read, everything else is a write.

In read-only mode the database is told to refuse writes as well; what stands here decides first, names the call that
was refused, and knows the functions that act outside of the tables.
"""

from __future__ import annotations

import re
from functools import lru_cache

from assay_shell.runtime.builtins.db.placeholders import Placeholders

TYPE_CHECKING = False
if TYPE_CHECKING:
    from typing import Any

_CONTROL = {
    "abort", "begin", "begin deferred", "begin transaction", "begin work", "commit", "commit transaction",
    "commit work", "end", "end transaction", "end work", "rollback", "rollback transaction", "rollback work",
    "start transaction", "start transaction read only",
}  # fmt: skip
_SAVEPOINTS = ("savepoint ", "release ", "rollback to ", "rollback transaction to ", "rollback work to ")
_PRAGMAS = {
    "application_id", "collation_list", "compile_options", "data_version", "database_list", "encoding",
    "foreign_key_check", "foreign_key_list", "foreign_keys", "freelist_count", "function_list", "index_info",
    "index_list", "index_xinfo", "integrity_check", "journal_mode", "module_list", "page_count", "page_size",
    "pragma_list", "query_only", "quick_check", "schema_version", "table_info", "table_list", "table_xinfo",
    "user_version",
}  # fmt: skip
_PRAGMA_ARGUMENTS = {
    "foreign_key_check", "foreign_key_list", "index_info", "index_list", "index_xinfo", "integrity_check",
    "quick_check", "table_info", "table_list", "table_xinfo",
}  # fmt: skip
_QUERIES = ("select", "with", "values", "table", "(")
_PRAGMA = re.compile(r"pragma (?:\w+ ?\. ?)?(\w+) ?(\(.*\))? ?;?")
_EXPLAIN = re.compile(
    r"\s*(?:explain|describe|desc)\b\s*(\([^()]*\)|(?:(?:analy[sz]e|verbose|extended|partitions|query\s+plan|format\s*=\s*\w+)\b\s*)*)",
    re.IGNORECASE,
)
_LEADING_COMMENT = re.compile(r"\s*(?:--[^\n]*(?:\n|\Z)|/\*.*?\*/)", re.DOTALL)
_ACTING = {
    # PostgreSQL: sequences, server processes, settings, locks, files, large objects, replication, other databases
    "nextval", "setval", "set_config", "pg_terminate_backend", "pg_cancel_backend", "pg_reload_conf",
    "pg_rotate_logfile", "pg_notify", "pg_promote", "pg_switch_wal", "pg_create_restore_point", "pg_backup_start",
    "pg_backup_stop", "pg_start_backup", "pg_stop_backup", "pg_wal_replay_pause", "pg_wal_replay_resume",
    "pg_advisory_lock", "pg_advisory_lock_shared", "pg_advisory_unlock", "pg_advisory_unlock_all",
    "pg_advisory_unlock_shared", "pg_advisory_xact_lock", "pg_advisory_xact_lock_shared", "pg_try_advisory_lock",
    "pg_try_advisory_lock_shared", "pg_try_advisory_xact_lock", "pg_try_advisory_xact_lock_shared",
    "pg_stat_reset", "pg_stat_reset_shared", "pg_stat_reset_single_table_counters", "pg_stat_reset_slru",
    "pg_stat_reset_replication_slot", "pg_stat_statements_reset", "pg_log_backend_memory_contexts",
    "pg_logical_emit_message", "pg_create_physical_replication_slot", "pg_create_logical_replication_slot",
    "pg_copy_physical_replication_slot", "pg_copy_logical_replication_slot", "pg_drop_replication_slot",
    "pg_replication_slot_advance", "pg_logical_slot_get_changes", "pg_logical_slot_get_binary_changes",
    "pg_replication_origin_create", "pg_replication_origin_drop", "pg_replication_origin_advance",
    "pg_replication_origin_session_setup", "pg_replication_origin_session_reset", "pg_import_system_collations",
    "pg_file_write", "pg_file_rename", "pg_file_unlink", "pg_file_sync", "pg_prewarm", "pg_export_snapshot",
    "lo_create", "lo_creat", "lo_from_bytea", "lo_put", "lo_import", "lo_export", "lo_unlink", "lo_truncate",
    "lo_truncate64", "lowrite", "lo_open", "dblink", "dblink_exec", "dblink_connect", "dblink_connect_u",
    "dblink_send_query", "query_to_xml", "query_to_xml_and_xmlschema", "cursor_to_xml", "ts_stat", "crosstab",
    "brin_summarize_new_values", "brin_summarize_range", "brin_desummarize_range", "gin_clean_pending_list",
    # MySQL and MariaDB: locks, waits of a replica, user functions known for running commands
    "get_lock", "release_lock", "release_all_locks", "master_pos_wait",
    "source_pos_wait", "wait_for_executed_gtid_set", "sys_exec", "sys_eval", "sys_set",
    # SQLite
    "load_extension", "writefile", "edit", "fts3_tokenizer",
}  # fmt: skip


@lru_cache(maxsize=512)
def effect_of(sql: str, dialect: str) -> str:
    """`read` or `write`."""
    return "read" if _only_reads(sql, dialect) else "write"


def _only_reads(sql: str, dialect: str) -> bool:
    if "/*!" in sql or "/*M!" in sql:  # MySQL runs what looks like a comment to everybody else
        return False
    while comment := _LEADING_COMMENT.match(sql):
        sql = sql[comment.end() :]
    words = " ".join(sql.lower().split())
    if words.startswith(_QUERIES):
        return _queries_read(sql, dialect)
    if len(Placeholders(sql, dialect).counts) > 1:
        return not words
    if explained := _EXPLAIN.match(sql):
        options = explained[1].lower()
        return "analy" not in options or _only_reads(sql[explained.end() :], dialect)
    if words.startswith("pragma "):
        return _pragma_reads(words)
    return words.rstrip("; ") in _CONTROL or words.startswith(("show ", *_SAVEPOINTS)) or words in ("", ";")


def _pragma_reads(words: str) -> bool:
    match = _PRAGMA.fullmatch(words)
    return match is not None and match[1] in (_PRAGMA_ARGUMENTS if match[2] else _PRAGMAS)


def _queries_read(sql: str, dialect: str) -> bool:
    """Whether all statements are queries without side effects; those that cannot be parsed are not."""
    trees = _parsed(sql, dialect)
    return trees is not None and all(_query_reads(tree, dialect) for tree in trees if tree is not None)


def _parsed(sql: str, dialect: str) -> list[Any] | None:
    import logging

    import sqlglot  # 120 ms: only sessions that ask or refuse pay them

    logging.getLogger("sqlglot").addHandler(logging.NullHandler())  # what it cannot parse is no news to the user
    try:
        return list(sqlglot.parse(Placeholders(sql, dialect).anonymous() if dialect == "sqlite" else sql, read=dialect))
    except Exception:  # whatever makes its parser stumble: what is not understood counts as a write
        return None


def _query_reads(tree: Any, dialect: str) -> bool:
    from sqlglot import exp

    if not isinstance(tree, exp.Query | exp.Values):
        return False
    acting = (exp.DML, exp.Create, exp.Drop, exp.Command, exp.Into, exp.Lock, exp.NextValueFor)
    for node in tree.walk():
        if isinstance(node, acting) or (isinstance(node, exp.Func) and _name(node) in _ACTING):
            return False
        if dialect == "mysql" and isinstance(node, exp.PropertyEQ):  # @variable := value
            return False
    return True


def _name(function: Any) -> str:
    from sqlglot import exp

    name = function.name if isinstance(function, exp.Anonymous) else function.sql_name()
    return str(name).lower().strip('"`')
