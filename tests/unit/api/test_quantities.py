from decimal import Decimal

import pytest

from trainjob_operator.api.quantities import Quantity, format_quantity, parse_quantity

# What k8s.io/apimachinery v0.37.1 makes of the same input.
CANONICAL: dict[Quantity, str] = {
    0: "0",
    2: "2",
    3.0: "3",
    8.0: "8",
    0.5: "500m",
    "2.0": "2",
    ".5": "500m",
    "-1.5": "-1500m",
    "500m": "500m",
    "1000m": "1",
    "1500m": "1500m",
    "0.001": "1m",
    "0.1n": "1n",
    "-0.1n": "-1n",
    "12345.6789": "12345678900u",
    "1000": "1k",
    "1k": "1k",
    "128974848": "128974848",
    "129M": "129M",
    "12E": "12E",
    "100E": "100E",
    "0Gi": "0",
    "512": "512",
    "0.1Ki": "102400m",
    "0.5Ki": "512",
    "1Ki": "1Ki",
    "1.1Ki": "1126400m",
    "1000Ki": "1000Ki",
    "-2048Ki": "-2Mi",
    "123Mi": "123Mi",
    "1023Mi": "1023Mi",
    "1024Mi": "1Gi",
    "1.5Gi": "1536Mi",
    "1e1": "10",
    "10e1": "100",
    "1e3": "1e3",
    "1.5e3": "1500",
    "129e6": "129e6",
    "1e-3": "1e-3",
    "1e30": "1e30",
}


@pytest.mark.parametrize(("value", "canonical"), CANONICAL.items(), ids=map(repr, CANONICAL))
def test_the_form_that_the_api_server_keeps(value: Quantity, canonical: str) -> None:
    assert format_quantity(value) == canonical
    assert format_quantity(canonical) == canonical


VALUES: dict[Quantity, Decimal] = {
    1: Decimal(1),
    2.0: Decimal(2),
    0.1: Decimal("0.1"),
    1e22: Decimal(10**22),
    "+1": Decimal(1),
    "2.": Decimal(2),
    "1n": Decimal("1e-9"),
    "5u": Decimal("5e-6"),
    "3m": Decimal("0.003"),
    "3k": Decimal(3000),
    "3M": Decimal(3 * 10**6),
    "3G": Decimal(3 * 10**9),
    "3T": Decimal(3 * 10**12),
    "3P": Decimal(3 * 10**15),
    "3E": Decimal(3 * 10**18),
    "3Ki": Decimal(3 * 2**10),
    "3Mi": Decimal(3 * 2**20),
    "3Gi": Decimal(3 * 2**30),
    "3Ti": Decimal(3 * 2**40),
    "3Pi": Decimal(3 * 2**50),
    "7.5Ei": Decimal(15 * 2**59),
    "1E2": Decimal(100),
    "12345678901234567890123456789.5": Decimal("12345678901234567890123456789.5"),
}


@pytest.mark.parametrize(("value", "number"), VALUES.items(), ids=map(repr, VALUES))
def test_the_exact_number(value: Quantity, number: Decimal) -> None:
    assert parse_quantity(value) == number


@pytest.mark.parametrize(
    "value",
    ["", ".", "Gi", "1 Gi", "64GB", "1KI", "1e3k", "1e", "0x1", "--1", "1m\n", "٣", float("nan"), float("inf"), True],
)
def test_what_is_none(value: Quantity) -> None:
    with pytest.raises(ValueError, match="is not a quantity"):
        parse_quantity(value)
    with pytest.raises(ValueError, match="is not a quantity"):
        format_quantity(value)


@pytest.mark.parametrize("value", [1e300, "9" * 400, "1e300", "1" + "0" * 60, "9" * 47 + ".5"])
def test_what_is_longer_than_decimals_usually_are_is_still_exact(value: float | str) -> None:
    assert parse_quantity(format_quantity(value)) == parse_quantity(value)
