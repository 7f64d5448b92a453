# SPDX-License-Identifier: GPL-3.0-or-later
"""Records and their fields: section 7 of Documentation/protocol.md."""

import re
import struct
from collections import namedtuple

NAMES = {
    1: 'HELLO', 2: 'ACK', 3: 'PING', 4: 'PONG', 5: 'BYE', 8: 'MEET',
    16: 'CAN-PUSH', 17: 'PUSH-REQUEST', 18: 'STARTING-PUSH', 19: 'REFUSE', 20: 'WITHDRAW',
    21: 'SEEN', 22: 'OUTCOME-ASK', 23: 'OUTCOME', 24: 'CANDIDATES', 25: 'BYTESTREAM',
    32: 'ACCEPT', 33: 'CREDIT', 34: 'DATA', 35: 'STDERR', 36: 'END', 37: 'EXIT', 38: 'CLOSE',
    64: 'DEVICE', 65: 'SHARES-ASK', 66: 'SHARES', 67: 'PUNCH',
}
TYPES = {name: number for number, name in NAMES.items()}

HEADER = 12
LONGEST = 16384
# What a record of a channel carries beside its header and the channel's number.
DATA_MOST = LONGEST - HEADER - 4

KEY = re.compile(rb'[a-z0-9-]{1,32}\Z')
HEX = re.compile(r'[0-9a-f]+\Z')
REASON = re.compile(r'[a-z0-9-]{1,32}\Z')

Record = namedtuple('Record', 'type number payload')


class Broken(Exception):
    """The other side broke the protocol; the text is for the log."""


def is_numbered(kind):
    return kind >= 16


def name_of(kind):
    return NAMES.get(kind, 'type %d' % kind)


def encode(kind, number, payload):
    """type (1)  length (3)  number (8)  payload (length), big endian."""
    if HEADER + len(payload) > LONGEST:
        raise ValueError('a record of %d bytes' % len(payload))
    return struct.pack('>IQ', kind << 24 | len(payload), number) + payload


def write_fields(*pairs):
    """key=value, each ended by a NUL; a value that is None is left out."""
    return b''.join(b'%s=%s\0' % (key.encode(), str(value).encode())
                    for key, value in pairs if value is not None)


class Fields:
    """What a payload of fields says. Of several fields of one key the first counts."""

    def __init__(self, payload):
        self.pairs = []
        if payload and not payload.endswith(b'\0'):
            raise Broken('fields: the last one has no end')
        pieces = payload.split(b'\0')[:-1]
        if len(pieces) > 256:
            raise Broken('fields: more than 256')
        for piece in pieces:
            key, equals, value = piece.partition(b'=')
            if not equals or not KEY.match(key) or len(value) > 4096:
                raise Broken('fields: one that is none')
            self.pairs.append((key.decode(), value.decode('utf-8', 'replace')))

    def get(self, key, default=None):
        return next((v for k, v in self.pairs if k == key), default)

    def all(self, key):
        return [v for k, v in self.pairs if k == key]

    def need(self, key):
        value = self.get(key)
        if value is None:
            raise Broken('%s: is missing' % key)
        return value

    def hex(self, key, digits):
        value = self.need(key)
        if len(value) != digits or not HEX.match(value):
            raise Broken('%s: %d digits of lower-case hex' % (key, digits))
        return value

    def number(self, key, default=None):
        value = self.get(key)
        if value is None and default is not None:
            return default
        if value is None or not value.isascii() or not value.isdigit() or int(value) >= 2**64 - 1:
            raise Broken('%s: a number' % key)
        return int(value)

    def reason(self):
        """What is no reason by its form counts as none."""
        value = self.get('reason', '')
        return value if REASON.match(value) else ''


class Reader:
    """Makes records of a stream of bytes."""

    def __init__(self):
        self.buffer = bytearray()

    def feed(self, data):
        self.buffer += data

    def next(self):
        """One record, or None while it is not whole."""
        if len(self.buffer) < 4:
            return None
        head = int.from_bytes(self.buffer[:4], 'big')
        kind, length = head >> 24, head & 0xffffff
        if HEADER + length > LONGEST:
            raise Broken('length: a record has at most %d bytes' % LONGEST)
        if len(self.buffer) < HEADER:
            return None
        number = int.from_bytes(self.buffer[4:HEADER], 'big')
        if not (kind in NAMES or 9 <= kind <= 15 or 64 <= kind <= 127):
            raise Broken('type: there is none of this number')
        if is_numbered(kind) != (number != 0):
            raise Broken('number: this type has %s' % ('one' if is_numbered(kind) else 'none'))
        if len(self.buffer) < HEADER + length:
            return None
        payload = bytes(self.buffer[HEADER:HEADER + length])
        del self.buffer[:HEADER + length]
        return Record(kind, number, payload)
