# SPDX-License-Identifier: GPL-3.0-or-later
"""A link: numbered records over one path after the other (section 8 of Documentation/protocol.md).

Which path it has is decided in devices.py; here is what is kept from one path to the next.
"""

import asyncio
import os
import struct
import time
from collections import deque

import records
from records import TYPES, Broken

# What may be on its way before data waits.
IN_FLIGHT = 1 << 20
ACK_BYTES, ACK_SECONDS = 256 << 10, 0.25


class Link:
    """`user` is told of link_record(record), link_room() and link_ended(reason)."""

    def __init__(self, name, instance, user, is_ours):
        # `link` of the HELLO that made it, ours or theirs, and the process at the other end.
        self.name, self.instance, self.user, self.is_ours = name, instance, user, is_ours
        self.began = time.monotonic()
        self.path = None
        # Other paths on which `resume` was said and not answered. What it says to be received
        # must not be overtaken by ACK.
        self.greeting = set()
        self.sent = self.acknowledged = self.received = self.acked = 0
        self.waiting = deque()                  # (number, type, payload) not acknowledged
        self.in_flight = self.not_acked = 0
        self.ack_timer = self.ended = None
        self.heard = self.used = time.monotonic()
        self.lost_at = None
        self.pinged = None

    def can_have(self, received):
        """Whether the other side can have come so far: what it acknowledged, it has."""
        return self.acknowledged <= received <= self.sent

    def attach(self, path, received):
        """The other side has all up to `received`; what it has not is said again."""
        if not self.can_have(received):
            raise Broken('HELLO record: received: %d of %d' % (received, self.sent))
        self.greeting.clear()
        old, self.path = self.path, path
        self.take_ack(received)
        self.heard, self.lost_at, self.pinged = time.monotonic(), None, None
        path.settle('link')
        if old:
            old.end('another path')
        for number, kind, payload in self.waiting:
            path.send(kind, number, payload)
        self.user.link_room()

    def send(self, name, payload):
        """A numbered record, now or as soon as there is a path."""
        if self.ended:
            return
        self.sent += 1
        kind = TYPES[name] if isinstance(name, str) else name
        self.waiting.append((self.sent, kind, payload))
        self.in_flight += len(payload) + records.HEADER
        self.used = time.monotonic()
        if self.path:
            self.path.send(kind, self.sent, payload)
            self.say_ack()

    def control(self, name, payload):
        if self.path:
            self.path.send(TYPES[name], 0, payload)

    def has_room(self):
        return self.in_flight < IN_FLIGHT

    def take_ack(self, number):
        if number > self.sent:
            raise Broken('ACK record: of what was not said')
        while self.waiting and self.waiting[0][0] <= number:
            _, _, payload = self.waiting.popleft()
            self.in_flight -= len(payload) + records.HEADER
        self.acknowledged = max(self.acknowledged, number)

    def say_ack(self):
        if self.ack_timer:
            self.ack_timer.cancel()
            self.ack_timer = None
        if self.path and not self.greeting and self.received > self.acked:
            self.acked, self.not_acked = self.received, 0
            self.control('ACK', struct.pack('>Q', self.received))

    def record(self, record):
        """One that has come on the path of the link."""
        self.heard, self.pinged = time.monotonic(), None
        if records.is_numbered(record.type):
            return self.numbered(record)
        if record.type == TYPES['ACK']:
            if len(record.payload) != 8:
                raise Broken('ACK record: 8 bytes')
            self.take_ack(struct.unpack('>Q', record.payload)[0])
            self.user.link_room()
        elif record.type == TYPES['PING']:
            if len(record.payload) > 16:
                raise Broken('PING record: at most 16 bytes')
            self.control('PONG', record.payload)
        elif record.type == TYPES['BYE']:
            self.end(records.Fields(record.payload).reason() or 'bye')
        elif record.type == TYPES['HELLO']:
            raise Broken('HELLO record: may not come then')

    def numbered(self, record):
        # On a new path, what may have come on the old one.
        if record.number <= self.received:
            return
        if record.number != self.received + 1:
            raise Broken('number: one is left out')
        self.received = record.number
        self.used = time.monotonic()
        self.not_acked += len(record.payload) + records.HEADER
        if self.not_acked >= ACK_BYTES:
            self.say_ack()
        elif not self.ack_timer:
            self.ack_timer = asyncio.get_event_loop().call_later(ACK_SECONDS, self.say_ack)
        self.user.link_record(record)

    def greets(self, path):
        self.greeting.add(path)

    def greets_no_more(self, path):
        self.greeting.discard(path)
        self.say_ack()

    def path_lost(self):
        self.path, self.lost_at = None, time.monotonic()

    def tick(self, something_open):
        """Twice a second: signs of life (section 8)."""
        now = time.monotonic()
        if self.path is None:
            if now - self.lost_at > 600:
                self.end('lost')
        elif self.pinged is not None:
            if now - self.pinged > 10:
                self.path.end('silence')
        elif now - self.heard > (2 if something_open else 60):
            self.pinged = now
            self.control('PING', os.urandom(8))
        elif not something_open and now - self.used > 600:
            self.bye('idle')

    def bye(self, reason):
        self.control('BYE', records.write_fields(('reason', reason)))
        self.end(reason)

    def end(self, reason):
        if self.ended:
            return
        self.ended = reason
        path, self.path = self.path, None
        if self.ack_timer:
            self.ack_timer.cancel()
        if path:
            path.end(reason)
        self.user.link_ended(self, reason)
