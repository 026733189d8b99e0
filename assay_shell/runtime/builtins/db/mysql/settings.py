"""What a `mysql:` or `mariadb:` URL says."""

from __future__ import annotations

from assay_shell.runtime.builtins.db.address import Address, choice
from assay_shell.runtime.builtins.db.failure import misconfigured
from assay_shell.runtime.errors import quoted

TYPE_CHECKING = False
if TYPE_CHECKING:
    from ssl import SSLContext

    from assay_shell.runtime.vm import Runtime

_PORT = 3306
_TLS_MODES = ("disabled", "preferred", "required", "verify_ca", "verify_identity")
_FILES = {"ssl-ca": "authority", "ssl-cert": "certificate", "ssl-key": "key"}
_WITHOUT_MEANING = {"charset", "collation", "timezone", "statement-cache-capacity"}
"""What other clients can choose; here it is always utf8mb4 and UTC."""


class Settings:
    """Where the server is and who asks; *tls* is one of the modes that MySQL's own client knows."""

    __slots__ = ("database", "files", "host", "label", "password", "port", "socket", "tls", "user")

    def __init__(self, runtime: Runtime, url: str) -> None:
        address = Address(url)
        self.host = address.host or "localhost"
        self.port = address.port or _PORT
        self.user = address.user or "root"
        self.password = address.password or ""
        self.database = address.database
        self.socket: str | None = None
        self.tls = "preferred"
        self.files: dict[str, str] = {}
        for name, value in address.parameters:
            if name in ("ssl-mode", "sslmode"):
                self.tls = choice(name, value.replace("-", "_"), _TLS_MODES)
            elif name in _FILES:
                self.files[_FILES[name]] = value
            elif name == "socket":
                self.socket = value
            elif name not in _WITHOUT_MEANING:
                runtime.log("warn", f"db.connect: ignoring unknown connection parameter {quoted(name)}", "db")
        runtime.redactor.add(self.password)
        self.label = f"mysql://{self.socket or self.host}/{self.database or ''}"

    @property
    def needs_tls(self) -> bool:
        """Whether a server without TLS is refused."""
        return self.tls not in ("disabled", "preferred") and self.socket is None

    def tls_context(self) -> SSLContext | None:
        """How the server's certificate is checked; None without TLS.

        Raises:
            DatabaseFailure: a file with certificates cannot be read.
        """
        if self.tls == "disabled" or self.socket is not None:
            return None
        import ssl

        from assay_shell.runtime.trust import client_context

        context = client_context()
        context.check_hostname = self.tls == "verify_identity"
        if self.tls in ("preferred", "required"):
            context.verify_mode = ssl.CERT_NONE
        try:
            if "authority" in self.files:
                context.load_verify_locations(self.files["authority"])
            if "certificate" in self.files:
                context.load_cert_chain(self.files["certificate"], self.files.get("key"))
        except OSError as exc:
            raise misconfigured(f"cannot use the certificates: {exc.strerror or exc}") from exc
        return context
