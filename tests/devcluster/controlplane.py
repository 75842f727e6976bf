"""The command lines of etcd, kube-apiserver, kube-controller-manager and kube-scheduler, as kubeadm would have them."""

import ssl
from collections.abc import Mapping
from pathlib import Path
from urllib.error import URLError
from urllib.request import urlopen

import yaml

from tests.devcluster.spec import API_PORT, GATEWAY, SERVICE_NETWORK, ClusterSpec

_ETCD = "http://127.0.0.1:2379"
_ETCD_PEER = "http://127.0.0.1:2380"
# Higher than the defaults, as managed clusters have it: the clients' limits would else be what tests measure.
_QPS = ["--kube-api-qps=200", "--kube-api-burst=400"]
_IN_FLIGHT = 1000
_AUDIT_POLICY = {
    "apiVersion": "audit.k8s.io/v1",
    "kind": "Policy",
    "omitStages": ["RequestReceived"],
    "rules": [{"level": "Metadata"}],
}


def etcd(spec: ClusterSpec) -> list[str]:
    """Return etcd's command line; it does not wait for the disk, as nothing outlives the cluster."""
    return [
        spec.programs["etcd"],
        f"--data-dir={spec.state / 'etcd'}",
        f"--listen-client-urls={_ETCD}",
        f"--advertise-client-urls={_ETCD}",
        f"--listen-peer-urls={_ETCD_PEER}",
        f"--initial-advertise-peer-urls={_ETCD_PEER}",
        f"--initial-cluster=default={_ETCD_PEER}",
        "--unsafe-no-fsync",
        "--log-level=warn",
    ]


def apiserver(spec: ClusterSpec) -> list[str]:
    """Return kube-apiserver's command line; writes the audit policy if an audit log is wanted."""
    pki = spec.pki
    argv = [
        spec.programs["kube-apiserver"],
        f"--etcd-servers={_ETCD}",
        "--bind-address=0.0.0.0",
        f"--advertise-address={GATEWAY}",
        f"--secure-port={API_PORT}",
        f"--client-ca-file={pki / 'ca.crt'}",
        f"--tls-cert-file={pki / 'apiserver.crt'}",
        f"--tls-private-key-file={pki / 'apiserver.key'}",
        f"--service-account-key-file={pki / 'service-accounts.pub'}",
        f"--service-account-signing-key-file={pki / 'service-accounts.key'}",
        "--service-account-issuer=https://kubernetes.default.svc",
        f"--service-cluster-ip-range={SERVICE_NETWORK}",
        "--authorization-mode=Node,RBAC",
        "--enable-admission-plugins=NodeRestriction,OwnerReferencesPermissionEnforcement",
        "--allow-privileged",
        f"--kubelet-client-certificate={pki / 'apiserver-kubelet.crt'}",
        f"--kubelet-client-key={pki / 'apiserver-kubelet.key'}",
        f"--kubelet-certificate-authority={pki / 'ca.crt'}",
        "--kubelet-preferred-address-types=InternalIP",
        f"--max-requests-inflight={_IN_FLIGHT}",
        f"--max-mutating-requests-inflight={_IN_FLIGHT}",
    ]
    if spec.audit:
        policy = spec.state / "audit-policy.yaml"
        policy.write_text(yaml.safe_dump(_AUDIT_POLICY))
        argv += [
            f"--audit-policy-file={policy}",
            f"--audit-log-path={audit_log(spec)}",
            "--audit-log-mode=blocking",
            "--audit-log-maxsize=2000",
        ]
    return argv


def audit_log(spec: ClusterSpec) -> Path:
    """Return where the audit log lies: one JSON object a line, written before the request's answer is sent."""
    return spec.state / "audit.log"


def controller_manager(spec: ClusterSpec) -> list[str]:
    """Return kube-controller-manager's command line."""
    return [
        spec.programs["kube-controller-manager"],
        *_authentication(spec, "kube-controller-manager"),
        f"--service-account-private-key-file={spec.pki / 'service-accounts.key'}",
        f"--root-ca-file={spec.pki / 'ca.crt'}",
        f"--cluster-signing-cert-file={spec.pki / 'ca.crt'}",
        f"--cluster-signing-key-file={spec.pki / 'ca.key'}",
        "--use-service-account-credentials",
        *_QPS,
    ]


def scheduler(spec: ClusterSpec) -> list[str]:
    """Return kube-scheduler's command line."""
    return [spec.programs["kube-scheduler"], *_authentication(spec, "kube-scheduler"), *_QPS]


def is_ready(spec: ClusterSpec) -> bool:
    """Ask the API server, from inside the cluster, whether it is ready."""
    context = ssl.create_default_context(cafile=str(spec.pki / "ca.crt"))
    context.load_cert_chain(spec.pki / "admin.crt", spec.pki / "admin.key")
    try:
        with urlopen(f"https://{GATEWAY}:{API_PORT}/readyz", timeout=2, context=context) as answer:
            return bool(answer.status == 200)
    except (URLError, OSError):
        return False


def environment(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the environment without proxies, which know nothing of the cluster's addresses."""
    return {key: value for key, value in environ.items() if not key.lower().endswith("_proxy")}


def _authentication(spec: ClusterSpec, user: str) -> list[str]:
    path = spec.kubeconfig(user)
    return [
        f"--kubeconfig={path}",
        f"--authentication-kubeconfig={path}",
        f"--authorization-kubeconfig={path}",
        "--leader-elect=false",
        "--bind-address=127.0.0.1",
    ]
