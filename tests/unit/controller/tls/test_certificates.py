import ssl
import tempfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from trainjob_operator.controller.tls import certificates
from trainjob_operator.controller.tls.certificates import KeyMaterial, Lifetimes, Renewal, UnusableCredentialsError

NOW = datetime(2026, 1, 1, tzinfo=UTC)
LIFETIMES = Lifetimes(authority=timedelta(days=3650), certificate=timedelta(days=90))
HOSTS = ("operator.system.svc", "other.system.svc")


def fresh(now: datetime = NOW) -> KeyMaterial:
    return certificates.create(HOSTS, now, LIFETIMES)


def accepts(authorities: str, credentials: KeyMaterial, host: str = HOSTS[0]) -> bool:
    """Shake hands in memory, as a client that trusts these authorities."""
    client = ssl.create_default_context(cadata=authorities)
    client.verify_flags |= ssl.VERIFY_X509_STRICT
    server = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    with tempfile.NamedTemporaryFile() as file:
        file.write((credentials.key + credentials.certificate).encode())
        file.flush()
        server.load_cert_chain(file.name)
    up, down = ssl.MemoryBIO(), ssl.MemoryBIO()
    ends = (
        client.wrap_bio(down, up, server_hostname=host),
        server.wrap_bio(up, down, server_side=True),
    )
    try:
        for _ in range(5):
            for end in ends:
                try:
                    end.do_handshake()
                except ssl.SSLWantReadError:
                    continue
    except ssl.SSLError:
        return False
    return True


def now_and_later() -> tuple[KeyMaterial, KeyMaterial]:
    """Make credentials that are valid today, before and after the next authority came."""
    now = datetime.now(UTC)
    before = fresh(now)
    return before, certificates.add_authority(before, now, LIFETIMES)


def test_clients_accept_the_certificate_for_each_of_its_names() -> None:
    credentials, _ = now_and_later()

    certificates.check(credentials)
    assert all(accepts(credentials.authorities, credentials, host) for host in HOSTS)
    assert not accepts(credentials.authorities, credentials, "operator.elsewhere.svc")
    assert not accepts(fresh().authorities, credentials)


@pytest.mark.parametrize(
    ("age", "hosts", "expected"),
    [
        pytest.param(timedelta(0), HOSTS, None, id="new"),
        pytest.param(timedelta(days=59), HOSTS, None, id="not yet"),
        pytest.param(timedelta(days=61), HOSTS, Renewal.CERTIFICATE, id="two thirds"),
        pytest.param(timedelta(days=91), HOSTS, Renewal.CERTIFICATE, id="expired"),
        pytest.param(timedelta(0), (*HOSTS, "new.system.svc"), Renewal.CERTIFICATE, id="another name"),
        pytest.param(timedelta(0), HOSTS[:1], None, id="a name less"),
        pytest.param(timedelta(days=2434), HOSTS, Renewal.AUTHORITY, id="the authority"),
    ],
)
def test_what_is_due(age: timedelta, hosts: tuple[str, ...], expected: Renewal | None) -> None:
    assert certificates.find_renewal(fresh(), hosts, NOW + age) is expected


def test_it_tells_when_to_look_again() -> None:
    assert certificates.seconds_to_renewal(fresh(), NOW) == pytest.approx(60 * 86400, rel=0.001)
    assert certificates.seconds_to_renewal(fresh(), NOW + timedelta(days=80)) == 0


def test_a_new_authority_changes_nothing_until_it_issues() -> None:
    before, joined = now_and_later()

    assert (joined.certificate, joined.key) == (before.certificate, before.key)
    assert accepts(joined.authorities, joined)
    assert accepts(before.authorities, joined), "who knows only the old authority still accepts"
    assert joined.newest_authority != before.newest_authority
    assert before.newest_authority in joined.authorities

    issued = certificates.issue(joined, HOSTS, datetime.now(UTC), LIFETIMES)
    certificates.check(issued)
    assert accepts(joined.authorities, issued)
    assert not accepts(before.authorities, issued)


def test_an_authority_leaves_when_it_has_expired() -> None:
    later = NOW + timedelta(days=3651)

    renewed = certificates.add_authority(fresh(), later, LIFETIMES)

    assert renewed.authorities.count("BEGIN CERTIFICATE") == 1


def test_no_certificate_outlives_its_authority() -> None:
    credentials = certificates.create(HOSTS, NOW, Lifetimes(timedelta(days=30), timedelta(days=90)))

    assert certificates.expiry(credentials) == NOW + timedelta(days=30)


def test_an_authority_whose_key_is_not_ours_is_joined_by_one_of_ours() -> None:
    theirs = fresh()
    external = KeyMaterial(theirs.authorities, "", theirs.certificate, theirs.key)
    certificates.check(external)

    assert certificates.find_renewal(external, HOSTS, NOW) is Renewal.AUTHORITY
    assert theirs.newest_authority in certificates.add_authority(external, NOW, LIFETIMES).authorities


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"certificate": ""}, "MalformedFraming|no certificate|Unable"),
        ({"certificate": "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"}, "error parsing|invalid"),
        ({"key": "x"}, "Unable"),
        ({"key": fresh().key}, "the key is not that of CN=operator.system.svc"),
        ({"authority_key": fresh().key}, "the key is not that of CN=trainjob-operator-ca-"),
    ],
    ids=["nothing", "garbage", "no key", "another key", "another authority's key"],
)
def test_what_does_not_belong_together_is_told(change: dict[str, str], complaint: str) -> None:
    with pytest.raises(UnusableCredentialsError, match=complaint):
        certificates.check(replace(fresh(), **change))


def test_a_certificate_of_a_stranger_is_told() -> None:
    good, other = fresh(), fresh()

    with pytest.raises(UnusableCredentialsError, match="comes from none of the authorities"):
        certificates.check(KeyMaterial(good.authorities, good.authority_key, other.certificate, other.key))
