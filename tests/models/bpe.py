"""A small byte-level BPE vocabulary, trained on a text, in the format of Llama 3's `tokenizer.model`."""

import base64
import json
import re
from collections import Counter
from itertools import pairwise
from pathlib import Path

_WORD = re.compile(r" ?[A-Za-z]+| ?[0-9]| ?[^\sA-Za-z0-9]+|\s+")


def train(text: str, merges: int) -> list[bytes]:
    """Return the 256 bytes and one token more for each merge of the most frequent pair."""
    words = Counter(tuple(bytes([byte]) for byte in word.encode()) for word in _WORD.findall(text))
    tokens = [bytes([byte]) for byte in range(256)]
    for _ in range(merges):
        pairs: Counter[tuple[bytes, bytes]] = Counter()
        for word, count in words.items():
            for pair in pairwise(word):
                pairs[pair] += count
        if not pairs:
            break
        best = max(pairs, key=lambda pair: (pairs[pair], pair))
        tokens.append(b"".join(best))
        words = Counter({_merged(word, best): count for word, count in words.items()})
    return list(dict.fromkeys(tokens))


def write_tiktoken(path: Path, tokens: list[bytes]) -> None:
    """Write a line `base64(token) rank` a token."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(b"".join(base64.b64encode(token) + b" %d\n" % rank for rank, token in enumerate(tokens)))


def write_bytes(folder: Path) -> None:
    """Write `vocab.json` and `merges.txt`, the format of GPT-2 and Qwen: each byte is a token, and none are merged."""
    shown = [*range(ord("!"), ord("~") + 1), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    hidden = sorted(set(range(256)) - set(shown))
    letters = {byte: chr(byte) for byte in shown} | {byte: chr(256 + rank) for rank, byte in enumerate(hidden)}
    (folder / "vocab.json").write_text(json.dumps({letters[byte]: byte for byte in range(256)}) + "\n")
    (folder / "merges.txt").write_text("#version: 0.2\n")


def _merged(word: tuple[bytes, ...], pair: tuple[bytes, bytes]) -> tuple[bytes, ...]:
    parts: list[bytes] = []
    position = 0
    while position < len(word):
        step = 2 if word[position : position + 2] == pair else 1
        parts.append(b"".join(word[position : position + step]))
        position += step
    return tuple(parts)
