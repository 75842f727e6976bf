"""What can be configured: environment variables that begin with TRAINJOB_OPERATOR_, read once at the start."""

import re
import socket
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Self

from pydantic import AliasChoices, Field, ValidationError, field_validator, model_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from trainjob_operator.errors import ConfigurationError
from trainjob_operator.naming import CERTIFICATE_SECRET, STATUS_PORT, WEBHOOK_PORT
from trainjob_operator.reconciler.state import UNSCHEDULABLE_AFTER

PREFIX = "TRAINJOB_OPERATOR_"
_DAY = 24 * 3600.0
_NAMESPACE = re.compile(r"[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?")
_SERVICE_ACCOUNT_NAMESPACE = Path("/var/run/secrets/kubernetes.io/serviceaccount/namespace")


class LogFormat(StrEnum):
    """How log records are written."""

    TEXT = "text"
    JSON = "json"


class LogLevel(StrEnum):
    """The least severe records that are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def _own_namespace() -> str:
    if _SERVICE_ACCOUNT_NAMESPACE.is_file():
        return _SERVICE_ACCOUNT_NAMESPACE.read_text().strip()
    return "default"


class Certificates(StrEnum):
    """Where the certificate of webhooks and status endpoint comes from."""

    GENERATED = "generated"
    EXTERNAL = "external"
    NONE = "none"


class Settings(BaseSettings):
    """Everything that can be set. Descriptions are shown by ``trainjob-operator run --help``."""

    model_config = SettingsConfigDict(env_prefix=PREFIX, frozen=True, env_ignore_empty=True, extra="ignore")

    kubeconfig: Path | None = Field(
        default=None,
        validation_alias=AliasChoices(f"{PREFIX}KUBECONFIG", "KUBECONFIG"),
        description="File that says how to reach the API server. Unset: the pod's service account.",
    )
    kube_context: str | None = Field(default=None, description="Context of the kubeconfig. Unset: its current one.")
    namespaces: Annotated[tuple[str, ...], NoDecode] = Field(
        default=(), description="Namespaces to serve, separated by commas. Unset: all."
    )
    workers: int = Field(default=16, ge=1, le=256, description="How many TrainJobs are worked on at the same time.")
    status_delay: float = Field(
        default=3.0,
        ge=0,
        le=60,
        description="Seconds that a change of mere counts in a status waits for others: up to four times as long while"
        " more keep coming, ten times unless it says that all steps are up, and up to four times that while the counts"
        " of many TrainJobs wait. Conditions never wait.",
    )
    unschedulable_after: float = Field(
        default=UNSCHEDULABLE_AFTER.total_seconds(),
        gt=0,
        le=365 * _DAY,
        description="Seconds for which a pod may find no node before its TrainJob is Stalled. It goes on waiting.",
    )
    request_timeout: float = Field(default=30.0, gt=0, le=300, description="Seconds that one API request may take.")
    max_connections: int = Field(default=64, ge=1, le=1024, description="API requests under way at the same time.")
    lease_name: str = Field(default="trainjob-operator", min_length=1, description="Lease that the leader holds.")
    lease_namespace: str = Field(
        default_factory=_own_namespace,
        validation_alias=AliasChoices(f"{PREFIX}LEASE_NAMESPACE", "POD_NAMESPACE"),
        description="Namespace of the Lease. Unset: POD_NAMESPACE, or that of the service account, or 'default'.",
    )
    lease_identity: str = Field(
        default_factory=socket.gethostname,
        validation_alias=AliasChoices(f"{PREFIX}LEASE_IDENTITY", "POD_NAME"),
        description="Name of this replica in the Lease, different from all others'. Unset: POD_NAME, or the host name.",
    )
    lease_duration: float = Field(
        default=15.0, ge=1, description="Seconds without a sign of the leader after which another replica takes over."
    )
    lease_renew_deadline: float = Field(
        default=10.0, gt=0, description="Seconds without a successful renewal after which the leader ends itself."
    )
    lease_retry_period: float = Field(default=2.0, gt=0, description="Seconds between two looks at the Lease.")
    certificates: Certificates = Field(
        default=Certificates.GENERATED,
        description="generated: the operator makes the certificate of webhooks and status endpoint, renews it and has"
        " it trusted. external: somebody else, such as cert-manager, fills the Secret and the webhook configurations."
        " none: neither webhooks nor status endpoint, for a process outside of a cluster.",
    )
    certificate_secret: str = Field(
        default=CERTIFICATE_SECRET,
        min_length=1,
        description="Secret with ca.crt, tls.crt and tls.key, in the namespace of the Lease.",
    )
    certificate_lifetime: float = Field(
        default=90 * _DAY,
        ge=10,
        description="Seconds that a certificate is good for; renewed after two thirds of them.",
    )
    authority_lifetime: float = Field(
        default=3650 * _DAY,
        ge=10,
        description="Seconds that the authority of our certificates is good for; a new one joins it after two thirds.",
    )
    service_name: str = Field(
        default="trainjob-operator",
        min_length=1,
        description="Service, in the namespace of the Lease, by which API server and trainers reach the operator.",
    )
    webhook_configuration: str = Field(
        default="trainjob-operator",
        min_length=1,
        description="Name of both webhook configurations whose caBundle is kept right. They may be absent.",
    )
    webhook_port: int = Field(
        default=WEBHOOK_PORT, ge=0, le=65535, description="Port for webhooks; 0 takes a free one."
    )
    status_endpoint: bool = Field(
        default=True, description="Whether trainers are told of the status endpoint, and it is served."
    )
    status_port: int = Field(
        default=STATUS_PORT, ge=0, le=65535, description="Port for the status endpoint; 0 takes a free one."
    )
    drain_period: float = Field(
        default=2.0,
        ge=0,
        le=10,
        description="Seconds that webhooks and status endpoint go on to answer when the operator is told to end.",
    )
    tolerate_other_operators: bool = Field(
        default=False, description="Start although another operator for TrainJobs, such as Kubeflow Trainer, is there."
    )
    http_host: str | None = Field(default=None, description="Address for all ports. Unset: all addresses.")
    http_port: int = Field(
        default=8080, ge=0, le=65535, description="Port for /healthz, /readyz and /metrics; 0 takes a free one."
    )
    log_format: LogFormat = Field(default=LogFormat.TEXT, description="How log records look: text or json.")
    log_level: LogLevel = Field(
        default=LogLevel.INFO, description="Least severe log records that are written: debug, info, warning or error."
    )

    @field_validator("namespaces", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if not isinstance(value, str):
            return value
        return tuple(dict.fromkeys(name.strip() for name in value.split(",") if name.strip()))

    @field_validator("namespaces")
    @classmethod
    def _name(cls, value: tuple[str, ...]) -> tuple[str, ...]:
        if wrong := [name for name in value if not _NAMESPACE.fullmatch(name)]:
            raise ValueError(f"{wrong[0]!r} is not the name of a namespace; patterns are not understood, name each")
        return value

    @field_validator("certificates", "log_format", "log_level", mode="before")
    @classmethod
    def _lower(cls, value: object) -> object:
        return value.lower() if isinstance(value, str) else value

    @model_validator(mode="after")
    def _order_times(self) -> Self:
        if not self.lease_duration > self.lease_renew_deadline > self.lease_retry_period:
            raise ValueError(
                "LEASE_DURATION must be longer than LEASE_RENEW_DEADLINE, and that longer than LEASE_RETRY_PERIOD"
            )
        return self


def read_settings() -> Settings:
    """Read the environment.

    Raises:
        ConfigurationError: a value cannot be used; the message names each such variable.
    """
    try:
        return Settings()
    except ValidationError as error:
        raise ConfigurationError("; ".join(_explain(problem) for problem in error.errors())) from None


def describe_settings() -> list[tuple[str, str, str]]:
    """List each setting as variable, default (empty if there is none) and description."""
    return [
        (
            f"{PREFIX}{name.upper()}",
            str(field.default) if isinstance(field.default, (str, int, float)) else "",
            field.description or "",
        )
        for name, field in Settings.model_fields.items()
    ]


def _explain(problem: object) -> str:
    if not isinstance(problem, dict):  # pydantic promises a mapping
        return str(problem)
    where = str(problem["loc"][0]) if problem["loc"] else ""
    what = str(problem["msg"]).removeprefix("Value error, ")
    if not where:
        return f"{PREFIX}{what.replace(' LEASE', f' {PREFIX}LEASE')}"
    name = where if where.isupper() else f"{PREFIX}{where.upper()}"
    return f"{name}={problem['input']!r} cannot be used: {what[:1].lower()}{what[1:]}"
