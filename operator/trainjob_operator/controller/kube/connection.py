"""How to reach the API server and who we are: from the pod's service account, or from a kubeconfig."""

import base64
import os
import ssl
import tempfile
import time
from collections.abc import Callable, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from trainjob_operator.errors import ConfigurationError, UnreadableTextError
from trainjob_operator.plain_yaml import load

SERVICE_ACCOUNT = Path("/var/run/secrets/kubernetes.io/serviceaccount")
_REREAD_AFTER = 60.0  # as client-go; the kubelet writes a new token long before the old one expires

# What would change how to connect, and is not done here: refused instead of ignored.
_UNSUPPORTED_USER = ("exec", "auth-provider", "username", "password", "as")
_UNSUPPORTED_CLUSTER = ("proxy-url", "tls-server-name")


@dataclass(slots=True)
class FileToken:
    """A bearer token in a file that is replaced from time to time."""

    path: Path
    clock: Callable[[], float] = time.monotonic
    _token: str = field(default="", init=False)
    _read_at: float = field(default=float("-inf"), init=False)

    def current(self) -> str:
        """Give the token, at most a minute old."""
        if self.clock() - self._read_at >= _REREAD_AFTER:
            return self.reread()
        return self._token

    def reread(self) -> str:
        """Give the token as it is in the file now; an unreadable file leaves the one that was read before."""
        try:
            self._token = self.path.read_text().strip()
        except OSError:
            if not self._token:
                raise
        self._read_at = self.clock()
        return self._token


@dataclass(frozen=True, slots=True)
class FixedToken:
    """A bearer token that never changes."""

    token: str

    def current(self) -> str:
        """Give the token."""
        return self.token

    def reread(self) -> str:
        """Give the token."""
        return self.token


Token = FileToken | FixedToken


@dataclass(frozen=True, slots=True)
class Connection:
    """Where the API server is, and what to show it. ``tls`` is None for plain HTTP."""

    server: str
    tls: ssl.SSLContext | None
    token: Token | None = None


def find_connection(kubeconfig: Path | None, context: str | None = None) -> Connection:
    """Use the kubeconfig if one is given, else the pod's service account, else ``~/.kube/config``.

    Raises:
        ConfigurationError: there is none of them, or it cannot be used.
    """
    if kubeconfig is not None:
        return from_kubeconfig(kubeconfig, context)
    if "KUBERNETES_SERVICE_HOST" in os.environ:
        return from_service_account(os.environ)
    default = Path.home() / ".kube" / "config"
    if default.is_file():
        return from_kubeconfig(default, context)
    raise ConfigurationError(
        "no API server is configured: run in a pod, or set TRAINJOB_OPERATOR_KUBECONFIG to the path of a kubeconfig"
    )


def from_service_account(environment: Mapping[str, str], folder: Path = SERVICE_ACCOUNT) -> Connection:
    """Use what Kubernetes puts into each pod.

    Raises:
        ConfigurationError: the pod has no token, e.g. because of ``automountServiceAccountToken: false``.
    """
    host = environment["KUBERNETES_SERVICE_HOST"]
    port = environment.get("KUBERNETES_SERVICE_PORT", "443")
    token = FileToken(folder / "token")
    try:
        token.reread()
        tls = ssl.create_default_context(cafile=str(folder / "ca.crt"))
    except OSError as error:
        raise ConfigurationError(
            f"this pod has no usable service account token in {folder} ({error}): automountServiceAccountToken must"
            " not be false"
        ) from error
    return Connection(server=f"https://{f'[{host}]' if ':' in host else host}:{port}", tls=tls, token=token)


def from_kubeconfig(path: Path, context: str | None = None) -> Connection:
    """Use a kubeconfig with a client certificate or a token.

    Raises:
        ConfigurationError: the file is missing, incomplete, or asks for what is not supported.
    """
    try:
        config = load(path.read_text(), with_references=True)
    except (OSError, UnicodeDecodeError, UnreadableTextError) as error:
        raise ConfigurationError(f"the kubeconfig {path} cannot be read: {error}") from error
    if not isinstance(config, dict):
        raise ConfigurationError(f"the kubeconfig {path} is empty")
    chosen = context or config.get("current-context") or ""
    names = _named(config, "contexts", chosen, path).get("context") or {}
    cluster = _named(config, "clusters", names.get("cluster", ""), path).get("cluster") or {}
    user = _named(config, "users", names["user"], path).get("user") or {} if names.get("user") else {}
    for unsupported, section in ((_UNSUPPORTED_USER, user), (_UNSUPPORTED_CLUSTER, cluster)):
        for key in unsupported:
            if section.get(key):
                raise ConfigurationError(
                    f"the kubeconfig {path} uses {key!r}, which is not supported: use a token or a client certificate"
                )
    server = str(cluster.get("server", "")).rstrip("/")
    try:
        return Connection(
            server=server,
            tls=_tls(cluster, user, path.parent) if server.startswith("https:") else None,
            token=_token(user, path.parent),
        )
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"a certificate or token of the kubeconfig {path} cannot be used: {error}") from error


def _named(config: Mapping[str, Any], section: str, name: str, path: Path) -> Mapping[str, Any]:
    for entry in config.get(section) or ():
        if entry.get("name") == name:
            found: Mapping[str, Any] = entry
            return found
    raise ConfigurationError(f"the kubeconfig {path} has no entry {name!r} in {section}")


def _token(user: Mapping[str, Any], folder: Path) -> Token | None:
    if user.get("tokenFile"):
        token = FileToken(folder / user["tokenFile"])
        token.reread()
        return token
    return FixedToken(user["token"]) if user.get("token") else None


def _tls(cluster: Mapping[str, Any], user: Mapping[str, Any], folder: Path) -> ssl.SSLContext:
    if cluster.get("certificate-authority-data"):
        tls = ssl.create_default_context(cadata=base64.b64decode(cluster["certificate-authority-data"]).decode())
    elif cluster.get("certificate-authority"):
        tls = ssl.create_default_context(cafile=str(folder / cluster["certificate-authority"]))
    else:
        tls = ssl.create_default_context()
    if cluster.get("insecure-skip-tls-verify"):
        tls.check_hostname = False
        tls.verify_mode = ssl.CERT_NONE
    with ExitStack() as stack:
        certificate = _file(user, "client-certificate", folder, stack)
        if certificate is not None:
            tls.load_cert_chain(certificate, _file(user, "client-key", folder, stack))
    return tls


def _file(user: Mapping[str, Any], key: str, folder: Path, stack: ExitStack) -> str | None:
    """Give the path of a PEM file; data is written to a file for as long as the stack is open, ssl reads only files."""
    if user.get(f"{key}-data"):
        file = stack.enter_context(tempfile.NamedTemporaryFile(buffering=0))  # noqa: SIM115 - the stack closes it
        file.write(base64.b64decode(user[f"{key}-data"]))
        return file.name
    return str(folder / user[key]) if user.get(key) else None
