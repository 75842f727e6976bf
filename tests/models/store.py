"""Models and data sets in the cache, each made once a machine, keyed by the code that makes it."""

import sys
import time
from collections.abc import Callable
from pathlib import Path

from tests.devcluster.cache import cache_dir, digest, made
from tests.models import environment

_HERE = Path(__file__).parent


def tiny() -> Path:
    """Return the folder that holds `model`, `dataset` and `preferences` of the tiny model, and models akin to it."""
    return _stored("tiny", ("tiny.py", "tiny_overrides.py", "bpe.py"), "A tiny model", "2 s")


def smollm2() -> Path:
    """Return the folder of SmolLM2-135M-Instruct."""
    return _stored(
        "smollm2", ("smollm2.py", "gguf_llama.py", "gguf_tokenizer.py"), "SmolLM2-135M-Instruct (93 MB)", "15 s"
    )


def docstrings() -> Path:
    """Return the folder of the docstrings data set."""
    return _stored("docstrings", ("docstrings.py",), "Questions and answers from Python's docstrings", "3 s")


MAKERS: dict[str, Callable[[], Path]] = {"tiny": tiny, "smollm2": smollm2, "docstrings": docstrings}


def _stored(name: str, sources: tuple[str, ...], what: str, usually: str) -> Path:
    key = digest((_HERE / source).read_bytes() for source in (*sources, "requirements.txt"))

    def make(folder: Path) -> None:
        environment.ensure()
        began = time.monotonic()
        print(f"{what} ... (usually {usually})", file=sys.stderr, flush=True)
        environment.run_module(f"tests.models.{name}", folder)
        print(f"{what}: done after {time.monotonic() - began:.0f} s", file=sys.stderr, flush=True)

    return made(cache_dir() / "models" / f"{name}-{key}", make)
