# SPDX-License-Identifier: GPL-3.0-or-later
"""The device key and what is derived from it: sections 1 and 2 of Documentation/protocol.md."""

import base64
import hashlib
import hmac
import os
import subprocess


def make_key(directory):
    """A device key and a certificate that it signs itself; made once, by the openssl command."""
    key, certificate = os.path.join(directory, 'key.pem'), os.path.join(directory, 'cert.pem')
    if not os.path.exists(certificate):
        subprocess.run(['openssl', 'req', '-x509', '-newkey', 'ed25519', '-nodes', '-days', '3650',
                        '-subj', '/CN=interop', '-keyout', key, '-out', certificate],
                       check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        os.chmod(key, 0o600)
    return key, certificate


def element(der, at):
    """The DER element at an offset: tag, where its contents begin, where they end."""
    length, begin = der[at + 1], at + 2
    if length & 0x80:
        more = length & 0x7f
        length, begin = int.from_bytes(der[begin:begin + more], 'big'), begin + more
    return der[at], begin, begin + length


def public_key_info(certificate):
    """The SubjectPublicKeyInfo of a certificate in DER (RFC 5280 4.1)."""
    _, at, _ = element(certificate, 0)
    _, at, _ = element(certificate, at)
    tag, _, end = element(certificate, at)
    if tag == 0xa0:                             # the version
        at = end
    for _ in ('serial', 'signature', 'issuer', 'validity', 'subject'):
        _, _, at = element(certificate, at)
    _, _, end = element(certificate, at)
    return certificate[at:end]


def fingerprint(certificate):
    """32 bytes: SHA-256 over the SubjectPublicKeyInfo (section 2)."""
    return hashlib.sha256(public_key_info(certificate)).digest()


def own_fingerprint(path):
    import ssl
    with open(path) as file:
        return fingerprint(ssl.PEM_cert_to_DER_cert(file.read()))


def device_name(print_of_key):
    """`dev`: the first 16 characters of the base32 of the fingerprint (section 1)."""
    return base64.b32encode(print_of_key).decode().lower()[:16]


def pass_key(secret, client, server):
    """The PSK of a pass; client and server are the fingerprints of the two (section 2)."""
    return hmac.new(secret, b'git-xmpp/1 path\0' + client + server, hashlib.sha256).digest()


def pass_identity(token, count):
    """What is said of a pass in the clear."""
    return '%s.%016x' % (token, count)


def is_device_name(text):
    return len(text) == 16 and all(c in 'abcdefghijklmnopqrstuvwxyz234567' for c in text)
