# SPDX-License-Identifier: GPL-3.0-or-later
"""TLS 1.3 over any stream of bytes: section 6 of Documentation/protocol.md.

The ssl module of Python has memory BIOs, but neither a server that takes a certificate which
nobody has signed, nor (before 3.13) external PSKs. Both are a call of OpenSSL on the SSL_CTX that
the module has made, which is the first member of its object.
"""

import _ssl
import ctypes
import ssl

import keys

ALPN = 'git-xmpp/1'

openssl = ctypes.CDLL(getattr(_ssl, '__file__', None))
VERIFY = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p, ctypes.c_void_p)
PSK_CLIENT = ctypes.CFUNCTYPE(ctypes.c_uint, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p,
                              ctypes.c_uint, ctypes.c_void_p, ctypes.c_uint)
PSK_SERVER = ctypes.CFUNCTYPE(ctypes.c_uint, ctypes.c_void_p, ctypes.c_char_p, ctypes.c_void_p,
                              ctypes.c_uint)


@VERIFY
def take_any_certificate(store, argument):
    """What counts is the key, and section 6 says who looks at that, and when."""
    return 1


def pointer_in(thing, members):
    """The pointer behind that many others in an object of the ssl module."""
    return ctypes.c_void_p.from_address(id(thing) + object.__basicsize__
                                        + members * ctypes.sizeof(ctypes.c_void_p))


def new_context(is_server):
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER if is_server else ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_3
    context.set_alpn_protocols([ALPN])
    if is_server:
        context.num_tickets = 0
    else:
        context.check_hostname = False
        context.verify_mode = ssl.CERT_NONE
    return context


def with_key(is_server, key, certificate):
    """In-band, both ends show the certificate of their device key."""
    context = new_context(is_server)
    context.load_cert_chain(certificate, key)
    if is_server:
        context.verify_mode = ssl.CERT_REQUIRED
        openssl.SSL_CTX_set_cert_verify_callback(pointer_in(context, 0), take_any_certificate, None)
    return context


def with_pass_as_client(identity, psk):
    """Over TCP, the side that dials proves its pass."""
    context = new_context(False)

    @PSK_CLIENT
    def tell(_, hint, where, room, key, key_room):
        ctypes.memmove(where, identity.encode() + b'\0', len(identity) + 1)
        ctypes.memmove(key, psk, len(psk))
        return len(psk)
    context.kept = tell
    # The module gives each context a name for sessions, and a PSK is a session without one.
    openssl.SSL_CTX_set_session_id_context(pointer_in(context, 0), b'', 0)
    openssl.SSL_CTX_set_psk_client_callback(pointer_in(context, 0), tell)
    return context


def with_pass_as_server(look_up):
    """look_up(identity) returns the PSK, or None."""
    context = new_context(True)

    @PSK_SERVER
    def find(_, identity, key, key_room):
        psk = look_up(identity.decode('ascii', 'replace'))
        if psk is None:
            return 0
        ctypes.memmove(key, psk, len(psk))
        return len(psk)
    context.kept = find
    openssl.SSL_CTX_set_psk_server_callback(pointer_in(context, 0), find)
    return context


class Failed(Exception):
    """There will be no TLS with that end."""


class Tls:
    """One end of a connection: bytes in, bytes out."""

    def __init__(self, context, is_server):
        self.context = context
        self.incoming, self.outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
        self.object = context.wrap_bio(self.incoming, self.outgoing, server_side=is_server)
        self.is_server = is_server
        self.is_up = False

    def receive(self, data):
        """Returns what the other side has said; '' while the handshake goes on."""
        self.incoming.write(data)
        said = bytearray()
        try:
            if not self.is_up:
                self.object.do_handshake()
                if self.object.selected_alpn_protocol() != ALPN:
                    raise Failed('ALPN')
                self.is_up = True
            while True:
                piece = self.object.read(65536)
                if not piece:
                    break
                said += piece
        except ssl.SSLWantReadError:
            pass
        except ssl.SSLZeroReturnError:
            pass
        except ssl.SSLError as error:
            raise Failed(str(error))
        return bytes(said)

    def send(self, data):
        self.object.write(data)

    def output(self):
        """What is to be carried to the other side."""
        return self.outgoing.read()

    def fingerprint(self):
        """Of the key that the other side has shown; None over TCP, where there is none."""
        certificate = self.object.getpeercert(True)
        return keys.fingerprint(certificate) if certificate else None

    def has_proven_pass(self):
        return self.object.session_reused

    def export(self, label, length=32):
        """The exporter (RFC 8446 7.5), without a context."""
        out = ctypes.create_string_buffer(length)
        # Behind the socket, which an object with memory BIOs has none of.
        pointer = pointer_in(self.object._sslobj, 1)
        if openssl.SSL_export_keying_material(pointer, out, ctypes.c_size_t(length), label.encode(),
                                              ctypes.c_size_t(len(label)), None,
                                              ctypes.c_size_t(0), 0) != 1:
            raise Failed('the exporter')
        return out.raw
