# SPDX-License-Identifier: GPL-3.0-or-later
"""Who sends what, and when (section 11 of Documentation/protocol.md): the side that asks.

serving.py has the side that is asked.
"""

import asyncio
import os

import channels
import records
from channels import Channels
from records import TYPES, Broken, Fields
from serving import Serving


class Refused(Exception):
    """The other side said no, or nothing in time; the text is the reason."""


class Ask:
    """A negotiation that began here. What is said to it comes from `queue`."""

    def __init__(self, talk, queue=None, id=None):
        self.talk, self.id = talk, id or os.urandom(12).hex()
        self.queue = queue or asyncio.Queue()
        talk.asks[self.id] = self

    def say(self, name, *pairs):
        self.talk.say(name, ('id', self.id), *pairs)

    def over(self):
        self.talk.asks.pop(self.id, None)
        self.talk.past.add(self.id)


class Negotiator:
    """All negotiations with one device, over its links."""

    def __init__(self, device):
        self.device, self.node = device, device.node
        self.link = self.channels = None
        self.asks, self.past = {}, set()
        self.serving = Serving(self)

    def begin(self, link):
        self.link, self.started = link, set()
        self.channels = Channels(link, self.device.is_lower())

    def over(self, reason):
        """The link ended, and all that is on it."""
        if self.channels:
            self.channels.over('link ' + reason)
        for ask in list(self.asks.values()):
            ask.queue.put_nowait((ask, 'LOST', None))
        self.serving.over()
        self.link = self.channels = None

    def room(self):
        if self.channels:
            self.channels.room()

    def is_busy(self):
        return bool(self.asks) or (self.channels is not None and self.channels.is_busy())

    def say(self, name, *pairs):
        if self.link:
            if self.node.is_later:
                pairs = [('later', 'what nobody knows'), *pairs]
                self.link.send(100, records.write_fields(*pairs))
                self.link.path and self.link.path.send(9, 0, b'')
            self.link.send(name, records.write_fields(*pairs))

    def record(self, record):
        """A numbered record that is about git."""
        if record.type in channels.TYPES_OF_CHANNELS:
            return self.channels.record(record)
        name, fields = records.name_of(record.type), Fields(record.payload)
        id = fields.hex('id', 24)
        ask = self.asks.get(id)
        if name == 'STARTING-PUSH':
            self.starting(ask, id, fields)
        elif ask:
            ask.queue.put_nowait((ask, name, fields))
        elif not self.serving.record(name, id, fields) and name in ('CAN-PUSH', 'PUSH-REQUEST') \
                and id in self.past:
            self.say('REFUSE', ('id', id), ('reason', 'ended'))

    def starting(self, ask, id, fields):
        """STARTING-PUSH: the other side has made a channel."""
        number = fields.number('channel')
        if id in self.started:
            return                              # one that repeats is ignored
        self.started.add(id)
        channel = self.channels.announced(number)
        window = fields.number('window') if fields.get('window') else None
        if ask is None:
            if self.serving.awaits(id):
                self.serving.starting(id, channel)
            # Else it has crossed our WITHDRAW, and the other side closes the channel.
            return
        if window is not None:
            if window != channels.WINDOW:
                raise Broken('STARTING-PUSH record: window: another one than that of PUSH-REQUEST')
            channel.open(window)
        ask.queue.put_nowait((ask, 'STARTING-PUSH', channel))

    # The side that asks.

    async def fetch(self, share, service, version, more=()):
        """A channel to `git upload-pack` or upload-archive there."""
        await self.device.have_link()
        ask = Ask(self)
        ask.say('PUSH-REQUEST', ('share', share), ('service', service), ('git-protocol', version),
                ('window', channels.WINDOW), *more)
        patience = 15
        try:
            while True:
                _, name, what = await self.answer(ask, patience)
                if name == 'STARTING-PUSH':
                    if not what.is_open:
                        what.accept()
                    return what
                if name == 'SEEN':
                    patience = 60
        except asyncio.CancelledError:
            ask.say('WITHDRAW', ('reason', 'cancelled'))
            raise
        finally:
            ask.over()

    async def answer(self, ask, patience):
        try:
            answer = await asyncio.wait_for(ask.queue.get(), patience)
        except asyncio.TimeoutError:
            ask.say('WITHDRAW', ('reason', 'timeout'))
            raise Refused('timeout')
        self.node.log('%s answers %s' % (self.device, answer[1]))
        if answer[1] == 'REFUSE':
            raise Refused(answer[2].reason() or 'refused')
        if answer[1] == 'LOST':
            raise Refused('lost')
        return answer

    async def shares(self):
        """What is shared with us there: a list of dictionaries."""
        await self.device.have_link()
        ask, rows = Ask(self), []
        ask.say('SHARES-ASK')
        try:
            while True:
                _, _, fields = await self.answer(ask, 15)
                if fields.get('state'):
                    raise Refused(fields.get('state'))
                for key, value in fields.pairs:
                    if key == 'share':
                        rows.append({})
                    if rows and key in ('share', 'right', 'head', 'object', 'changed'):
                        rows[-1].setdefault(key, value)
                if not fields.get('more'):
                    return rows
        finally:
            ask.over()

    async def outcome(self, id, received):
        """What became of a push: state, exit status, and what git said behind `received` bytes."""
        await self.device.have_link()
        data = b''
        while True:
            ask = Ask(self, id=id)
            ask.say('OUTCOME-ASK', ('received', received))
            try:
                while True:
                    _, name, fields = await self.answer(ask, 15)
                    if name != 'OUTCOME':
                        continue
                    state = fields.need('state')
                    data += b''.join(bytes.fromhex(piece) for piece in fields.all('data'))
                    if not fields.get('more'):
                        break
            finally:
                ask.over()
            if state in ('done', 'unknown'):
                return state, fields.get('status'), data
            await asyncio.sleep(1)

    def announce(self, share, version, tips):
        pairs, size = [], 200
        for tip in tips[:128]:
            size += len(tip) + 5
            if size > records.LONGEST - 100:
                break
            pairs.append(('tip', tip))
        if len(pairs) < len(tips):
            pairs.append(('cut', 1))
        ask = Ask(self)
        ask.say('CAN-PUSH', ('share', share), ('kind', 'announcement'), ('version', version),
                *pairs)
        return ask


