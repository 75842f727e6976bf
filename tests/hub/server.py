"""The Hub's HTTP API, as far as downloads need it, over local folders."""

import asyncio
import math
import re
import threading
from collections.abc import Iterable, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Self
from urllib.parse import unquote

from aiohttp import web

from tests.hub.answers import Question, answer_facts, answer_file, answer_paths, answer_tree, answer_xet_token
from tests.hub.faults import Fault
from tests.hub.refused import RefusedError
from tests.hub.repository import Kind, Repository, read_commit

_NAME = r"(?P<name>[^/]+(?:/[^/]+)?)"
_API = re.compile(
    rf"/api/(?P<folder>models|datasets)/{_NAME}"
    r"(?:/(?P<what>revision|tree|paths-info|xet-read-token)/(?P<revision>[^/]+)(?:/(?P<path>.+))?)?"
)
_FILE = re.compile(rf"/(?:(?P<folder>datasets)/)?{_NAME}/(?P<what>resolve)/(?P<revision>[^/]+)/(?P<path>.+)")


@dataclass(frozen=True, slots=True)
class Request:
    """A request that came in."""

    method: str
    path: str
    range: str | None
    token: str | None


class Hub:
    """Serve local folders as repositories: `async with Hub() as hub`."""

    def __init__(self, host: str = "127.0.0.1", port: int = 0, tokens: Iterable[str] = ()) -> None:
        self.host = host
        self.port = port
        # A request with any other token is refused, also where none is needed, as on the real Hub.
        self.tokens = frozenset(tokens)
        self.faults = list[Fault]()
        self.requests: list[Request] = []
        self._repositories: dict[tuple[Kind, str], Repository] = {}
        self._stack = AsyncExitStack()

    @property
    def url(self) -> str:
        """What HF_ENDPOINT has to be."""
        return f"http://{self.host}:{self.port}"

    def add_repo(
        self,
        kind: Kind,
        name: str,
        folder: Path,
        *,
        revisions: Mapping[str, Path] | None = None,
        private: bool = False,
        granted: Iterable[str] | None = None,
        xet: bool = False,
    ) -> str:
        """Serve a folder as `org/name`, or another in its place; return the SHA of its branch main.

        `revisions` are more branches and tags. With `granted` it is gated: only these tokens download from it.
        """
        commits = {branch: read_commit(path) for branch, path in {"main": folder, **(revisions or {})}.items()}
        may_download = None if granted is None else frozenset(granted)
        self._repositories[kind, name] = Repository(kind, name, commits, private, may_download, xet)
        return commits["main"].sha

    async def __aenter__(self) -> Self:
        application = web.Application()
        application.router.add_route("*", "/{path:.*}", self._handle)
        runner = web.AppRunner(application, access_log=None, handler_cancellation=True, shutdown_timeout=0.1)
        await runner.setup()
        self._stack.push_async_callback(runner.cleanup)
        await web.TCPSite(runner, self.host, self.port).start()
        self.port = int(runner.addresses[0][1])
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        try:
            return await self._answer(request)
        except RefusedError as refused:
            return refused.response()

    async def _answer(self, request: web.Request) -> web.StreamResponse:
        path = request.rel_url.raw_path
        token = request.headers.get("Authorization", "").removeprefix("Bearer ") or None
        self.requests.append(Request(request.method, path, request.headers.get("Range"), token))
        fault = next((fault for fault in self.faults if fault.strikes(request.method, path)), None)
        if fault is not None and fault.status is not None:
            raise RefusedError(fault.status, "", fault.message, **fault.headers)
        if path.startswith("/xet/"):
            await asyncio.sleep(math.inf)
        match = _API.fullmatch(path) or _FILE.fullmatch(path)
        if match is None:
            raise RefusedError(404, "", "Sorry, we can't find the page you are looking for.")
        words = {key: unquote(value) for key, value in match.groupdict().items() if value is not None}
        repository = self._find("dataset" if words.get("folder") == "datasets" else "model", words["name"], token)
        commit = repository.commit(words.get("revision", "main"))
        if commit is None:
            raise RefusedError(404, "RevisionNotFound", f"Invalid rev id: {words['revision']}")
        question = Question(request, token, fault, self.url, repository, commit)
        match words.get("what"):
            case "resolve":
                return await answer_file(question, words["path"])
            case "tree":
                return answer_tree(question, words.get("path", ""))
            case "paths-info":
                return await answer_paths(question)
            case "xet-read-token":
                return answer_xet_token(question)
            case _:
                return answer_facts(question)

    def _find(self, kind: Kind, name: str, token: str | None) -> Repository:
        """Return a repository; like the real Hub, do not tell a stranger whether it exists."""
        if token is not None and token not in self.tokens:
            raise RefusedError(401, "", "Invalid credentials in Authorization header")
        repository = self._repositories.get((kind, name))
        if token is None and (repository is None or repository.private):
            raise RefusedError(401, "RepoNotFound", "Invalid username or password.")
        if repository is None:
            raise RefusedError(404, "RepoNotFound", "Repository not found")
        return repository


class HubServer(Hub):
    """A Hub in a thread of its own, for code without an event loop: `with HubServer() as hub`."""

    def __enter__(self) -> Self:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name="hub", daemon=True)
        self._thread.start()
        asyncio.run_coroutine_threadsafe(self.__aenter__(), self._loop).result()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        asyncio.run_coroutine_threadsafe(self.__aexit__(kind, error, trace), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()
