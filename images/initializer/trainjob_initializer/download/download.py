"""One download: from the question what there is, to files that the trainer can read."""

import traceback
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from huggingface_hub import get_token

from trainjob_contract.exit_codes import InitializerExitCode as ExitCode
from trainjob_contract.storage_uri import Kind
from trainjob_initializer.console import Console
from trainjob_initializer.download import folder, origin
from trainjob_initializer.download.activity import Activity, Count
from trainjob_initializer.download.origin import Origin
from trainjob_initializer.download.parts import Parts
from trainjob_initializer.download.progress import Progress, format_files, format_size
from trainjob_initializer.download.selection import RemoteFile, select
from trainjob_initializer.download.watch import Watch
from trainjob_initializer.download.weights import find_impostor, find_index, find_lack, read_index, without_copies
from trainjob_initializer.failure import Failure
from trainjob_initializer.settings import Settings
from trainjob_initializer.stores.errors import XetError, brief
from trainjob_initializer.stores.explanation import Explainer
from trainjob_initializer.stores.hub import ENDPOINT, Hub, Listing

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
        self._parts = Parts(settings.destination, settings.host)

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
            return self._run(hub)
        except Exception as error:  # noqa: BLE001 - whatever it is, it is explained
            if isinstance(error, XetError):
                self._start_over(brief(error))
            explainer = Explainer(self._source, self._destination, ENDPOINT, has_token=token is not None)
            failure = explainer.explain(error)
            if failure.code is ExitCode.UNEXPECTED:
                self._console.say(traceback.format_exc().rstrip())
            return failure

    def _run(self, hub: Hub) -> Failure | None:
        self._console.say(f"Looking up the {self._source} at {ENDPOINT}")
        with self._watching():
            listing = hub.list_files()
            files = self._choose(hub, listing)
        if isinstance(files, Failure):
            return files
        now = Origin(self._source.uri, listing.commit, self._settings.ignore_patterns)
        with self._activity.elsewhere():
            missing = self._prepare(files, now)
            if missing and (failure := self._check_space(missing)):
                return failure
        if missing:
            self._fetch(hub, listing, missing, files)
        if failure := find_impostor(self._destination, files, self._source):
            return failure
        self._finish(now)
        total = _count(files)
        noun = "Model" if self._source.kind is Kind.MODEL else "Dataset"
        here = "now" if missing else "already"
        size = f"{format_files(total.files)}, {format_size(total.size)}"
        self._console.say(f"{size}, {here} in {self._destination}. {noun} has been downloaded")
        return None

    def _choose(self, hub: Hub, listing: Listing) -> Sequence[RemoteFile] | Failure:
        """Choose what is wanted of the listing; a model's own index says where its weights are."""
        ignored = self._settings.ignore_patterns
        files = select(listing.files, self._source, ignored)
        if isinstance(files, Failure):
            return files
        index = find_index(files, self._source)
        named = read_index(hub.read(index, listing.commit)) if index is not None else frozenset[str]()
        wanted = without_copies(files, self._source, named)
        return find_lack(listing.files, wanted, self._source, ignored) or wanted

    def _prepare(self, files: Sequence[RemoteFile], now: Origin) -> Sequence[RemoteFile]:
        """Clear away what other sources and other commits have left, and return what has to be downloaded."""
        self._destination.mkdir(parents=True, exist_ok=True)
        is_other = origin.read_origin(self._destination) != now
        if is_other:
            origin.forget_origin(self._destination)
            origin.unname_model(self._destination)
            folder.remove_links(self._destination)
            removed = folder.remove_others(self._destination, {file.path for file in files})
            if removed:
                self._console.say(f"Removed {format_files(removed)} of an earlier download from {self._destination}")
        missing = []
        for file in files:
            if folder.is_present(self._destination, file, now.commit):
                folder.note_down(self._destination, file, now.commit)
            else:
                missing.append(file)
        if missing:
            origin.forget_origin(self._destination)
        for file in missing:
            folder.remove_outdated(self._destination, file)
        self._parts.tidy(missing)
        return missing

    def _finish(self, now: Origin) -> None:
        if self._source.kind is Kind.MODEL and self._source.path:
            folder.link_up(self._destination, self._source.path)
        elif self._source.kind is Kind.MODEL:
            origin.name_model(self._destination, self._source)
        origin.write_origin(self._destination, now)
        folder.share(self._destination)

    def _check_space(self, missing: Sequence[RemoteFile]) -> Failure | None:
        needed, free = _count(missing).size - self._begun(missing), folder.free_bytes(self._destination)
        if needed <= free:
            return None
        sizes = f"{format_size(needed)} to download, {format_size(free)} free in {self._destination}"
        return Failure(ExitCode.NO_SPACE, f"No space for the {self._source}: {sizes}; ask for a larger volume.")

    def _fetch(self, hub: Hub, listing: Listing, missing: Sequence[RemoteFile], files: Sequence[RemoteFile]) -> None:
        """Download what is missing, some files at a time; the first error ends it."""
        total, needed = _count(files), _count(missing)
        present = Count(total.files - needed.files, total.size - needed.size + self._begun(missing))
        self._console.say(
            f"Downloading {needed.files} of {format_files(total.files)}, {format_size(total.size - present.size)},"
            f" of commit {listing.commit[:_COMMIT_DIGITS]} to {self._destination}"
        )
        progress = Progress(total, present)
        before = self._activity.count()

        def report() -> None:
            done = self._activity.count()
            count = Count(present.files + done.files - before.files, present.size + done.size - before.size)
            self._console.say("  " + progress.line(count))

        with self._watching(report):
            # Threads that are still busy then end with the program.
            pool = ThreadPoolExecutor(_WORKERS, thread_name_prefix="download")
            try:
                tasks = [
                    pool.submit(hub.download, file, listing.commit, self._destination, self._parts) for file in missing
                ]
                for task in as_completed(tasks):
                    task.result()
            finally:
                pool.shutdown(wait=False, cancel_futures=True)

    def _begun(self, files: Iterable[RemoteFile]) -> int:
        return sum(map(self._parts.begun, files))

    def _watching(self, report: Callable[[], None] | None = None) -> Watch:
        """Return what notices when the Hub falls silent, while it is talked to."""
        settings = self._settings
        return Watch(
            self._activity,
            stall_s=settings.stall_s,
            every_s=settings.progress_s,
            on_stall=lambda: self._start_over(f"nothing has come from {ENDPOINT} for {settings.stall_s:g} s"),
            report=report,
        )


def _count(files: Sequence[RemoteFile]) -> Count:
    return Count(len(files), sum(file.size for file in files))