async def push(talks, share):
    """A channel to `git receive-pack` at the first of these devices that wants it, and the id."""
    for talk in talks:
        await talk.device.have_link()
    queue, id = asyncio.Queue(), os.urandom(12).hex()
    asks = [Ask(talk, queue, id) for talk in talks]
    for ask in asks:
        ask.say('CAN-PUSH', ('share', share), ('git-protocol', 0))
    waiting, patience = list(asks), 15
    try:
        while True:
            try:
                ask, name, fields = await asyncio.wait_for(queue.get(), patience)
            except asyncio.TimeoutError:
                for ask in waiting:
                    ask.say('WITHDRAW', ('reason', 'timeout'))
                raise Refused('timeout')
            if name in ('REFUSE', 'LOST') and ask in waiting:
                waiting.remove(ask)
                if not waiting:
                    raise Refused(fields.reason() if fields else 'lost')
            elif name == 'SEEN':
                patience = 60
            elif name == 'PUSH-REQUEST':
                break
        for other in waiting:
            if other is not ask:
                other.say('WITHDRAW', ('reason', 'served'))
        channel = ask.talk.channels.make()
        ask.say('STARTING-PUSH', ('channel', channel.number))
        refusal = asyncio.ensure_future(refused(queue))
        await asyncio.wait([channel.accepted, refusal], timeout=60,
                           return_when=asyncio.FIRST_COMPLETED)
        if refusal.done():
            raise Refused(refusal.result())
        refusal.cancel()
        if not channel.accepted.done():
            ask.say('WITHDRAW', ('reason', 'timeout'))
            raise Refused('timeout')
        channel.accepted.result()
        return channel, id, ask.talk
    except asyncio.CancelledError:
        for ask in waiting:
            ask.say('WITHDRAW', ('reason', 'cancelled'))
        raise
    finally:
        for ask in asks:
            ask.over()


async def refused(queue):
    """Waits for a REFUSE behind STARTING-PUSH."""
    while True:
        _, name, fields = await queue.get()
        if name in ('REFUSE', 'LOST'):
            return fields.reason() if fields else 'lost'
