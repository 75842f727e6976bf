from trainjob_operator.controller.endpoints.peers import Peers

STRANGER = "10.0.0.1"
GATEWAY = "10.0.0.2"


def asked(peers: Peers, address: str, now: float, *, are_good: bool = False, at_most: int = 10_000) -> int:
    """Count the reviews that an address gets until it is told to wait."""
    for number in range(at_most):
        peer = peers.at(address, now)
        if peer.charge(now) > 0:
            return number
        if are_good:
            peer.refund()
    return at_most


def test_who_asks_too_often_waits_and_is_told_how_long() -> None:
    peers = Peers()

    assert asked(peers, STRANGER, 100.0) == 64
    assert peers.at(STRANGER, 100.0).charge(100.0) == 0.5
    assert asked(peers, STRANGER, 100.5) == 1
    assert asked(peers, STRANGER, 110.0) == 19


def test_a_rest_gives_no_more_than_there_was_at_first() -> None:
    peers = Peers()
    asked(peers, STRANGER, 100.0)

    assert asked(peers, STRANGER, 100_000.0) == 64


def test_others_do_not_wait_behind_a_stranger() -> None:
    peers = Peers()
    asked(peers, STRANGER, 100.0)

    assert asked(peers, GATEWAY, 100.0, at_most=8) == 8
    assert peers.at(GATEWAY, 100.0).turns is not peers.at(STRANGER, 100.0).turns


def test_a_gateway_in_front_of_a_thousand_trainers_is_no_stranger() -> None:
    assert asked(Peers(), GATEWAY, 100.0, are_good=True) > 1000


def test_good_tokens_without_end_are_too_many_as_well() -> None:
    assert asked(Peers(), GATEWAY, 100.0, are_good=True) < 1100


def test_ten_thousand_addresses_take_no_more_room_than_some_thousands() -> None:
    peers = Peers()
    trainer = peers.at("trainer", 0.0)
    for number in range(10_000):
        peers.at(f"10.{number // 65536}.{number // 256 % 256}.{number % 256}", 1.0)
        if number % 1000 == 0:
            assert peers.at("trainer", 1.0) is trainer, "who comes back is remembered"

    assert len(peers) == 4096
