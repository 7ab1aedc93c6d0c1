"""Makes the certificates of the local databases, with the library that moto brings along.

authority DIRECTORY              a new authority: authority.pem and authority.key
server DIRECTORY FOLDER NAME...  a server's, signed by it: server.crt and server.key in the folder
"""

import datetime
import os
import sys

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

DAY = datetime.timedelta(days=1)
LONGEST_COMMON_NAME = 64


def name(text):
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, text[:LONGEST_COMMON_NAME])])


def certificate(subject, issuer, key, extensions, signed_by):
    now = datetime.datetime.now(datetime.timezone.utc)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - DAY)
        .not_valid_after(now + 365 * DAY)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(signed_by.public_key()), critical=False)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical=critical)
    return builder.sign(signed_by, hashes.SHA256())


def usage(**allowed):
    every = (
        "digital_signature content_commitment key_encipherment data_encipherment key_agreement key_cert_sign "
        "crl_sign encipher_only decipher_only"
    )
    return x509.KeyUsage(**{**dict.fromkeys(every.split(), False), **allowed})


def write(path, content):
    # Another process may read it at any time.
    with open(os.open(path + ".new", os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
        file.write(content)
    os.rename(path + ".new", path)


def private(key):
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )


def make_authority(directory):
    os.makedirs(directory, exist_ok=True)
    key = ec.generate_private_key(ec.SECP256R1())
    subject = name("Local AWS databases")
    extensions = [
        (x509.BasicConstraints(ca=True, path_length=0), True),
        (usage(key_cert_sign=True, crl_sign=True), True),
    ]
    made = certificate(subject, subject, key, extensions, key)
    write(os.path.join(directory, "authority.key"), private(key))
    write(os.path.join(directory, "authority.pem"), made.public_bytes(serialization.Encoding.PEM))
    os.chmod(os.path.join(directory, "authority.pem"), 0o644)


def make_server(directory, folder, *names):
    with open(os.path.join(directory, "authority.pem"), "rb") as file:
        authority = x509.load_pem_x509_certificate(file.read())
    with open(os.path.join(directory, "authority.key"), "rb") as file:
        authority_key = serialization.load_pem_private_key(file.read(), password=None)
    key = ec.generate_private_key(ec.SECP256R1())
    extensions = [
        (x509.BasicConstraints(ca=False, path_length=None), True),
        (usage(digital_signature=True), True),
        (x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), False),
        (x509.SubjectAlternativeName([x509.DNSName(one) for one in names]), False),
    ]
    made = certificate(name(names[0]), authority.subject, key, extensions, authority_key)
    write(os.path.join(folder, "server.key"), private(key))
    write(os.path.join(folder, "server.crt"), made.public_bytes(serialization.Encoding.PEM))


{"authority": make_authority, "server": make_server}[sys.argv[1]](*sys.argv[2:])
