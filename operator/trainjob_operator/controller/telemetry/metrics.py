"""What the operator counts and measures of itself."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector

_BUCKETS = (0.001, 0.005, 0.01, 0.05, 0.1, 0.5, 1, 5, 10, 60)


class Metrics:
    """All metrics, in a registry of their own."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        ProcessCollector(registry=self.registry)
        self.api_requests = Counter(
            "trainjob_operator_api_requests",
            "Requests to the API server; code 0: no answer.",
            ("verb", "resource", "code"),
            registry=self.registry,
        )
        self.queue_adds = Counter(
            "trainjob_operator_queue_adds", "TrainJobs put on the work queue.", registry=self.registry
        )
        self.queue_retries = Counter(
            "trainjob_operator_queue_retries", "TrainJobs put back after an error.", registry=self.registry
        )
        self.queue_depth = Gauge(
            "trainjob_operator_queue_depth", "TrainJobs that wait for a worker.", registry=self.registry
        )
        self.queue_seconds = Histogram(
            "trainjob_operator_queue_seconds",
            "Time that a TrainJob waited for a worker.",
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.reconcile_seconds = Histogram(
            "trainjob_operator_reconcile_seconds",
            "Time that a worker took for a TrainJob.",
            ("result",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.reflector_objects = Gauge(
            "trainjob_operator_reflector_objects", "Objects in a cache.", ("resource",), registry=self.registry
        )
        self.reflector_lists = Counter(
            "trainjob_operator_reflector_lists", "Complete listings of a kind.", ("resource",), registry=self.registry
        )
        self.reflector_age = Gauge(
            "trainjob_operator_reflector_age_seconds",
            "Time since the API server last said anything about a kind; bookmarks count, but not those of trainjobs.",
            ("resource",),
            registry=self.registry,
        )
        self.admission_requests = Counter(
            "trainjob_operator_admission_requests",
            "Requests to the webhooks; result: allowed, denied, or error if the operator is at fault.",
            ("webhook", "kind", "operation", "result"),
            registry=self.registry,
        )
        self.admission_seconds = Histogram(
            "trainjob_operator_admission_seconds",
            "Time that a webhook took.",
            ("webhook",),
            buckets=_BUCKETS,
            registry=self.registry,
        )
        self.progress_reports = Counter(
            "trainjob_operator_progress_reports",
            "Reports of trainers, by HTTP status.",
            ("code",),
            registry=self.registry,
        )
        self.certificate_expiry = Gauge(
            "trainjob_operator_certificate_expiry_timestamp_seconds",
            "When the certificate of webhooks and status endpoint ends.",
            registry=self.registry,
        )
        self.crd_missing_fields = Gauge(
            "trainjob_operator_crd_missing_fields",
            "Fields that a CRD of the cluster does not have, and that are dropped therefore.",
            ("crd",),
            registry=self.registry,
        )
        self.leader = Gauge("trainjob_operator_leader", "1 on the replica that does the work.", registry=self.registry)
