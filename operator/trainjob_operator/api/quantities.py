"""Kubernetes quantities such as ``500m``, ``64Gi`` and the SDK's ``2.0``."""

import re
from decimal import Decimal, InvalidOperation

from trainjob_operator.api.workload import Quantity

_SUFFIXES = {
    "": Decimal(1),
    "n": Decimal("1e-9"),
    "u": Decimal("1e-6"),
    "m": Decimal("1e-3"),
    "k": Decimal(10**3),
    "M": Decimal(10**6),
    "G": Decimal(10**9),
    "T": Decimal(10**12),
    "P": Decimal(10**15),
    "E": Decimal(10**18),
    "Ki": Decimal(2**10),
    "Mi": Decimal(2**20),
    "Gi": Decimal(2**30),
    "Ti": Decimal(2**40),
    "Pi": Decimal(2**50),
    "Ei": Decimal(2**60),
}
_QUANTITY = re.compile(r"([+-]?[0-9.]+(?:[eE][+-]?[0-9]+)?)([numkMGTPE]|[KMGTPE]i)?")


def parse_quantity(value: Quantity) -> Decimal:
    """Give the exact number that a quantity stands for.

    Raises:
        ValueError: it is none.
    """
    found = _QUANTITY.fullmatch(str(value))
    if found is None:
        raise ValueError(f"{value!r} is not a quantity")
    try:
        return Decimal(found[1]) * _SUFFIXES[found[2] or ""]
    except InvalidOperation as error:
        raise ValueError(f"{value!r} is not a quantity") from error


def format_quantity(value: Quantity) -> str:
    """Write a quantity as the API server takes it for any resource: whole JSON floats lose their ``.0``."""
    if isinstance(value, float):
        number = Decimal(str(value))
        return str(int(number)) if number == number.to_integral_value() else f"{number.normalize():f}"
    return str(value)
