"""What an error of the Hub's client is: its cause, in a few words, and whether to try again."""

import httpx2
from huggingface_hub.errors import HfHubHTTPError, OfflineModeIsEnabled

_TIMEOUT, _TOO_MANY, _SERVER_ERROR = 408, 429, 500
# What a content network says once the address that the Hub has signed is no longer valid: the Hub signs a new one.
_STALE = frozenset({400, 401, 403, 404, 410})


class NoHubError(Exception):
    """Raised where an answer is none that a Hub gives; the text goes on from "does not answer as a Hub does"."""


class DamagedError(Exception):
    """Raised where a file has arrived several times, and never as it is listed."""


class XetError(Exception):
    """Raised where Xet failed; the way around it is plain HTTP."""


def is_transient(error: BaseException) -> bool:
    """Tell whether the same request may well succeed later: 408, 429, 5xx, a broken or timed out connection."""
    match error:
        case HfHubHTTPError() as answer:
            status = answer.response.status_code
            is_passing = status in {_TIMEOUT, _TOO_MANY} or status >= _SERVER_ERROR
            return is_passing or (status in _STALE and _is_from_elsewhere(answer.response))
        case OfflineModeIsEnabled() | httpx2.UnsupportedProtocol():
            return False
        case httpx2.TransportError() as broken:
            return not is_distrust(broken)
        case ConnectionError() | TimeoutError():
            return True
        case _:
            return False


def is_distrust(error: BaseException) -> bool:
    """Tell whether the server's certificate is not trusted."""
    return "CERTIFICATE_VERIFY_FAILED" in str(error)


def _is_from_elsewhere(response: httpx2.Response) -> bool:
    """Tell whether the Hub has sent the client on to another host."""
    return bool(response.history) and response.history[0].url.host != response.url.host


def brief(error: BaseException) -> str:
    """Say in a few words what happened."""
    match error:
        case HfHubHTTPError() as answer:
            message = f": {answer.server_message.rstrip('.')}" if answer.server_message else ""
            return f"HTTP {answer.response.status_code} from {answer.response.url.host}{message}"
        case httpx2.TimeoutException() as timeout:
            return f"no answer in time, {type(timeout).__name__}"
        case other:
            first = next(iter(str(other).splitlines()), "").rstrip(".")
            return first or type(other).__name__
