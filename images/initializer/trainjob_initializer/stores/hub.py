"""The Hub: which files a repository has, and one file at a time."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

import httpx2
from huggingface_hub import HfApi, constants, set_client_factory
from huggingface_hub.hf_api import RepoFile
from huggingface_hub.utils._http import default_client_factory, parse_ratelimit_headers
from tenacity import RetryCallState, Retrying, retry_if_exception, wait_exponential_jitter

from trainjob_contract.storage_uri import Source
from trainjob_initializer.console import Console
from trainjob_initializer.download import folder as volume
from trainjob_initializer.download.activity import Activity
from trainjob_initializer.download.parts import Part, Parts
from trainjob_initializer.download.selection import RemoteFile
from trainjob_initializer.stores.errors import DamagedError, NoHubError, brief, is_transient
from trainjob_initializer.stores.transfer import Transfer

ENDPOINT = constants.ENDPOINT
# The client asks for the list of files without any timeout.
_TIMEOUT_S = 30.0
_TOO_MANY_REQUESTS = 429
_TRIES = 3


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
        self._transfer = Transfer(source, token, activity)
        set_client_factory(self._make_client)

    def list_files(self) -> Listing:
        """Return what the revision consists of now; everything else is about that commit."""
        return self._retrying()(self._list_files)

    def read(self, file: RemoteFile, commit: str) -> bytes:
        """Return the content of a small file."""
        return self._retrying()(self._transfer.read, file, commit)

    def download(self, file: RemoteFile, commit: str, folder: Path, parts: Parts) -> None:
        """Download one file to its path in the repository, from where the run before has left it."""
        part = parts.open(file)
        try:
            part.read_through(self._activity.hear)
            for _ in range(_TRIES):
                self._retrying()(self._transfer.receive, file, commit, part)
                if file.sha256 in {None, part.sha256()}:
                    self._keep(part, file, commit, folder)
                    return
                self._activity.gain(-part.empty())
                self._console.say(f"  {file.path} has arrived damaged; beginning it anew")
            raise DamagedError(f"{file.path} does not arrive as it is listed")
        finally:
            part.close()

    def _keep(self, part: Part, file: RemoteFile, commit: str, folder: Path) -> None:
        target = folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        # Before the file: one without a note would count as somebody's own, and stay for ever.
        volume.note_down(folder, file, commit)
        try:
            part.become(target)
        except FileNotFoundError:
            # A run beside this one, with the same part, was faster.
            if not target.is_file() or target.stat().st_size != file.size:
                raise
        self._activity.gain(0, files=1)

    def _list_files(self) -> Listing:
        api = HfApi(token=self._token)
        name, kind = self._source.repository, str(self._source.kind)
        commit = api.repo_info(name, repo_type=kind, revision=self._source.revision).sha
        if commit is None:
            raise NoHubError("it names no commit")
        tree = api.list_repo_tree(name, repo_type=kind, revision=commit, recursive=True)
        files = tuple(_describe(entry) for entry in tree if isinstance(entry, RepoFile))
        for file in files:
            _check_path(file.path)
        return Listing(commit, files)

    def _retrying(self) -> Retrying:
        return Retrying(
            retry=retry_if_exception(is_transient),
            wait=self._wait(),
            stop=lambda _: self._activity.fruitless_s() > self._give_up_s,
            before_sleep=self._say_why,
            reraise=True,
        )

    def _wait(self) -> Callable[[RetryCallState], float]:
        growing = wait_exponential_jitter(initial=0.5, max=30, jitter=0.5)
        return lambda state: max(growing(state), self._activity.pause_s())

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
        """Count an answer as a sign of life, and note for how long the Hub asks to be left alone."""
        self._activity.hear()
        if response.status_code == _TOO_MANY_REQUESTS:
            limit = parse_ratelimit_headers(response.headers)
            asked = response.headers.get("Retry-After", "")
            self._activity.allow_pause(limit.reset_in_seconds if limit else float(asked) if asked.isdigit() else 0.0)


def _describe(entry: RepoFile) -> RemoteFile:
    sha256 = entry.lfs.sha256 if entry.lfs is not None else None
    return RemoteFile(entry.path, entry.size, sha256 or entry.blob_id, sha256, entry.xet_hash)


def _check_path(path: str) -> None:
    """Let no listing reach out of the folder: everything that follows joins these paths."""
    plain = PurePosixPath(path)
    if plain.is_absolute() or ".." in plain.parts or str(plain) != path or path == "." or "\0" in path:
        raise NoHubError(f"it lists a file {path[:100]!r}")


def _limit(request: httpx2.Request) -> None:
    """Give every request a timeout, also where the client wants none."""
    chosen = request.extensions.get("timeout", {})
    phases = ("connect", "read", "write", "pool")
    request.extensions["timeout"] = {phase: chosen.get(phase) or _TIMEOUT_S for phase in phases}
