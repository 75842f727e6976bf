"""The container's log: whole lines, at once, and never a secret."""

import os

_STDOUT = 1


class Console:
    """Print lines, with every secret replaced."""

    def __init__(self) -> None:
        self._secrets: set[str] = set()

    def hide(self, secret: str) -> None:
        """Never print this from now on."""
        self._secrets.add(secret)

    def censor(self, text: str) -> str:
        """Return the text without secrets."""
        for secret in self._secrets:
            text = text.replace(secret, "***")
        return text

    def say(self, text: str) -> None:
        """Print one line, or several, in one go: neither threads nor a signal tear it, and nothing is buffered."""
        os.write(_STDOUT, (self.censor(text) + "\n").encode(errors="replace"))
