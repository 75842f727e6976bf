"""What the Hub answers about a repository: facts, lists of files, and the files themselves."""

import asyncio
import re
import time
from collections.abc import Iterable
from dataclasses import dataclass

from aiohttp import web

from tests.hub.faults import Fault
from tests.hub.refused import RefusedError
from tests.hub.repository import Commit, File, Repository

_RANGE = re.compile(r"bytes=(\d+)-(\d*)")
_CHUNK = 1 << 20
_XET_EXPIRY_S = 3600


@dataclass(frozen=True, slots=True)
class Question:
    """A request about something that exists."""

    request: web.Request
    token: str | None
    fault: Fault | None
    hub_url: str
    repository: Repository
    commit: Commit


def answer_facts(question: Question) -> web.Response:
    """Answer what the repository is, and what its commit is."""
    repository, commit = question.repository, question.commit
    facts = {
        "id": repository.name,
        "sha": commit.sha,
        "siblings": [{"rfilename": file.path, "size": file.size} for file in commit.files.values()],
        "private": repository.private,
        "gated": False if repository.granted is None else "manual",
        "tags": [],
    }
    return web.json_response(facts)


def answer_tree(question: Question, folder: str) -> web.Response:
    """Answer which files there are, in all folders."""
    files = question.commit.below(folder)
    if folder and not files:
        raise RefusedError(404, "EntryNotFound", f"{folder} does not exist")
    return _entries(question, files)


async def answer_paths(question: Question) -> web.Response:
    """Answer which of some files there are."""
    form = await question.request.post()
    wanted = {str(path) for path in form.getall("paths", [])}
    return _entries(question, [file for file in question.commit.files.values() if file.path in wanted])


def answer_xet_token(question: Question) -> web.Response:
    """Answer where the Xet storage is, and how to be let in."""
    headers = {
        "X-Xet-Cas-Url": f"{question.hub_url}/xet",
        "X-Xet-Access-Token": "xet",
        "X-Xet-Token-Expiration": str(int(time.time()) + _XET_EXPIRY_S),
    }
    return web.json_response({}, headers=headers)


async def answer_file(question: Question, path: str) -> web.StreamResponse:
    """Send a file, or the range of it that was asked for; HEAD sends only what is known about it."""
    repository, commit, request = question.repository, question.commit, question.request
    if repository.granted is not None and question.token not in repository.granted:
        who = "You must be authenticated to access it." if question.token is None else "You are not in the list."
        message = f"Access to {repository.name} is restricted. {who}"
        raise RefusedError(401 if question.token is None else 403, "GatedRepo", message)
    file = commit.files.get(path)
    if file is None:
        raise RefusedError(404, "EntryNotFound", "Entry not found")
    headers = {"X-Repo-Commit": commit.sha, "ETag": f'"{file.oid}"', "Accept-Ranges": "bytes"}
    if repository.xet and file.lfs:
        route = f"{question.hub_url}/api/{repository.kind}s/{repository.name}/xet-read-token/{commit.sha}"
        headers |= {"X-Xet-Hash": file.oid, "X-Xet-Refresh-Route": route}
    start, end = 0, file.size
    if wanted := _RANGE.fullmatch(request.headers.get("Range", "")):
        start, end = int(wanted[1]), int(wanted[2]) + 1 if wanted[2] else file.size
        headers["Content-Range"] = f"bytes {start}-{end - 1}/{file.size}"
    response = web.StreamResponse(status=206 if wanted else 200, headers=headers)
    response.content_length = end - start
    await response.prepare(request)
    if request.method != "HEAD":
        await _send(question, response, file, start, end)
    return response


async def _send(question: Question, response: web.StreamResponse, file: File, start: int, end: int) -> None:
    fault = question.fault
    halt = min(end, start + fault.after_bytes) if fault is not None and fault.after_bytes is not None else end
    with file.source.open("rb") as stream:
        stream.seek(start)
        while (position := stream.tell()) < end:
            if fault is not None and position == halt:
                if fault.cut and question.request.transport is not None:
                    question.request.transport.close()
                    return
                await asyncio.sleep(fault.pause_s)
            limit = halt if position < halt else end
            await response.write(stream.read(min(_CHUNK, limit - position)))


def _entries(question: Question, files: Iterable[File]) -> web.Response:
    entries = []
    for file in files:
        entry: dict[str, object] = {"type": "file", "path": file.path, "size": file.size, "oid": file.oid[:40]}
        if file.lfs:
            entry["lfs"] = {"oid": file.oid, "size": file.size, "pointerSize": 134}
            entry |= {"xetHash": file.oid} if question.repository.xet else {}
        entries.append(entry)
    return web.json_response(entries)
