import base64
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from trainjob_operator.controller.kube.connection import (
    FileToken,
    FixedToken,
    find_connection,
    from_kubeconfig,
    from_service_account,
)
from trainjob_operator.errors import ConfigurationError


@pytest.fixture(scope="module")
def certificate() -> tuple[str, str]:
    """Make a certificate that is its own CA, and its key, as PEM."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "test")])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(name, name, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + timedelta(hours=1))
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    private = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    return made.public_bytes(serialization.Encoding.PEM).decode(), private.decode()


def data(text: str) -> str:
    return base64.b64encode(text.encode()).decode()


def write(folder: Path, *, user: dict[str, Any], cluster: dict[str, Any] | None = None) -> Path:
    path = folder / "config"
    config = {
        "current-context": "here",
        "contexts": [
            {"name": "here", "context": {"cluster": "c", "user": "u"}},
            {"name": "there", "context": {"cluster": "d", "user": "u"}},
        ],
        "clusters": [
            {"name": "c", "cluster": {"server": "https://api:6443/"} | (cluster or {})},
            {"name": "d", "cluster": {"server": "http://other:8080"}},
        ],
        "users": [{"name": "u", "user": user}],
    }
    path.write_text(yaml.safe_dump(config))
    return path


def test_kubeconfig_with_certificates_inside(tmp_path: Path, certificate: tuple[str, str]) -> None:
    pem, key = certificate
    path = write(
        tmp_path,
        user={"client-certificate-data": data(pem), "client-key-data": data(key)},
        cluster={"certificate-authority-data": data(pem)},
    )

    connection = from_kubeconfig(path)

    assert (connection.server, connection.token) == ("https://api:6443", None)
    assert connection.tls is not None
    assert connection.tls.verify_mode == ssl.CERT_REQUIRED
    assert len(connection.tls.get_ca_certs()) == 1


def test_kubeconfig_with_files_beside_it(tmp_path: Path, certificate: tuple[str, str]) -> None:
    pem, key = certificate
    (tmp_path / "ca.crt").write_text(pem)
    (tmp_path / "me.key").write_text(key)
    path = write(
        tmp_path,
        user={"client-certificate": "ca.crt", "client-key": "me.key"},
        cluster={"certificate-authority": "ca.crt"},
    )

    assert from_kubeconfig(path).tls is not None


def test_kubeconfig_with_a_token(tmp_path: Path) -> None:
    assert from_kubeconfig(write(tmp_path, user={"token": "abc"})).token == FixedToken("abc")


def test_kubeconfig_with_a_token_file(tmp_path: Path) -> None:
    (tmp_path / "token").write_text("abc\n")
    token = from_kubeconfig(write(tmp_path, user={"tokenFile": "token"})).token

    assert token is not None
    assert token.current() == "abc"


def test_another_context(tmp_path: Path) -> None:
    connection = from_kubeconfig(write(tmp_path, user={"token": "abc"}), "there")

    assert (connection.server, connection.tls) == ("http://other:8080", None)


def test_insecure_is_what_it_says(tmp_path: Path) -> None:
    connection = from_kubeconfig(write(tmp_path, user={"token": "a"}, cluster={"insecure-skip-tls-verify": True}))

    assert connection.tls is not None
    assert connection.tls.verify_mode == ssl.CERT_NONE


@pytest.mark.parametrize(
    ("user", "cluster", "named"),
    [
        pytest.param({"exec": {"command": "aws"}}, {}, "exec", id="exec"),
        pytest.param({"username": "me", "password": "x"}, {}, "username", id="password"),
        pytest.param({"token": "a"}, {"proxy-url": "http://p"}, "proxy-url", id="proxy"),
        pytest.param({"client-certificate-data": data("no PEM")}, {}, "certificate", id="broken certificate"),
        pytest.param({"tokenFile": "missing"}, {}, "missing", id="missing token"),
    ],
)
def test_what_cannot_be_used_is_named(
    tmp_path: Path, user: dict[str, Any], cluster: dict[str, Any], named: str
) -> None:
    with pytest.raises(ConfigurationError, match=named):
        from_kubeconfig(write(tmp_path, user=user, cluster=cluster))


def test_an_unknown_context_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no entry 'nowhere' in contexts"):
        from_kubeconfig(write(tmp_path, user={}), "nowhere")


@pytest.mark.parametrize("content", [None, "", "{{"], ids=["missing", "empty", "broken"])
def test_an_unreadable_kubeconfig_is_named(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "config"
    if content is not None:
        path.write_text(content)

    with pytest.raises(ConfigurationError, match=str(path)):
        from_kubeconfig(path)


@pytest.mark.parametrize(
    ("host", "server"), [("10.0.0.1", "https://10.0.0.1:443"), ("fd00::1", "https://[fd00::1]:443")]
)
def test_service_account(tmp_path: Path, certificate: tuple[str, str], host: str, server: str) -> None:
    (tmp_path / "token").write_text("abc")
    (tmp_path / "ca.crt").write_text(certificate[0])

    connection = from_service_account({"KUBERNETES_SERVICE_HOST": host}, tmp_path)

    assert connection.server == server
    assert connection.token is not None
    assert connection.token.current() == "abc"


def test_a_pod_without_a_token_says_why(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="automountServiceAccountToken"):
        from_service_account({"KUBERNETES_SERVICE_HOST": "10.0.0.1"}, tmp_path)


def test_nothing_configured_says_what_to_do(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("KUBERNETES_SERVICE_HOST", raising=False)
    monkeypatch.setenv("HOME", str(tmp_path))

    with pytest.raises(ConfigurationError, match="TRAINJOB_OPERATOR_KUBECONFIG"):
        find_connection(None)


def test_a_token_is_read_again_after_a_minute(tmp_path: Path) -> None:
    now = 0.0
    file = tmp_path / "token"
    token = FileToken(file, lambda: now)
    file.write_text("first")
    assert token.current() == "first"
    file.write_text("second")
    now = 59.0
    assert token.current() == "first"
    now = 60.0
    assert token.current() == "second"


def test_a_refused_token_is_read_again_at_once(tmp_path: Path) -> None:
    file = tmp_path / "token"
    token = FileToken(file, lambda: 0.0)
    file.write_text("first")
    token.current()
    file.write_text("second")

    assert token.reread() == "second"


def test_a_token_survives_a_moment_without_its_file(tmp_path: Path) -> None:
    file = tmp_path / "token"
    token = FileToken(file, lambda: 0.0)
    file.write_text("first")
    token.current()
    file.unlink()

    assert token.reread() == "first"
