"""SQLite, by the apsw wheel: the same recent SQLite on every machine, and the declared types of result columns."""
