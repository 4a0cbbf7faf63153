"""The metrics of jobs, in the process that runs them. No metric carries a tenant.

In: `analytics_hub/jobs/work.py` moves them.
"""

from typing import Final

from prometheus_client import Counter, Histogram

from analytics_hub.telemetry.metrics import REGISTRY

JOBS_ENDED: Final = Counter(
    "hub_jobs_ended",
    "Runs of jobs for one tenant, by job and how they ended.",
    ("job", "state"),
    registry=REGISTRY,
)
JOB_SECONDS: Final = Histogram(
    "hub_job_seconds",
    "How long a run for one tenant took that ended well.",
    ("job",),
    buckets=(0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0),
    registry=REGISTRY,
)
