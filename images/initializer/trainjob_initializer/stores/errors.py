"""What an error of the Hub's client is: its cause, in a few words, and whether to try again."""

import traceback

import httpx2
from huggingface_hub.errors import HfHubHTTPError, LocalEntryNotFoundError, OfflineModeIsEnabled

_TIMEOUT, _TOO_MANY, _SERVER_ERROR = 408, 429, 500


def cause(error: BaseException) -> BaseException:
    """Return what went wrong beneath the client's "and it is not on the disk, either"."""
    while isinstance(error, LocalEntryNotFoundError) and error.__cause__ is not None:
        error = error.__cause__
    return error


def is_transient(error: BaseException) -> bool:
    """Tell whether the same request may well succeed later: 408, 429, 5xx, a broken or timed out connection."""
    match cause(error):
        case HfHubHTTPError() as answer:
            status = answer.response.status_code
            return status in {_TIMEOUT, _TOO_MANY} or status >= _SERVER_ERROR
        case OfflineModeIsEnabled() | httpx2.UnsupportedProtocol():
            return False
        case httpx2.TransportError() as broken:
            return not is_distrust(broken)
        case ConnectionError() | TimeoutError():
            return True
        case OSError(errno=None) as inconsistent:
            # The client's own check of what has arrived.
            return "Consistency check failed" in str(inconsistent)
        case _:
            return False


def is_distrust(error: BaseException) -> bool:
    """Tell whether the server's certificate is not trusted."""
    return "CERTIFICATE_VERIFY_FAILED" in str(error)


def is_xet(error: BaseException) -> bool:
    """Tell whether Xet failed; its errors are of no type of their own, and the way around it is plain HTTP."""
    frames = traceback.walk_tb(error.__traceback__)
    return not isinstance(error, HfHubHTTPError) and any(frame.f_code.co_name == "xet_get" for frame, _ in frames)


def brief(error: BaseException) -> str:
    """Say in a few words what happened."""
    match cause(error):
        case HfHubHTTPError() as answer:
            message = f": {answer.server_message.rstrip('.')}" if answer.server_message else ""
            return f"HTTP {answer.response.status_code} from {answer.response.url.host}{message}"
        case httpx2.TimeoutException() as timeout:
            return f"no answer in time, {type(timeout).__name__}"
        case other:
            first = next(iter(str(other).splitlines()), "").rstrip(".")
            return first or type(other).__name__
