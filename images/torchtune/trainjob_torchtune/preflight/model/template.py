"""A model to chat with needs a chat template: without one, servers of the result refuse chats, or guess."""

import json
import re
from pathlib import Path
from typing import Any

from trainjob_contract.storage_uri import Kind, Source, parse_source
from trainjob_torchtune.preflight.origins import find_origin
from trainjob_torchtune.preflight.sight import is_file
from trainjob_torchtune.run.training import Training

# How the Hub's models are called that are made to chat with.
_CHATTY = re.compile(r"(?:^|[-_.])(?:instruct|chat|it)(?:[-_.]|$)", re.IGNORECASE)
# Where transformers looks (PreTrainedTokenizerBase), and Mistral's own format, which needs none.
_FILES = ("chat_template.jinja", "chat_template.json", "tekken.json")
_MORE = "additional_chat_templates"
_CONFIG = "tokenizer_config.json"
_NAME = "original_repo_id.json"


def advise_template(training: Training) -> str | None:
    """Warn of a model that is to chat by its name, and has no template; only Hugging Face's format has one."""
    checkpointer = next((one for one in training.checkpointers if one.key == "checkpointer"), None)
    if checkpointer is None or not checkpointer.needs_config or not training.datasets:
        return None
    folder = checkpointer.folder
    name = _name_of(folder)
    if not _CHATTY.search(name.rpartition("/")[2]) or _has_template(folder):
        return None
    return (
        f"{name} is by its name a model to chat with, but {folder} has no chat template (chat_template.jinja, or "
        f"chat_template in {_CONFIG}): servers of the result refuse chats without one, or write them otherwise than "
        "in training. Download it with the model (IGNORE_PATTERNS may leave it out), or put one beside the result."
    )


def _name_of(folder: Path) -> str:
    """Return the repository that the folder was downloaded from, or nothing."""
    origin = find_origin(folder)
    if origin is not None:
        source = parse_source(origin.uri, Kind.MODEL)
        return source.repository if isinstance(source, Source) else ""
    name = _read(folder / _NAME).get("repo_id")
    return name if isinstance(name, str) else ""


def _has_template(folder: Path) -> bool:
    return (
        any(is_file(folder / name) for name in _FILES)
        or any((folder / _MORE).glob("*.jinja"))
        or bool(_read(folder / _CONFIG).get("chat_template"))
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return content if isinstance(content, dict) else {}
