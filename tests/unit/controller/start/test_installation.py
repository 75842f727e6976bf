from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from tests.recordings.exchange import Exchange, load
from tests.recordings.player import Player

from trainjob_operator.controller.kube.client import KubeClient
from trainjob_operator.controller.kube.connection import Connection
from trainjob_operator.controller.kube.transport import Transport
from trainjob_operator.controller.start.installation import missing_fields, require_kinds
from trainjob_operator.controller.telemetry.metrics import Metrics
from trainjob_operator.errors import ConfigurationError
from trainjob_operator.naming import GROUP, VERSION


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        pytest.param(
            {"properties": {"a": {"properties": {"b": {}}}, "c": {"items": {"properties": {"d": {}}}}}}, [], id="same"
        ),
        pytest.param({"properties": {"a": {"properties": {"b": {}}}}}, ["c"], id="a branch"),
        pytest.param({"properties": {"a": {}, "c": {"items": {}}}}, ["a.b", "c[].d"], id="leaves"),
        pytest.param({"x-kubernetes-preserve-unknown-fields": True}, [], id="anything goes"),
        pytest.param({}, ["a", "c"], id="nothing"),
    ],
)
def test_missing_fields(theirs: dict[str, Any], expected: list[str]) -> None:
    ours = {"properties": {"a": {"properties": {"b": {}}}, "c": {"items": {"properties": {"d": {}}}}}}

    assert list(missing_fields(ours, theirs)) == expected


async def look_for_our_kinds(change: Callable[[Exchange], Exchange] = lambda each: each) -> None:
    async with (
        Player(map(change, load("everywhere"))) as player,
        Transport(Connection(player.url, tls=None), Metrics()) as transport,
    ):
        await require_kinds(KubeClient(transport))


async def test_our_kinds_are_found_where_kopf_looks() -> None:
    await look_for_our_kinds()


def without_group(each: Exchange) -> Exchange:
    if each.path != "/apis":
        return each
    return replace(each, answer={"groups": [group for group in each.answer["groups"] if group["name"] != GROUP]})


def without_trainjobs(each: Exchange) -> Exchange:
    if each.path != f"/apis/{GROUP}/{VERSION}":
        return each
    others = [resource for resource in each.answer["resources"] if not resource["name"].startswith("trainjobs")]
    return replace(each, answer={"resources": others})


@pytest.mark.parametrize("change", [without_group, without_trainjobs])
async def test_a_kind_that_is_not_there_yet_is_named(change: Callable[[Exchange], Exchange]) -> None:
    with pytest.raises(ConfigurationError, match=r"the CRD trainjobs.trainer.kubeflow.org is not installed: install"):
        await look_for_our_kinds(change)
