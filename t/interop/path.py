# SPDX-License-Identifier: GPL-3.0-or-later
"""A path: records in TLS in something that carries bytes (sections 5 to 7).

What carries bytes has write(data), close() and is_in_band, and calls received(data) and lost() of
its path. `owner` is told of path_up, path_record and path_lost.
"""

import asyncio

import records
import tls


class Path:
    def __init__(self, owner, session, is_opener, bare, full=None, wanted=None, fingerprint=None):
        self.owner = owner
        self.tls = session
        self.is_opener = is_opener
        # Whose it is by the word of the server, or of the link that gave out the pass.
        self.bare, self.full = bare, full
        # The device id that the opener means.
        self.wanted = wanted
        self.fingerprint = fingerprint
        # What a meeting is for, if the path is opened for one.
        self.purpose = None
        self.carrier = None
        self.reader = records.Reader()
        # 'hello' until both were said; then 'link', 'meeting' or 'refused'; at last 'ended'.
        # 'held' is one of a test, in which no record is read.
        self.phase = 'hello'
        self.limit = asyncio.get_event_loop().call_later(20, self.end, 'no HELLO')

    def begin(self, carrier):
        """The carrier is there; the TLS client speaks first."""
        self.carrier = carrier
        if not self.tls.is_server:
            self.received(b'')

    def is_direct(self):
        return not self.carrier.is_in_band

    def send(self, kind, number, payload):
        if self.phase != 'ended':
            self.tls.send(records.encode(kind, number, payload))
            self.flush()

    def flush(self):
        data = self.tls.output()
        if data:
            self.carrier.write(data)

    def received(self, data):
        if self.phase == 'ended':
            return
        was_up = self.tls.is_up
        try:
            said = self.tls.receive(data)
        except tls.Failed as error:
            # A listener that does not know the pass says nothing, not even an alert (section 6).
            if not (self.is_direct() and self.tls.is_server):
                self.flush()
            return self.end('TLS: %s' % error)
        # Nor does it before the binder is proven: until then there is no output.
        self.flush()
        if self.tls.is_up and not was_up:
            if self.is_direct() and not self.tls.has_proven_pass():
                return self.end('no pass')
            self.fingerprint = self.tls.fingerprint() or self.fingerprint
            self.owner.path_up(self)
        self.reader.feed(said)
        try:
            while self.phase not in ('ended', 'refused', 'held'):
                record = self.reader.next()
                if record is None:
                    break
                self.owner.path_record(self, record)
        except records.Broken as error:
            self.owner.log('broke the protocol: %s' % error)
            # BYE only where both HELLO were said (section 8).
            if self.phase != 'hello':
                self.send(records.TYPES['BYE'], 0, records.write_fields(('reason', 'protocol')))
            self.end('protocol', broken=True)

    def hold(self, record):
        """Reads this record again a moment later, and nothing before."""
        self.reader.buffer[:0] = records.encode(*record)
        self.phase = 'held'
        asyncio.get_event_loop().call_later(0.02, self.release)

    def release(self):
        if self.phase == 'held':
            self.phase = 'hello'
            self.received(b'')

    def settle(self, phase):
        self.phase = phase
        self.limit.cancel()
        if self.carrier.is_in_band:
            self.carrier.settle()

    def lost(self):
        self.end('lost')

    def end(self, why, broken=False):
        if self.phase == 'ended':
            return
        self.phase = 'ended'
        self.limit.cancel()
        if self.carrier:
            self.carrier.close()
        self.owner.path_lost(self, why, broken)
