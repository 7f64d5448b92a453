# SPDX-License-Identifier: GPL-3.0-or-later
"""Paths over TCP: section 6 (TCP, passes) of Documentation/protocol.md."""

import asyncio

import devices
import keys
import records
import tls
from path import Path


class Stream(asyncio.Protocol):
    """Carries the bytes of one path."""

    is_in_band = False

    def __init__(self, path, whose=None):
        self.path, self.whose = path, whose
        self.transport = None

    def connection_made(self, transport):
        self.transport = transport
        if self.whose:
            self.path = self.whose(self)
        self.path.begin(self)

    def data_received(self, data):
        self.path.received(data)

    def connection_lost(self, error):
        self.path.lost()

    def write(self, data):
        self.transport.write(data)

    def close(self):
        # Closing with bytes unread would be a reset; half-close, and read on for a moment.
        if self.transport.can_write_eof() and not self.transport.is_closing():
            self.transport.write_eof()
            asyncio.get_event_loop().call_later(1, self.transport.close)
        else:
            self.transport.close()

    def cut(self):
        self.transport.abort()


async def dial(address, path):
    """address is one of CANDIDATES; whether there was a connection."""
    host, _, port = address.rpartition(':')
    host = host.strip('[]')
    if not port.isdigit() or not devices.may_be_dialled(host, True):
        return False
    try:
        await asyncio.wait_for(asyncio.get_event_loop().create_connection(
            lambda: Stream(path), host, int(port)), 10)
    except (OSError, asyncio.TimeoutError):
        return False
    return True


class Pass:
    """What was given to one device: it may come with each number once."""

    def __init__(self, device, token, secret):
        self.device, self.token, self.secret = device, token, secret
        self.highest, self.seen = 0, set()

    def is_fresh(self, number):
        return number > self.highest or (number > self.highest - 64 and number not in self.seen
                                         and number > 0)

    def use(self, number):
        self.seen.add(number)
        self.highest = max(self.highest, number)
        self.seen = {n for n in self.seen if n > self.highest - 64}


async def listen(node, host):
    """The port where devices that have a pass may dial."""
    def accept(stream):
        found = {}

        def look_up(identity):
            token, _, count = identity.partition('.')
            ticket = node.passes.get(token)
            if ticket is None or len(count) != 16 or not records.HEX.match(count) or \
                    not ticket.is_fresh(int(count, 16)):
                return None
            found['pass'], found['number'] = ticket, int(count, 16)
            return keys.pass_key(ticket.secret, ticket.device.fingerprint, node.fingerprint)
        return Path(Listener(node, found), tls.Tls(tls.with_pass_as_server(look_up), True), False,
                    None)
    server = await asyncio.get_event_loop().create_server(lambda: Stream(None, accept), host, 0)
    return server.sockets[0].getsockname()[1]


class Listener:
    """The owner of a path of which nobody knows yet whose it is: its hello tells."""

    def __init__(self, node, found):
        self.node, self.found = node, found

    def log(self, text):
        self.node.log(text)

    def path_up(self, path):
        ticket = self.found['pass']
        ticket.use(self.found['number'])
        path.bare, path.full = ticket.device.bare, ticket.device.full
        path.fingerprint = ticket.device.fingerprint
        path.owner = self.node.devices
        path.owner.path_up(path)

    def path_lost(self, path, why, broken):
        self.node.log('somebody dialled: %s' % why)
