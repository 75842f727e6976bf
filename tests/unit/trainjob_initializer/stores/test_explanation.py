import errno
import json
from pathlib import Path

import httpx2
import pytest
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

from trainjob_contract.exit_codes import InitializerExitCode as ExitCode
from trainjob_contract.storage_uri import Kind, Source
from trainjob_initializer.failure import Failure
from trainjob_initializer.stores.errors import is_transient
from trainjob_initializer.stores.explanation import Explainer

URL = "https://hub.example"
EXPLAINER = Explainer(Source(Kind.MODEL, "org/repo"), Path("/workspace/model"), URL, has_token=True)
NAME_ONE = "name a Secret with a token under ACCESS_TOKEN in initializer.model.secretRef"
REMEDY = (
    f" {NAME_ONE}; a fine-grained token also needs the permission to read the contents of public gated repositories, or"
    " of this one."
)
CHECK = "check the network, DNS, the proxy and HF_ENDPOINT"


def answer(status: int, message: str | None = None) -> HfHubHTTPError:
    response = httpx2.Response(status, request=httpx2.Request("GET", f"{URL}/api/models/org/repo"))
    return HfHubHTTPError("", response=response, server_message=message)


@pytest.mark.parametrize(
    ("error", "code", "sentence"),
    [
        (
            answer(404),
            14,
            f"{URL} does not answer as a Hub does (HTTP 404 from hub.example): check HF_ENDPOINT and the proxy.",
        ),
        (
            answer(403, "No permission."),
            11,
            "The given token may not read the model org/repo (HTTP 403 from hub.example: No permission):" + REMEDY,
        ),
        (
            json.JSONDecodeError("HTML", "<html>", 0),
            14,
            f"{URL} does not answer as a Hub does (HTML: line 1 column 1 (char 0)): check HF_ENDPOINT and the proxy.",
        ),
        (
            httpx2.UnsupportedProtocol("Request URL is missing http://"),
            14,
            f"{URL} does not answer as a Hub does (Request URL is missing http://): check HF_ENDPOINT and the proxy.",
        ),
        (
            httpx2.ConnectError("[SSL: CERTIFICATE_VERIFY_FAILED] certificate verify failed"),
            14,
            f"The certificate of {URL} is not trusted: give the pods your proxy's CA bundle.",
        ),
        (
            OfflineModeIsEnabled("offline"),
            14,
            "The model org/repo cannot be downloaded while HF_HUB_OFFLINE is set: unset it.",
        ),
        (
            OSError(errno.ENOSPC, "No space left on device"),
            13,
            "The volume of /workspace/model is full before the model org/repo is complete: ask for a larger one.",
        ),
        (
            PermissionError(errno.EACCES, "Permission denied"),
            1,
            "Cannot write to /workspace/model (Permission denied): give the pod an fsGroup that may.",
        ),
        (ZeroDivisionError(), 1, "The download of the model org/repo failed: ZeroDivisionError: ZeroDivisionError."),
    ],
    ids=["404", "403", "html", "no-scheme", "certificate", "offline", "full", "read-only", "unforeseen"],
)
def test_final(error: Exception, code: int, sentence: str) -> None:
    assert not is_transient(error)
    assert EXPLAINER.explain(error) == Failure(ExitCode(code), sentence)


@pytest.mark.parametrize(
    ("error", "what"),
    [
        (answer(503), "HTTP 503 from hub.example"),
        (answer(429), "HTTP 429 from hub.example"),
        (httpx2.ConnectError("Connection refused"), "Connection refused"),
        (httpx2.ReadTimeout(""), "no answer in time, ReadTimeout"),
        (httpx2.RemoteProtocolError("peer closed connection"), "peer closed connection"),
    ],
    ids=["503", "429", "refused", "timeout", "cut"],
)
def test_transient(error: Exception, what: str) -> None:
    assert is_transient(error)
    assert EXPLAINER.explain(error) == Failure(ExitCode.UNREACHABLE, f"Gave up on {URL} ({what}): {CHECK}.")
