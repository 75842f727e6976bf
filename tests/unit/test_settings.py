from os import environ

import pytest

from trainjob_operator.errors import ConfigurationError
from trainjob_operator.settings import PREFIX, LogFormat, LogLevel, Settings, describe_settings, read_settings


@pytest.fixture(autouse=True)
def _nothing_is_set(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in list(environ):
        if name.startswith((PREFIX, "POD_", "KUBE")):
            monkeypatch.delenv(name)


def test_defaults_are_those_of_client_go() -> None:
    settings = read_settings()

    assert (settings.lease_duration, settings.lease_renew_deadline, settings.lease_retry_period) == (15, 10, 2)
    assert settings.namespaces == ()
    assert settings.kubeconfig is None


@pytest.mark.parametrize(
    ("name", "value", "field", "expected"),
    [
        ("NAMESPACES", "a, b,,a", "namespaces", ("a", "b")),
        ("NAMESPACES", "", "namespaces", ()),
        ("NAMESPACES", "7", "namespaces", ("7",)),
        ("NAMESPACES", f"a--b,{'x' * 63}", "namespaces", ("a--b", "x" * 63)),
        ("NAMESPACES", ",default,", "namespaces", ("default",)),
        ("LOG_FORMAT", "JSON", "log_format", LogFormat.JSON),
        ("LOG_LEVEL", "Debug", "log_level", LogLevel.DEBUG),
        ("STATUS_DELAY", "0", "status_delay", 0.0),
        ("HTTP_PORT", "0", "http_port", 0),
    ],
)
def test_values(monkeypatch: pytest.MonkeyPatch, name: str, value: str, field: str, expected: object) -> None:
    monkeypatch.setenv(f"{PREFIX}{name}", value)

    assert getattr(read_settings(), field) == expected


def test_a_pod_is_known_by_its_name_and_namespace(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("POD_NAME", "operator-1")
    monkeypatch.setenv("POD_NAMESPACE", "system")
    settings = read_settings()
    assert (settings.lease_identity, settings.lease_namespace) == ("operator-1", "system")

    monkeypatch.setenv(f"{PREFIX}LEASE_IDENTITY", "chosen")
    assert read_settings().lease_identity == "chosen"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        (
            "NAMESPACES",
            "a,team-*",
            "TRAINJOB_OPERATOR_NAMESPACES='a,team-*' cannot be used: 'team-*' is not the name of",
        ),
        ("NAMESPACES", "x" * 64, f"'{'x' * 64}' is not the name of a namespace"),
        ("WORKERS", "many", "TRAINJOB_OPERATOR_WORKERS='many' cannot be used: input should be a valid integer"),
        ("WORKERS", "0", "TRAINJOB_OPERATOR_WORKERS='0' cannot be used: input should be greater than or equal to 1"),
        ("LOG_FORMAT", "xml", "TRAINJOB_OPERATOR_LOG_FORMAT='xml' cannot be used: input should be 'text' or 'json'"),
        ("LEASE_DURATION", "5", "TRAINJOB_OPERATOR_LEASE_DURATION must be longer than TRAINJOB_OPERATOR_LEASE_RENEW"),
    ],
)
def test_a_wrong_value_is_named(monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str) -> None:
    monkeypatch.setenv(f"{PREFIX}{name}", value)

    with pytest.raises(ConfigurationError) as caught:
        read_settings()

    assert expected in str(caught.value)
    assert "\n" not in str(caught.value)


def test_every_setting_is_described() -> None:
    described = describe_settings()

    assert len(described) == len(Settings.model_fields)
    assert all(text.endswith(".") for _, _, text in described)
