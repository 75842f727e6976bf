"""Kubernetes quantities such as ``500m``, ``64Gi`` and the SDK's ``2.0``: exact values, and the form that is stored."""

import re
from decimal import ROUND_UP, Context, Decimal

from trainjob_operator.wording import shorten

Quantity = int | float | str

_DECIMAL = {"n": -9, "u": -6, "m": -3, "": 0, "k": 3, "M": 6, "G": 9, "T": 12, "P": 15, "E": 18}
_BINARY = {"Ki": 1, "Mi": 2, "Gi": 3, "Ti": 4, "Pi": 5, "Ei": 6}
_QUANTITY = re.compile(
    r"(?P<number>[+-]?(?:\d{1,500}(?:\.\d{0,500})?|\.\d{1,500}))(?:(?P<suffix>[numkMGTPE]|[KMGTPE]i)|[eE](?P<exponent>[+-]?\d{1,3}))?",
    re.ASCII,
)
_EXACT = Context(prec=4000)
_NANO = Decimal("1e-9")
_KIBI = 1024


def parse_quantity(value: Quantity) -> Decimal:
    """Give the exact number that a quantity stands for.

    Raises:
        ValueError: it is none.
    """
    return _parse(value)[0]


def format_quantity(value: Quantity) -> str:
    """Write a quantity in the canonical form in which the API server keeps it in its own types.

    ``1000m`` becomes ``1``, ``1024Mi`` ``1Gi``, ``0.5`` ``500m`` and ``2.0`` ``2``. What is finer than a nano is
    rounded away from zero. The rules are those of k8s.io/apimachinery/pkg/api/resource.

    Raises:
        ValueError: it is none.
    """
    number, suffix, has_exponent = _parse(value)
    number = number.quantize(_NANO, rounding=ROUND_UP, context=_EXACT)
    if suffix in _BINARY and abs(number) >= _KIBI and number == number.to_integral_value(context=_EXACT):
        whole, power = int(number), 0
        while whole % _KIBI == 0 and power < len(_BINARY):
            whole, power = whole // _KIBI, power + 1
        return f"{whole}{['', *_BINARY][power]}"
    return _write_decimal(number, with_exponent=has_exponent)


def _parse(value: Quantity) -> tuple[Decimal, str, bool]:
    """Give the number, its suffix, and whether it was written with an exponent."""
    found = None if isinstance(value, bool) else _QUANTITY.fullmatch(str(value))
    if found is None:
        raise ValueError(f"{shorten(repr(value))} is not a quantity")
    suffix = found["suffix"] or ""
    exponent = found["exponent"]
    number = Decimal(found["number"])
    if suffix in _BINARY:
        number = _EXACT.multiply(number, Decimal(_KIBI ** _BINARY[suffix]))
    else:
        number = number.scaleb(int(exponent) if exponent else _DECIMAL[suffix], context=_EXACT)
    return number, suffix, exponent is not None and isinstance(value, str)


def _write_decimal(number: Decimal, *, with_exponent: bool) -> str:
    """Write the shortest whole mantissa with a power of a thousand."""
    if not number:
        return "0"
    power = number.adjusted() // 3 * 3 if with_exponent else max(_DECIMAL.values())
    while _EXACT.remainder(number.scaleb(-power, context=_EXACT), 1):
        power -= 3
    mantissa = int(number.scaleb(-power, context=_EXACT))
    if with_exponent:
        return f"{mantissa}e{power}" if power else str(mantissa)
    return f"{mantissa}{next(suffix for suffix, known in _DECIMAL.items() if known == power)}"
