"""Texts and names that come to much more than they look like."""


def doubling(depth: int, width: int = 9) -> str:
    """Give a flow list in YAML that is ``width ** depth`` items long when it is written out."""
    parts = [f"&a0 [{','.join(['x'] * width)}]"]
    parts += [f"&a{n} [{','.join([f'*a{n - 1}'] * width)}]" for n in range(1, depth)]
    return f"[{','.join(parts)}]"


BOMBS = {
    "itself": "&a [*a,*a]",
    "doubling": doubling(11),
    "one list many times": f"[&a [{','.join('x' * 1000)}],[{','.join(['*a'] * 1000)}]]",
    "merged": "[&a {a: 1}, &b {<<: [*a, *a]}, {<<: [*b, *b]}]",
    "deep": "[" * 5000,
    "deep and closed": "[" * 200 + "]" * 200,
    "deep mappings": "{a: " * 5000,
    "a number": "9" * 100_000,
    "a hexadecimal number": "0x" + "f" * 100_000,
    "a number to the base of 60": "1" + ":59" * 30_000,
    "no boolean": "!!bool maybe",
    "no number": "!!int many",
    "no number at all": "!!int ''",
    "no time": "!!timestamp soon",
    "no date": "2026-99-99",
    "no object": "!!python/object:os.system {}",
    "a list as a key": "{[a]: b}",
}
