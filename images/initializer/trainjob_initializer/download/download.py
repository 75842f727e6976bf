"""One download: from the question what there is, to files that the trainer can read."""

import traceback
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from huggingface_hub import get_token

from trainjob_contract.exit_codes import InitializerExitCode as ExitCode
from trainjob_initializer.console import Console
from trainjob_initializer.download import folder
from trainjob_initializer.download.activity import Activity, Count
from trainjob_initializer.download.progress import Progress, format_files, format_size
from trainjob_initializer.download.selection import RemoteFile, select
from trainjob_initializer.download.watch import Watch
from trainjob_initializer.failure import Failure
from trainjob_initializer.settings import Settings
from trainjob_initializer.stores.errors import brief, is_xet
from trainjob_initializer.stores.explanation import Explainer
from trainjob_initializer.stores.hub import ENDPOINT, Hub, Listing
from trainjob_initializer.stores.uri import Kind, Source

_WORKERS = 4
_COMMIT_DIGITS = 7


class Download:
    """What the settings say; `start_over` replaces the program by a new run of itself, and does not return."""

    def __init__(
        self, settings: Settings, activity: Activity, console: Console, start_over: Callable[[str], None]
    ) -> None:
        self._source = settings.source
        self._destination = settings.destination
        self._settings = settings
        self._activity = activity
        self._console = console
        self._start_over = start_over
        self._watch = Watch(activity, stall_s=settings.stall_s, every_s=settings.progress_s, on_stall=self._on_stall)

    def run(self) -> Failure | None:
        """Download, and say how it went."""
        token = self._settings.token or get_token()
        if token is not None:
            self._console.hide(token)
        hub = Hub(
            self._source,
            token,
            activity=self._activity,
            console=self._console,
            give_up_s=self._settings.give_up_s,
        )
        try:
            with self._watch:
                return self._run(hub)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is explained
            if is_xet(error):
                self._start_over(brief(error))
            explainer = Explainer(self._source, self._destination, ENDPOINT, has_token=token is not None)
            failure = explainer.explain(error)
            if failure.code is ExitCode.UNEXPECTED:
                self._console.say(traceback.format_exc().rstrip())
            return failure

    def _run(self, hub: Hub) -> Failure | None:
        self._console.say(f"Looking up the {self._source} at {ENDPOINT}")
        listing = hub.list_files()
        files = select(listing.files, self._source, self._settings.ignore_patterns)
        if isinstance(files, Failure):
            return files
        self._destination.mkdir(parents=True, exist_ok=True)
        folder.remove_leftovers(self._destination)
        missing = [file for file in files if not folder.is_present(self._destination, file, listing.commit)]
        if missing:
            if failure := self._check_space(missing):
                return failure
            self._fetch(hub, listing, missing, files)
        match self._source:
            case Source(kind=Kind.MODEL, path="", repository=repository):
                folder.name_origin(self._destination, repository)
            case Source(kind=Kind.MODEL, path=path):
                folder.link_up(self._destination, path)
        folder.share(self._destination)
        total = _count(files)
        noun = "Model" if self._source.kind is Kind.MODEL else "Dataset"
        here = "now" if missing else "already"
        size = f"{format_files(total.files)}, {format_size(total.size)}"
        self._console.say(f"{size}, {here} in {self._destination}. {noun} has been downloaded")
        return None

    def _check_space(self, missing: Sequence[RemoteFile]) -> Failure | None:
        needed, free = _count(missing).size, folder.free_bytes(self._destination)
        if needed <= free:
            return None
        sizes = f"{format_size(needed)} to download, {format_size(free)} free in {self._destination}"
        return Failure(ExitCode.NO_SPACE, f"No space for the {self._source}: {sizes}; ask for a larger volume.")

    def _fetch(self, hub: Hub, listing: Listing, missing: Sequence[RemoteFile], files: Sequence[RemoteFile]) -> None:
        """Download what is missing, some files at a time; the first error ends it."""
        total, needed = _count(files), _count(missing)
        present = Count(total.files - needed.files, total.size - needed.size)
        self._console.say(
            f"Downloading {needed.files} of {format_files(total.files)}, {format_size(needed.size)},"
            f" of commit {listing.commit[:_COMMIT_DIGITS]} to {self._destination}"
        )
        progress = Progress(total, present)

        def report() -> None:
            done = self._activity.count()
            self._console.say("  " + progress.line(Count(present.files + done.files, present.size + done.size)))

        self._watch.report_with(report)
        # Threads that are still busy then end with the program.
        pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="download")
        try:
            tasks = [pool.submit(hub.download, file, listing.commit, self._destination) for file in missing]
            for task in as_completed(tasks):
                task.result()
        finally:
            pool.shutdown(wait=False, cancel_futures=True)

    def _on_stall(self) -> None:
        self._start_over(f"nothing has come from {ENDPOINT} for {self._settings.stall_s:g} s")


def _count(files: Sequence[RemoteFile]) -> Count:
    return Count(len(files), sum(file.size for file in files))
