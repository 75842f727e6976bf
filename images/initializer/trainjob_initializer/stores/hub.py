"""The Hub, through its own client: which files there are, and one file at a time."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any, cast

import httpx2
from huggingface_hub import HfApi, constants, hf_hub_download, set_client_factory
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils._http import default_client_factory, parse_ratelimit_headers
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential_jitter

from trainjob_initializer.console import Console
from trainjob_initializer.download.activity import Activity
from trainjob_initializer.download.bar import counting
from trainjob_initializer.download.folder import is_present, remove_damaged
from trainjob_initializer.download.selection import RemoteFile
from trainjob_initializer.stores.errors import brief, is_transient, is_xet
from trainjob_initializer.stores.uri import Source

ENDPOINT = constants.ENDPOINT
# The client asks for the list of files without any timeout.
_TIMEOUT_S = 30.0
# The client writes and reports after so many bytes. With its own 10 MB a slow line looks like a dead one.
_CHUNK_BYTES = 1 << 18
_TOO_MANY_REQUESTS = 429


@dataclass(frozen=True, slots=True)
class Listing:
    """The files of a commit."""

    commit: str
    files: tuple[RemoteFile, ...]


class Hub:
    """Reads one repository; transient errors are retried until nothing useful has arrived for `give_up_s`."""

    def __init__(
        self, source: Source, token: str | None, *, activity: Activity, console: Console, give_up_s: float
    ) -> None:
        self._source = source
        # False: do not look for one elsewhere.
        self._token = token or False
        self._activity = activity
        self._console = console
        self._give_up_s = give_up_s
        constants.DOWNLOAD_CHUNK_SIZE = _CHUNK_BYTES
        set_client_factory(self._make_client)

    def list_files(self) -> Listing:
        """Return what the revision consists of now; everything else is about that commit."""
        return self._retrying()(self._list_files)

    def download(self, file: RemoteFile, commit: str, folder: Path) -> None:
        """Download one file to its path in the repository."""
        self._retrying()(self._download, file, commit, folder)

    def _list_files(self) -> Listing:
        api = HfApi(token=self._token)
        name, kind = self._source.repository, str(self._source.kind)
        commit = api.repo_info(name, repo_type=kind, revision=self._source.revision).sha
        if commit is None:
            raise ValueError(f"{ENDPOINT} names no commit")
        tree = api.list_repo_tree(name, repo_type=kind, revision=commit, recursive=True)
        files = tuple(RemoteFile(entry.path, entry.size) for entry in tree if isinstance(entry, RepoFile))
        return Listing(commit, files)

    def _download(self, file: RemoteFile, commit: str, folder: Path) -> None:
        remove_damaged(folder, file)
        with counting(file, self._activity) as bar:
            hf_hub_download(
                self._source.repository,
                file.path,
                repo_type=str(self._source.kind),
                revision=commit,
                local_dir=folder,
                token=self._token,
                tqdm_class=cast("Any", bar),
            )
            # When the Hub does not answer, the client is content with the same file of another commit.
            if not is_present(folder, file, commit):
                raise ConnectionError(f"{file.path} has not arrived whole")

    def _retrying(self) -> Retrying:
        return Retrying(
            retry=retry_if_exception(lambda error: is_transient(error) and not is_xet(error)),
            wait=wait_exponential_jitter(initial=0.5, max=30, jitter=0.5),
            stop=lambda _: self._activity.fruitless_s() > self._give_up_s,
            before_sleep=self._say_why,
            reraise=True,
        )

    def _say_why(self, state: RetryCallState) -> None:
        error = state.outcome.exception() if state.outcome is not None else None
        if error is not None:
            self._console.say(f"  {brief(error)}; trying again in {state.upcoming_sleep:.0f} s")

    def _make_client(self) -> httpx2.Client:
        client = default_client_factory()
        hooks = client.event_hooks
        client.event_hooks = {
            "request": [*hooks["request"], _limit],
            "response": [*hooks["response"], self._notice],
        }
        return client

    def _notice(self, response: httpx2.Response) -> None:
        """Count an answer as a sign of life; the client waits when the Hub asks it to, and so does the watch."""
        self._activity.hear()
        if response.status_code == _TOO_MANY_REQUESTS:
            limit = parse_ratelimit_headers(response.headers)
            asked = response.headers.get("Retry-After", "")
            self._activity.allow_pause(limit.reset_in_seconds if limit else float(asked) if asked.isdigit() else 0.0)


def _limit(request: httpx2.Request) -> None:
    """Give every request a timeout, also where the client wants none."""
    chosen = request.extensions.get("timeout", {})
    phases = ("connect", "read", "write", "pool")
    request.extensions["timeout"] = {phase: chosen.get(phase) or _TIMEOUT_S for phase in phases}
