import pytest
from yarl import URL

from trainjob_operator.controller.kube.resources import CLUSTER_TRAINING_RUNTIMES, CONFIG_MAPS, TRAINJOBS

JOBS = "/apis/trainer.kubeflow.org/v1alpha1"


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (TRAINJOBS.path(None), f"{JOBS}/trainjobs"),
        (TRAINJOBS.path("team"), f"{JOBS}/namespaces/team/trainjobs"),
        (TRAINJOBS.path("team", "j", "status"), f"{JOBS}/namespaces/team/trainjobs/j/status"),
        (CLUSTER_TRAINING_RUNTIMES.path("team", "r1.x-y"), f"{JOBS}/clustertrainingruntimes/r1.x-y"),
        (CONFIG_MAPS.path("team", "a:b"), "/api/v1/namespaces/team/configmaps/a%3Ab"),
    ],
)
def test_where_an_object_is_served(path: str, expected: str) -> None:
    assert path == expected


@pytest.mark.parametrize(
    "name", ["../../secrets/x", "a/b", "x?watch=true", "x#y", "%2e%2e", "%2F", "..%2f..", "a\\b", "ä"]
)
def test_a_name_is_one_part_of_a_path_whatever_is_in_it(name: str) -> None:
    url = URL("https://server" + CONFIG_MAPS.path("team", name))

    assert url.raw_path.count("/") == 6
    assert url.raw_path.startswith("/api/v1/namespaces/team/configmaps/")
    assert (url.query_string, url.fragment, url.parts[-1]) == ("", "", name)


@pytest.mark.parametrize("name", ["", ".", ".."])
def test_what_leads_elsewhere_is_no_name(name: str) -> None:
    with pytest.raises(ValueError, match="no name of an object"):
        CONFIG_MAPS.path("team", name)
    with pytest.raises(ValueError, match="no name of an object"):
        CONFIG_MAPS.path(name, "x")
