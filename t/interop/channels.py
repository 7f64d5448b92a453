# SPDX-License-Identifier: GPL-3.0-or-later
"""Channels: many byte streams in a link (section 12 of Documentation/protocol.md)."""

import asyncio
import struct

import records
from records import TYPES, Broken

WINDOW = 512 << 10
STDERR_MOST = 64 << 10
# What came is given back as credit when it is that much.
GIVE_BACK = 64 << 10


class Closed(Exception):
    """The channel is over; the text is the reason of CLOSE."""


class Channel:
    """One of them. What comes is read from the queue `events`: ('data', bytes), ('stderr', bytes),
    ('end',), ('exit', status), ('close', reason)."""

    def __init__(self, owner, number):
        self.owner, self.link, self.number = owner, owner.link, number
        self.events = asyncio.Queue()
        self.credit, self.taken, self.given_back = 0, WINDOW, 0
        self.room = asyncio.Event()
        # Ahead of ACCEPT nothing is said.
        self.is_open = self.ended_here = self.ended_there = False
        self.closed = None
        self.stderr = 0
        self.accepted = asyncio.get_event_loop().create_future()

    def say(self, name, payload=b''):
        self.link.send(name, struct.pack('>I', self.number) + payload)

    def open(self, credit):
        self.credit += credit
        self.is_open = True
        if not self.accepted.done():
            self.accepted.set_result(None)
        self.room.set()

    def accept(self):
        """The side that was told of the channel lets the other one begin."""
        self.say('ACCEPT', struct.pack('>I', WINDOW))
        self.open(WINDOW)

    async def write(self, data):
        at = 0
        while at < len(data):
            if self.closed is not None:
                raise Closed(self.closed)
            piece = min(len(data) - at, records.DATA_MOST, self.credit)
            if not self.is_open or piece == 0 or not self.link.has_room():
                self.room.clear()
                await self.room.wait()
                continue
            self.credit -= piece
            self.say('DATA', data[at:at + piece])
            at += piece

    def write_stderr(self, data):
        data = data[:STDERR_MOST - self.stderr]
        self.stderr += len(data)
        for at in range(0, len(data), records.DATA_MOST):
            self.say('STDERR', data[at:at + records.DATA_MOST])

    def passed_on(self, size):
        """That much of what came is where it should be."""
        self.given_back += size
        if self.given_back >= GIVE_BACK and not self.ended_there and self.closed is None:
            self.say('CREDIT', struct.pack('>I', self.given_back))
            self.taken += self.given_back
            self.given_back = 0

    def end(self):
        if not self.ended_here and self.closed is None:
            self.ended_here = True
            self.say('END')

    def exit(self, status):
        self.end()
        if self.closed is None:
            self.say('EXIT', struct.pack('>I', status))

    def close(self, reason):
        """Both directions at once."""
        if self.closed is None:
            self.say('CLOSE', records.write_fields(('reason', reason)))
            self.over(reason)

    def over(self, reason):
        if self.closed is None:
            self.closed = reason
            self.events.put_nowait(('close', reason))
            if not self.accepted.done():
                self.accepted.set_exception(Closed(reason))
                self.accepted.exception()
            self.room.set()

    def take(self, kind, body):
        """A record of this channel that has come."""
        if self.closed is not None:
            return                              # data for a channel that has ended is ignored
        if kind in ('ACCEPT', 'CREDIT'):
            if len(body) != 4:
                raise Broken('%s record: 8 bytes' % kind)
            size = struct.unpack('>I', body)[0]
            if kind == 'ACCEPT':
                self.open(size)
            else:
                self.credit += size
                if self.credit > 1 << 30:
                    raise Broken('CREDIT record: more than 2^30')
                self.room.set()
        elif kind == 'DATA':
            self.taken -= len(body)
            if self.taken < 0:
                raise Broken('DATA record: beyond the credit')
            self.events.put_nowait(('data', body))
        elif kind == 'STDERR':
            self.events.put_nowait(('stderr', body))
        elif kind == 'END':
            self.ended_there = True
            self.events.put_nowait(('end',))
        elif kind == 'EXIT':
            if len(body) != 4:
                raise Broken('EXIT record: 8 bytes')
            self.events.put_nowait(('exit', struct.unpack('>I', body)[0]))
        elif kind == 'CLOSE':
            self.over(records.Fields(body).reason())


class Channels:
    """Those of one link. The side with the lower fingerprint makes odd numbers, the other even."""

    KINDS = ('ACCEPT', 'CREDIT', 'DATA', 'STDERR', 'END', 'EXIT', 'CLOSE')

    def __init__(self, link, is_lower):
        self.link = link
        self.all = {}
        self.next_own = 1 if is_lower else 2
        self.parity_there = 0 if is_lower else 1
        self.highest_there = 0

    def make(self):
        number, self.next_own = self.next_own, self.next_own + 2
        self.all[number] = Channel(self, number)
        return self.all[number]

    def announced(self, number):
        if number % 2 != self.parity_there or number <= self.highest_there:
            raise Broken('STARTING-PUSH record: channel: %d may not come then' % number)
        self.highest_there = number
        self.all[number] = Channel(self, number)
        return self.all[number]

    def record(self, record):
        if len(record.payload) < 4:
            raise Broken('%s record: channel: is missing' % records.name_of(record.type))
        number = struct.unpack('>I', record.payload[:4])[0]
        if number not in self.all:
            raise Broken('%s record: channel: was never announced' % records.name_of(record.type))
        self.all[number].take(records.name_of(record.type), record.payload[4:])

    def room(self):
        for channel in self.all.values():
            channel.room.set()

    def over(self, reason):
        for channel in self.all.values():
            channel.over(reason)

    def is_busy(self):
        return any(c.closed is None and not (c.ended_here and c.ended_there)
                   for c in self.all.values())


TYPES_OF_CHANNELS = {TYPES[name] for name in Channels.KINDS}
