"""The one place where AWS clients are made: lazily, once, and without boto3, which costs start-up time."""

import gc
import random
import time
from collections.abc import Mapping
from functools import cache
from threading import Lock
from typing import Any, cast

gc.disable()  # until the first client: imports make objects that stay, looking through them takes a tenth of the start

import botocore.session  # noqa: E402  # after the line above, as are the next
from botocore.config import Config  # noqa: E402
from botocore.loaders import Loader  # noqa: E402

_SERVICES = ["dynamodb", "events", "lambda", "s3", "secretsmanager", "sesv2", "sqs", "stepfunctions", "sts"]
_ONE_AT_A_TIME = Lock()
"""Clients serve many threads, but sessions make one after the other."""
_CONNECTIONS = 32
"""A client's, kept open: more than threads that use it."""
_DEFAULTS = {"hostname": "{service}.{region}.{dnsSuffix}", "protocols": ["https"], "signatureVersions": ["v4"]}


class _LeanLoader(Loader):
    """Saves what botocore reads for nothing before each first client."""

    def list_available_services(self, type_name: str) -> list[str]:
        """We know what we use; its data folder takes 900 directory reads to list."""
        return _SERVICES

    def load_data_with_path(self, name: str) -> tuple[Any, Any]:
        """Services name their endpoints by rules; of the table of all endpoints (1.3 MB) only the domains count."""
        load: Any = super().load_data_with_path
        if name != "endpoints":
            return load(name)
        partitions, path = load("partitions")
        return {"version": 3, "partitions": [_endpoints_of(each) for each in partitions["partitions"]]}, path

    def load_service_model(self, service_name: str, type_name: str, api_version: str | None = None) -> Any:
        """Calls to DynamoDB would be searched for tables named by ARN, to find another account's address."""
        model: Any = super().load_service_model(service_name, type_name, api_version)
        if service_name == "dynamodb" and type_name == "service-2":
            for operation in model["operations"].values():
                operation.pop("operationContextParams", None)
        return model


def _endpoints_of(partition: dict[str, Any]) -> dict[str, Any]:
    return {
        "partition": partition["id"],
        "dnsSuffix": partition["outputs"]["dnsSuffix"],
        "regionRegex": partition["regionRegex"],
        "regions": {region: {} for region in partition["regions"]},
        "defaults": _DEFAULTS,
        "services": {},
    }


@cache
def _session() -> Any:
    session: Any = cast("Any", botocore.session).get_session()
    session.register_component("data_loader", _LeanLoader(include_default_search_paths=True))
    return session


@cache
def client(service: str) -> Any:
    """Connects in 1 s, reads in 3 s, tries three times: well inside every function's own time limit."""
    with _ONE_AT_A_TIME:
        made = _session().create_client(service, config=_config())
    gc.enable()
    return made


def client_as(service: str, region: str, credentials: Mapping[str, Any]) -> Any:
    """With the rights that AssumeRole gave, which may be of another account."""
    return _session().create_client(
        service,
        region_name=region,
        aws_access_key_id=credentials["AccessKeyId"],
        aws_secret_access_key=credentials["SecretAccessKey"],
        aws_session_token=credentials["SessionToken"],
        config=_config(),
    )


@cache
def regions() -> frozenset[str]:
    """Of the partition `aws`, as botocore knows them."""
    partitions: list[dict[str, Any]] = cast("Any", Loader()).load_data("partitions")["partitions"]
    return frozenset(name for one in partitions if one["id"] == "aws" for name in one["regions"])


def _config() -> Config:
    return Config(
        connect_timeout=1,
        read_timeout=3,
        retries={"mode": "standard", "total_max_attempts": 3},
        max_pool_connections=_CONNECTIONS,
        parameter_validation=False,
        user_agent="dealreg",  # botocore would put its own together anew for each call
        # the region's own address, in links too: the common one redirects while a bucket is young
        s3={"addressing_style": "virtual", "us_east_1_regional_endpoint": "regional"},
    )


def pause(attempt: int, base: float = 0.05, ceiling: float = 0.8) -> None:
    """Full jitter before try number `attempt` + 1 (Exponential Backoff and Jitter, Amazon Builders' Library)."""
    time.sleep(random.uniform(0, min(ceiling, base * 2**attempt)))  # noqa: S311  # spreads retries, guards nothing
