"""The bytes of one file, from where they are wanted, over plain HTTP or from Xet."""

from collections.abc import Iterator

import httpx2
from huggingface_hub import constants, get_session, hf_hub_url
from huggingface_hub.utils._headers import build_hf_headers
from huggingface_hub.utils._http import hf_raise_for_status
from huggingface_hub.utils._runtime import is_xet_available
from huggingface_hub.utils._xet import (
    XetFileData,
    XetTokenType,
    get_xet_session,
    is_valid_xet_hash,
    refresh_xet_connection_info,
    xet_connection_info_refresh_url,
    xet_headers_without_auth,
)

from trainjob_contract.storage_uri import Source
from trainjob_initializer.download.activity import Activity
from trainjob_initializer.download.parts import Part
from trainjob_initializer.download.selection import RemoteFile
from trainjob_initializer.stores.errors import NoHubError, XetError

# What a content network serves at once has limits; a range begins with a look-up, so that its address is fresh.
_RANGE_BYTES = 8 << 30
# Xet holds what it puts together in memory.
_XET_RANGE_BYTES = 128 << 20
_PARTIAL = 206


class Transfer:
    """Fetches files of one repository."""

    def __init__(self, source: Source, token: str | None, activity: Activity) -> None:
        self._source = source
        # False: do not look for one elsewhere.
        self._headers = build_hf_headers(token=token or False)
        self._activity = activity

    def receive(self, file: RemoteFile, commit: str, part: Part) -> None:
        """Fetch what is missing of a file; what has arrived stays in the part, however this ends."""
        if part.size > file.size:
            self._activity.gain(-part.empty())
        use_xet = file.xet_hash is not None and is_valid_xet_hash(file.xet_hash) and is_xet_available()
        while part.size < file.size:
            if use_xet and file.xet_hash is not None:
                self._receive_xet(file, file.xet_hash, commit, part)
            else:
                self._receive_range(file, commit, part)

    def read(self, file: RemoteFile, commit: str) -> bytes:
        """Return a whole file."""
        answer = get_session().get(self._url(file, commit), headers=self._headers, timeout=_timeout())
        hf_raise_for_status(answer)
        return answer.content

    def _receive_range(self, file: RemoteFile, commit: str, part: Part) -> None:
        start, end = part.size, min(file.size, part.size + _RANGE_BYTES)
        headers = {**self._headers, "Accept-Encoding": "identity"}
        if (start, end) != (0, file.size):
            headers["Range"] = f"bytes={start}-{end - 1}"
        with get_session().stream("GET", self._url(file, commit), headers=headers, timeout=_timeout()) as answer:
            if answer.is_error:
                answer.read()
            hf_raise_for_status(answer)
            if answer.status_code != _PARTIAL and start:
                # A server without ranges sends all of it.
                self._activity.gain(-part.empty())
            elif answer.status_code == _PARTIAL:
                _check_range(answer, file, start)
            for data in answer.iter_bytes():
                part.append(data)
                self._activity.gain(len(data))
                if part.size > file.size:
                    raise NoHubError(f"it sends more of {file.path} than it lists")
        if part.size == start:
            raise ConnectionError(f"{file.path} has not arrived whole")

    def _receive_xet(self, file: RemoteFile, xet_hash: str, commit: str, part: Part) -> None:
        end = min(file.size, part.size + _XET_RANGE_BYTES)
        for data in self._stream_xet(XetFileData(xet_hash, self._xet_url(commit)), file, part.size, end):
            part.append(data)
            self._activity.gain(len(data))
        if part.size != end:
            raise XetError(f"Xet has sent {part.size} bytes of {file.path} instead of {end}")

    def _stream_xet(self, data: XetFileData, file: RemoteFile, start: int, end: int) -> Iterator[bytes]:
        info = refresh_xet_connection_info(file_data=data, headers=self._headers)
        try:
            # It is there if `is_xet_available` said so.
            from hf_xet import XetFileInfo  # noqa: PLC0415

            session = get_xet_session()  # type: ignore[no-untyped-call] # the client's, one for the process
            group = session.new_download_stream_group(
                endpoint=info.endpoint,
                token=info.access_token,
                token_expiry_unix_secs=info.expiration_unix_epoch,
                token_refresh_url=data.refresh_route,
                token_refresh_headers=self._headers,
                custom_headers=xet_headers_without_auth(self._headers),
            )
            yield from group.download_stream(XetFileInfo(data.file_hash, file.size), start=start, end=end)
        except Exception as error:
            # They are of no type of their own.
            raise XetError(str(error)) from error

    def _xet_url(self, commit: str) -> str:
        return xet_connection_info_refresh_url(
            token_type=XetTokenType.READ,
            repo_id=self._source.repository,
            repo_type=str(self._source.kind),
            revision=commit,
        )

    def _url(self, file: RemoteFile, commit: str) -> str:
        return hf_hub_url(self._source.repository, file.path, repo_type=str(self._source.kind), revision=commit)


def _timeout() -> float:
    return float(constants.HF_HUB_DOWNLOAD_TIMEOUT)


def _check_range(answer: httpx2.Response, file: RemoteFile, start: int) -> None:
    """Find out whether this is the range that was asked for, of a file of that size."""
    said = answer.headers.get("Content-Range", "")
    span, _, total = said.removeprefix("bytes ").partition("/")
    if span.partition("-")[0] != str(start) or total not in {str(file.size), "*"}:
        raise NoHubError(f"asked for {file.path} from byte {start}, it sends {said[:60] or 'something else'}")
