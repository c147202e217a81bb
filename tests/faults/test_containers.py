"""The compose benchmark reads what either engine says of a container."""

import pytest

from benchmarks.compose.containers import Container, container_of

LABELS = {"com.docker.compose.service": "worker"}


@pytest.mark.parametrize("name", ["/news-worker-1", "news-worker-1"])
def test_a_container_is_known_by_name_service_and_address(name: str) -> None:
    """One engine writes a slash before the name and the other does not."""
    row = {
        "Name": name,
        "Config": {"Labels": LABELS, "Hostname": "40bad86d8676"},
        "State": {"Running": True},
        "NetworkSettings": {"Networks": {"news_default": {"IPAddress": "10.1.2.3"}}},
    }
    found = container_of(row)
    assert found == Container(
        "news-worker-1", "worker", "40bad86d8676", runs=True, networks={"news_default": "10.1.2.3"}
    )
    assert found.address == "10.1.2.3"


def test_a_container_that_is_cut_off_has_no_address() -> None:
    """Its former address may go to another one."""
    row = {
        "Name": "news-worker-1",
        "Config": {"Labels": LABELS, "Hostname": "40bad86d8676"},
        "State": {"Running": True},
        "NetworkSettings": {"Networks": None},
    }
    assert not container_of(row).address
