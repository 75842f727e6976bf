"""The operator's own certificates: a small authority, what it issues, and when either is renewed.

Made with `cryptography`, because Python's standard library can use certificates but not make them. The authority lives
for years: trainers trust the one that was there when they began. Its successor is put beside it first, and issues
certificates only when everyone trusts it.
"""

from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum

from cryptography import x509
from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

_LONGEST_SKEW = timedelta(minutes=5)


class UnusableCredentialsError(ValueError):
    """These are no certificates and keys that belong together."""


class Renewal(Enum):
    """What is due."""

    AUTHORITY = "authority"
    CERTIFICATE = "certificate"


@dataclass(frozen=True, slots=True)
class Lifetimes:
    """How long what is made now is good for."""

    authority: timedelta
    certificate: timedelta


@dataclass(frozen=True, slots=True)
class KeyMaterial:
    """All of it as PEM.

    Attributes:
        authorities: certificates of the authorities to trust, the newest first.
        authority_key: private key of the newest authority; empty if somebody else issues the certificate.
        certificate: what our servers show, with intermediate certificates if there are any.
        key: its private key.
    """

    authorities: str
    authority_key: str
    certificate: str
    key: str

    @property
    def newest_authority(self) -> str:
        """The authority that issues from now on."""
        return self.authorities.split("-----END", 1)[0].strip()


def create(hosts: Sequence[str], now: datetime, lifetimes: Lifetimes) -> KeyMaterial:
    """Make an authority, and a certificate for these DNS names."""
    authority, authority_key = _new_authority(now, lifetimes.authority)
    return issue(KeyMaterial(authority, authority_key, "", ""), hosts, now, lifetimes)


def add_authority(credentials: KeyMaterial, now: datetime, lifetimes: Lifetimes) -> KeyMaterial:
    """Make the next authority; those before it stay trusted to their end."""
    authority, authority_key = _new_authority(now, lifetimes.authority)
    old = [each for each in _parse_all(credentials.authorities) if each.not_valid_after_utc > now]
    return KeyMaterial(
        authority + "".join(map(_pem, old)), authority_key, certificate=credentials.certificate, key=credentials.key
    )


def issue(credentials: KeyMaterial, hosts: Sequence[str], now: datetime, lifetimes: Lifetimes) -> KeyMaterial:
    """Have the newest authority issue a certificate for these DNS names."""
    authority = _parse_all(credentials.authorities)[0]
    authority_key = _issuer_key(credentials.authority_key)
    key = ec.generate_private_key(ec.SECP256R1())
    end = min(now + lifetimes.certificate, authority.not_valid_after_utc)
    certificate = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, hosts[0][:64])]))
        .issuer_name(authority.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(max(now - _skew(lifetimes.certificate), authority.not_valid_before_utc))
        .not_valid_after(end)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host) for host in hosts]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_key_usage(is_authority=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False)
        .sign(authority_key, SHA256())
    )
    return KeyMaterial(credentials.authorities, credentials.authority_key, _pem(certificate), _key_pem(key))


def check(credentials: KeyMaterial) -> None:
    """See whether these belong together.

    Raises:
        UnusableCredentialsError: they do not, or are none.
    """
    try:
        certificate = _parse_all(credentials.certificate)[0]
        _check_pair(certificate, credentials.key)
        if credentials.authority_key:
            authorities = _parse_all(credentials.authorities)
            _check_pair(authorities[0], credentials.authority_key)
            _check_issuer(certificate, authorities)
    except (ValueError, TypeError, IndexError, UnsupportedAlgorithm) as error:
        raise UnusableCredentialsError(str(error) or "no certificate") from error


def find_renewal(credentials: KeyMaterial, hosts: Sequence[str], now: datetime) -> Renewal | None:
    """Tell what is due: two thirds of its life are over, or the certificate is for other names."""
    if not credentials.authority_key or now >= _renewed_from(_parse_all(credentials.authorities)[0]):
        return Renewal.AUTHORITY
    certificate = _parse_all(credentials.certificate)[0]
    if now >= _renewed_from(certificate) or set(hosts) - set(_hosts(certificate)):
        return Renewal.CERTIFICATE
    return None


def seconds_to_renewal(credentials: KeyMaterial, now: datetime) -> float:
    """Give the time until something is due; not negative."""
    parts = (_parse_all(credentials.authorities)[0], _parse_all(credentials.certificate)[0])
    return max(0.0, min((_renewed_from(part) - now).total_seconds() for part in parts))


def expiry(credentials: KeyMaterial) -> datetime:
    """Give the end of the certificate's life."""
    return _parse_all(credentials.certificate)[0].not_valid_after_utc


def _new_authority(now: datetime, lifetime: timedelta) -> tuple[str, str]:
    key = ec.generate_private_key(ec.SECP256R1())
    serial = x509.random_serial_number()
    # A name of its own: two authorities of one name in a bundle confuse some clients.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, f"trainjob-operator-ca-{serial:x}"[:64])])
    identifier = x509.SubjectKeyIdentifier.from_public_key(key.public_key())
    certificate = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(serial)
        .not_valid_before(now - _skew(lifetime))
        .not_valid_after(now + lifetime)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_key_usage(is_authority=True), critical=True)
        .add_extension(identifier, critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_subject_key_identifier(identifier), critical=False)
        .sign(key, SHA256())
    )
    return _pem(certificate), _key_pem(key)


def _check_pair(certificate: x509.Certificate, key: str) -> None:
    public = [
        each.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        for each in (certificate.public_key(), load_pem_private_key(key.encode(), None).public_key())
    ]
    if public[0] != public[1]:
        raise ValueError(f"the key is not that of {certificate.subject.rfc4514_string()}")


def _check_issuer(certificate: x509.Certificate, authorities: Sequence[x509.Certificate]) -> None:
    for authority in authorities:
        with suppress(ValueError, TypeError, InvalidSignature):
            certificate.verify_directly_issued_by(authority)
            return
    raise ValueError("the certificate comes from none of the authorities")


def _skew(lifetime: timedelta) -> timedelta:
    """Let a certificate begin in the past, because clocks differ."""
    return min(_LONGEST_SKEW, lifetime / 10)


def _renewed_from(certificate: x509.Certificate) -> datetime:
    life = certificate.not_valid_after_utc - certificate.not_valid_before_utc
    return certificate.not_valid_before_utc + life * 2 / 3


def _hosts(certificate: x509.Certificate) -> Iterator[str]:
    try:
        names = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        return
    yield from names.get_values_for_type(x509.DNSName)


def _key_usage(*, is_authority: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not is_authority,
        key_cert_sign=is_authority,
        crl_sign=is_authority,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        encipher_only=False,
        decipher_only=False,
    )


def _issuer_key(pem: str) -> ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey:
    key = load_pem_private_key(pem.encode(), None)
    if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise UnusableCredentialsError("the authority's key is neither of an elliptic curve nor RSA")
    return key


def _parse_all(pem: str) -> list[x509.Certificate]:
    return x509.load_pem_x509_certificates(pem.encode())


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(Encoding.PEM).decode()


def _key_pem(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
