"""Dynamic volumes: the one part that is not Kubernetes' own (`python -m tests.devcluster.storage`).

Does what an external provisioner does, for one StorageClass: when the scheduler has chosen a node for a claim, makes a
folder and a `local` PersistentVolume on that node; when the volume is released, removes both. Like a fresh disk the
folder belongs to root, and the kubelet gives it to the pod's fsGroup. Sizes are recorded, not enforced.
"""

import json
import ssl
import sys
import threading
from collections.abc import Iterator
from http import HTTPStatus
from http.client import HTTPSConnection
from pathlib import Path
from typing import Any, NoReturn

from tests.devcluster.cache import remove
from tests.devcluster.errors import DevclusterError
from tests.devcluster.manifests import PROVISIONER
from tests.devcluster.spec import API_PORT, GATEWAY, ClusterSpec, load_spec

_CLAIMS = "/api/v1/persistentvolumeclaims"
_VOLUMES = "/api/v1/persistentvolumes"
_DONE_ALREADY = {HTTPStatus.CONFLICT, HTTPStatus.NOT_FOUND}
_ASKED = "volume.kubernetes.io/storage-provisioner"
_NODE = "volume.kubernetes.io/selected-node"
_MADE_BY = "pv.kubernetes.io/provisioned-by"


class Provisioner:
    """Follows claims and volumes as the user `storage`."""

    def __init__(self, spec: ClusterSpec) -> None:
        self._folder = spec.state / "volumes"
        self._context = ssl.create_default_context(cafile=str(spec.pki / "ca.crt"))
        self._context.load_cert_chain(spec.pki / "storage.crt", spec.pki / "storage.key")

    def follow_claims(self) -> NoReturn:
        """Make a volume for every claim whose node has been chosen."""
        while True:
            for claim in self._changes(_CLAIMS):
                annotations = claim["metadata"].get("annotations", {})
                is_pending = "volumeName" not in claim["spec"] and "deletionTimestamp" not in claim["metadata"]
                if is_pending and annotations.get(_ASKED) == PROVISIONER and _NODE in annotations:
                    volume = volume_for(claim, annotations[_NODE], self._folder)
                    Path(volume["spec"]["local"]["path"]).mkdir(mode=0o755, parents=True, exist_ok=True)
                    self._send("POST", _VOLUMES, volume)

    def follow_volumes(self) -> NoReturn:
        """Remove every volume of ours that its claim has left."""
        while True:
            for volume in self._changes(_VOLUMES):
                metadata = volume["metadata"]
                is_ours = metadata.get("annotations", {}).get(_MADE_BY) == PROVISIONER
                if is_ours and volume["status"].get("phase") == "Released" and "deletionTimestamp" not in metadata:
                    remove(Path(volume["spec"]["local"]["path"]))
                    self._send("DELETE", f"{_VOLUMES}/{metadata['name']}")

    def _changes(self, path: str) -> Iterator[dict[str, Any]]:
        """Yield every object, then every change, until the API server ends the watch, as it does now and then."""
        connection = self._connect()
        connection.request("GET", f"{path}?watch=true")
        for line in connection.getresponse():
            event = json.loads(line)
            if event["type"] in {"ADDED", "MODIFIED"}:
                yield event["object"]
        connection.close()

    def _send(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        connection = self._connect()
        connection.request(method, path, json.dumps(body), {"Content-Type": "application/json"})
        answer = connection.getresponse()
        if answer.status >= HTTPStatus.BAD_REQUEST and answer.status not in _DONE_ALREADY:
            raise DevclusterError(f"{method} {path}: {answer.status} {answer.read().decode()}")
        connection.close()

    def _connect(self) -> HTTPSConnection:
        return HTTPSConnection(GATEWAY, API_PORT, context=self._context)


def volume_for(claim: dict[str, Any], node: str, folder: Path) -> dict[str, Any]:
    """Return the volume that a claim gets on a node; the same one whenever asked."""
    name = f"pvc-{claim['metadata']['uid']}"
    on_node = {"key": "kubernetes.io/hostname", "operator": "In", "values": [node]}
    return {
        "apiVersion": "v1",
        "kind": "PersistentVolume",
        "metadata": {"name": name, "annotations": {_MADE_BY: PROVISIONER}},
        "spec": {
            "capacity": {"storage": claim["spec"]["resources"]["requests"]["storage"]},
            "accessModes": claim["spec"]["accessModes"],
            "persistentVolumeReclaimPolicy": "Delete",
            "storageClassName": claim["spec"]["storageClassName"],
            "volumeMode": "Filesystem",
            "local": {"path": str(folder / name)},
            "nodeAffinity": {"required": {"nodeSelectorTerms": [{"matchExpressions": [on_node]}]}},
            "claimRef": {
                "apiVersion": "v1",
                "kind": "PersistentVolumeClaim",
                "namespace": claim["metadata"]["namespace"],
                "name": claim["metadata"]["name"],
                "uid": claim["metadata"]["uid"],
            },
        },
    }


def main(cluster: str) -> NoReturn:
    """Provision and remove volumes until killed."""
    provisioner = Provisioner(load_spec(cluster))
    threading.Thread(target=provisioner.follow_claims, daemon=True).start()
    provisioner.follow_volumes()


if __name__ == "__main__":
    main(sys.argv[1])
