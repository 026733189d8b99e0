"""What a `postgres:` URL says, in libpq's words."""

from __future__ import annotations

import os

from assay_shell.runtime.builtins.db.address import Address
from assay_shell.runtime.errors import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from assay_shell.runtime.vm import Runtime

_OTHER_NAMES = {
    "ssl-mode": "sslmode",
    "ssl-root-cert": "sslrootcert",
    "ssl-ca": "sslrootcert",
    "ssl-cert": "sslcert",
    "ssl-key": "sslkey",
}
"""Names that other clients use -> libpq's."""
_WITHOUT_MEANING = {"statement-cache-capacity"}
_OWN = {"client_encoding", "replication"}
"""What is not the URL's to say: results are read as UTF-8 rows."""
_SECRET = ("password", "sslpassword", "oauth_client_secret")
_PLACES = {"host", "hostaddr", "service"}
_SOCKET_FOLDERS = ("/var/run/postgresql", "/run/postgresql", "/private/tmp", "/tmp")
_PORT = "5432"


class Settings:
    """Connection *parameters* for libpq, which adds those of the PG* variables; *label* names the database."""

    __slots__ = ("label", "parameters")

    def __init__(self, runtime: Runtime, url: str) -> None:
        address = Address(url)
        found = {
            "user": address.user,
            "password": address.password,
            "host": address.host,
            "port": None if address.port is None else str(address.port),
            "dbname": address.database,
        }
        self.parameters = {name: value for name, value in found.items() if value is not None}
        known = _known_parameters()
        for given, value in address.parameters:
            name = _OTHER_NAMES.get(given, given)
            if name in known and name not in _OWN:
                self.parameters[name] = value
            elif given not in _WITHOUT_MEANING:
                runtime.log("warn", f"db.connect: ignoring unknown connection parameter {quoted(given)}", "db")
        self._keep_secrets(runtime)
        self._find_place()
        self.label = f"postgres://{self.parameters.get('host', '')}/{self.parameters.get('dbname', '')}"

    def _keep_secrets(self, runtime: Runtime) -> None:
        for name in _SECRET:
            if name in self.parameters:
                runtime.redactor.add(self.parameters[name])
        if "PGPASSWORD" in os.environ:
            runtime.redactor.add(os.environ["PGPASSWORD"])

    def _find_place(self) -> None:
        """Without a host: the socket of a local server where there is one, else localhost by TCP."""
        if _PLACES & self.parameters.keys() or {"PGHOST", "PGHOSTADDR", "PGSERVICE"} & os.environ.keys():
            return
        port = self.parameters.get("port") or os.environ.get("PGPORT") or _PORT
        folders = (folder for folder in _SOCKET_FOLDERS if os.path.exists(f"{folder}/.s.PGSQL.{port}"))
        self.parameters["host"] = next(folders, "localhost")


def _known_parameters() -> set[str]:
    from psycopg import pq

    return {option.keyword.decode() for option in pq.Conninfo.get_defaults()}
