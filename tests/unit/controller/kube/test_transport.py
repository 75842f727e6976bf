import pytest

from trainjob_operator.controller.kube.transport import error_from, warning_text

STATUS = b'{"kind":"Status","status":"Failure","reason":"%s","message":"no","code":409,"details":%s}'


@pytest.mark.parametrize(
    ("code", "body", "headers", "expected"),
    [
        pytest.param(409, STATUS % (b"AlreadyExists", b"{}"), {}, ("AlreadyExists", "no", None), id="status"),
        pytest.param(
            429, STATUS % (b"TooManyRequests", b"{}"), {"Retry-After": "7"}, ("TooManyRequests", "no", 7), id="header"
        ),
        pytest.param(
            500, STATUS % (b"Timeout", b'{"retryAfterSeconds":3}'), {}, ("Timeout", "no", 3), id="retry in the body"
        ),
        pytest.param(502, b"<html>bad gateway</html>", {}, ("", "<html>bad gateway</html>", None), id="a proxy"),
        pytest.param(503, b"", {"Retry-After": "soon"}, ("", "HTTP status 503", None), id="nothing"),
        pytest.param(400, b"[]", {}, ("", "[]", None), id="no status"),
    ],
)
def test_errors(code: int, body: bytes, headers: dict[str, str], expected: tuple[str, str, float | None]) -> None:
    error = error_from(code, body, headers)

    assert error.status == code
    assert (error.reason, str(error), error.retry_after) == expected


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ('299 - "would violate PodSecurity \\"restricted:latest\\""', 'would violate PodSecurity "restricted:latest"'),
        ('299 - "plain"', "plain"),
    ],
)
def test_warnings(header: str, expected: str) -> None:
    assert warning_text(header) == expected
