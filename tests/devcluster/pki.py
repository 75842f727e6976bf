"""The cluster's certificates: one authority, and a client or serving certificate for each program."""

import base64
import datetime as dt
import ipaddress
from collections.abc import Sequence
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from tests.devcluster.spec import (
    API_PORT,
    API_SERVICE,
    GATEWAY,
    INSIDE,
    ClusterSpec,
    node_address,
    node_name,
)

_LIFETIME = dt.timedelta(days=365)
_CLOCK_SKEW = dt.timedelta(hours=1)
_CLIENTS = {
    # name of the file: (user, group); groups and users that Kubernetes' bootstrap policy knows
    "admin": ("admin", "system:masters"),
    "kube-controller-manager": ("system:kube-controller-manager", None),
    "kube-scheduler": ("system:kube-scheduler", None),
    "kube-proxy": ("system:kube-proxy", None),
    "coredns": ("system:coredns", None),
    "storage": ("devcluster:storage", "system:masters"),
    "kwok": ("devcluster:kwok", "system:masters"),
    "apiserver-kubelet": ("apiserver-kubelet", "system:masters"),
}


class Authority:
    """A certificate authority in a folder."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder = folder
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = _subject("devcluster", None)
        certificate = (
            _builder(self._name, self._key.public_key(), self._name)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(self._key, hashes.SHA256())
        )
        _write(folder / "ca", self._key, certificate)

    def issue(
        self, file: str, user: str, group: str | None = None, *, dns: Sequence[str] = (), ips: Sequence[str] = ()
    ) -> None:
        """Write FILE.crt and FILE.key, good for a client and a server."""
        key = ec.generate_private_key(ec.SECP256R1())
        usages = [ExtendedKeyUsageOID.CLIENT_AUTH, ExtendedKeyUsageOID.SERVER_AUTH]
        builder = _builder(_subject(user, group), key.public_key(), self._name)
        builder = builder.add_extension(x509.ExtendedKeyUsage(usages), critical=False)
        names: list[x509.GeneralName] = [x509.DNSName(name) for name in dns]
        names += [x509.IPAddress(ipaddress.ip_address(ip)) for ip in ips]
        if names:
            builder = builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
        _write(self.folder / file, key, builder.sign(self._key, hashes.SHA256()))


def write_pki(spec: ClusterSpec) -> None:
    """Write every key, certificate and kubeconfig of the cluster."""
    authority = Authority(spec.pki)
    authority.issue(
        "apiserver",
        "kube-apiserver",
        dns=["localhost", *("kubernetes.default.svc.cluster.local".rsplit(".", cut)[0] for cut in range(1, 5))],
        ips=["127.0.0.1", API_SERVICE, GATEWAY, spec.api_address],
    )
    for file, (user, group) in _CLIENTS.items():
        authority.issue(file, user, group)
        _write_kubeconfig(spec, file, INSIDE)
    _write_kubeconfig(spec, "admin", f"https://{spec.api_address}:{API_PORT}")
    for number in range(spec.nodes):
        node = node_name(number)
        authority.issue(node, f"system:node:{node}", "system:nodes", dns=[node], ips=[node_address(number)])
        _write_kubeconfig(spec, node, INSIDE)
    signing = rsa.generate_private_key(65537, 2048)
    (spec.pki / "service-accounts.key").write_bytes(_pem(signing))
    (spec.pki / "service-accounts.pub").write_bytes(
        signing.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )


def _write_kubeconfig(spec: ClusterSpec, user: str, server: str) -> None:
    def data(file: str) -> str:
        return base64.b64encode((spec.pki / file).read_bytes()).decode()

    path = spec.kubeconfig(user)
    path.parent.mkdir(exist_ok=True)
    path.write_text(
        yaml.safe_dump(
            {
                "apiVersion": "v1",
                "kind": "Config",
                "clusters": [
                    {"name": spec.name, "cluster": {"server": server, "certificate-authority-data": data("ca.crt")}}
                ],
                "users": [
                    {
                        "name": user,
                        "user": {
                            "client-certificate-data": data(f"{user}.crt"),
                            "client-key-data": data(f"{user}.key"),
                        },
                    }
                ],
                "contexts": [{"name": spec.name, "context": {"cluster": spec.name, "user": user}}],
                "current-context": spec.name,
            }
        )
    )
    path.chmod(0o600)


def _subject(user: str, group: str | None) -> x509.Name:
    attributes = [x509.NameAttribute(NameOID.ORGANIZATION_NAME, group)] if group else []
    return x509.Name([*attributes, x509.NameAttribute(NameOID.COMMON_NAME, user)])


def _builder(subject: x509.Name, key: ec.EllipticCurvePublicKey, issuer: x509.Name) -> x509.CertificateBuilder:
    now = dt.datetime.now(dt.UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCK_SKEW)
        .not_valid_after(now + _LIFETIME)
    )


def _write(path: Path, key: ec.EllipticCurvePrivateKey, certificate: x509.Certificate) -> None:
    path.with_name(f"{path.name}.key").write_bytes(_pem(key))
    path.with_name(f"{path.name}.crt").write_bytes(certificate.public_bytes(serialization.Encoding.PEM))


def _pem(key: ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
