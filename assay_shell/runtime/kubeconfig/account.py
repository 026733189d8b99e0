"""Address, credentials and trust of a context, as requests need them."""

from __future__ import annotations

from assay_shell.runtime.errors import BuiltinError, quoted
from assay_shell.runtime.kubeconfig.files import WHERE, read_text

TYPE_CHECKING = False
if TYPE_CHECKING:
    from collections.abc import Callable

    from assay_shell.runtime.kubeconfig.files import Choice, Entry
    from assay_shell.runtime.kubeconfig.plugin import Credential

    Hide = Callable[[str | bytes], None]


def account_of(choice: Choice, credential: Credential | None, hide: Hide) -> dict[str, object]:
    """The account of a context: `context`, `server`, `namespace`, `token`, `transport` (options of http), `headers`.

    *credential* is what the user's program said, None where there is no such program; *hide* is told all secrets.

    Raises:
        BuiltinError: the cluster has no address, or something cannot be read.
    """
    user = choice.user
    if "auth-provider" in user.fields:
        raise BuiltinError(
            WHERE, f"the user of the context {quoted(choice.name)} has an auth-provider: use exec instead"
        )
    token = _token(user)
    found = {**_trust(choice.cluster), **_identity(user)}
    if credential is not None:
        token = token or credential.token
        if credential.certificate is not None:
            found = {name: value for name, value in found.items() if name not in ("cert_file", "key_file")}
            found |= {"cert": credential.certificate, "key": credential.key}
    for secret in (token, found.get("key")):
        if isinstance(secret, str | bytes):
            hide(secret)
    return {
        "context": choice.name,
        "server": address_of(choice),
        "namespace": choice.namespace,
        "token": token,
        "transport": found,
        "headers": _headers(user, hide),
    }


def address_of(choice: Choice) -> str:
    """The address of the API server, without slashes at its end.

    Raises:
        BuiltinError: there is none.
    """
    server = choice.cluster.text("server")
    if server is None:
        raise BuiltinError(WHERE, f"the context {quoted(choice.name)} has no server")
    return (server if "://" in server else f"https://{server}").rstrip("/")


def _token(user: Entry) -> str | None:
    """The token of a user; what a file says now goes before what the kubeconfig says."""
    file = user.path("tokenFile")
    if file is None:
        return user.text("token")
    return read_text(file).strip() or user.text("token")


def _trust(cluster: Entry) -> dict[str, object]:
    found: dict[str, object] = {}
    authority = cluster.data("certificate-authority-data")
    if authority is not None:
        found["ca_cert"] = authority
    elif (file := cluster.path("certificate-authority")) is not None:
        found["ca_cert_file"] = file
    if cluster.fields.get("insecure-skip-tls-verify") is True:
        found["verify"] = False
    if (name := cluster.text("tls-server-name")) is not None:
        found["server_name"] = name
    if (proxy := cluster.text("proxy-url")) is not None:
        found["proxy"] = proxy
    return found


def _identity(user: Entry) -> dict[str, object]:
    """Certificate and key of the user; what stands in the kubeconfig goes before what stands in files."""
    found: dict[str, object] = {}
    for option, name in (("cert", "client-certificate"), ("key", "client-key")):
        data = user.data(f"{name}-data")
        if data is not None:
            found[option] = data
        elif (file := user.path(name)) is not None:
            found[f"{option}_file"] = file
    return found


def _headers(user: Entry, hide: Hide) -> dict[str, str]:
    """What a user's name and password, and acting as somebody else, add to requests."""
    found = {}
    name, password = user.text("username"), user.text("password")
    if name is not None and password is not None:
        from assay_shell.runtime.builtins.http.settings import basic

        hide(password)
        found["Authorization"] = basic(name, password)
    if (other := user.text("as")) is not None:
        found["Impersonate-User"] = other
    if (other := user.text("as-uid")) is not None:
        found["Impersonate-Uid"] = other
    groups = user.fields.get("as-groups")
    if isinstance(groups, list) and groups:
        if len(groups) > 1:
            raise BuiltinError(WHERE, f"as-groups in {quoted(user.file)} has several groups; one can be sent")
        found["Impersonate-Group"] = str(groups[0])
    return found
