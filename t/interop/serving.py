# SPDX-License-Identifier: GPL-3.0-or-later
"""The side that is asked: it runs git (section 11 of Documentation/protocol.md)."""

import asyncio
import os

import channels
import records
from channels import Closed

FETCHES = {'upload-pack': 'fetch', 'upload-archive': 'fetch'}
PIECE = 16000
KEPT = 64 << 10


class Served:
    """One request of theirs."""

    def __init__(self, id, share, is_push):
        self.id, self.share, self.is_push = id, share, is_push
        self.task = self.channel = None
        self.starting = asyncio.get_event_loop().create_future()
        # What git said, and how it ended: for OUTCOME.
        self.output, self.status, self.process = bytearray(), None, None


class Serving:
    """What one device asked for."""

    def __init__(self, talk):
        self.talk, self.device, self.node = talk, talk.device, talk.node
        self.all, self.kept = {}, {}

    def say(self, name, id, *pairs):
        self.talk.say(name, ('id', id), *pairs)

    def refuse(self, id, reason):
        self.talk.past.add(id)
        self.say('REFUSE', id, ('reason', reason))

    def awaits(self, id):
        return id in self.all

    def over(self):
        for served in list(self.all.values()):
            if served.process is None:
                served.task.cancel()

    def record(self, name, id, fields):
        """Whether it is one of this side's; called where no question of ours has that id."""
        if name in ('CAN-PUSH', 'PUSH-REQUEST'):
            if id in self.talk.past:
                return False
            if id not in self.all:
                self.begin(name, id, fields)
            return True
        if name == 'WITHDRAW':
            served = self.all.get(id)
            self.node.log('%s withdraws: %s' % (self.device, fields.reason()))
            if served and served.channel:
                served.channel.close('withdrawn')
            elif served:
                served.task.cancel()
        elif name == 'SHARES-ASK':
            self.list_shares(id)
        elif name == 'OUTCOME-ASK':
            self.tell_outcome(id, fields.number('received'))
        return True

    def starting(self, id, channel):
        served = self.all[id]
        served.channel = channel
        if not served.starting.done():
            served.starting.set_result(channel)

    def begin(self, name, id, fields):
        share = fields.need('share')
        if name == 'CAN-PUSH' and fields.get('kind'):
            if fields.get('kind') != 'announcement':
                return self.refuse(id, 'unsupported')
            self.say('SEEN', id, ('state', 'announcement'))
            return self.node.announced(self.device, share, fields.all('tip'))
        service = 'receive-pack' if name == 'CAN-PUSH' else fields.need('service')
        if name == 'PUSH-REQUEST' and service not in FETCHES:
            return self.refuse(id, 'unsupported')
        path, right = self.node.share_for(self.device.bare, share)
        if path is None:
            return self.refuse(id, 'not-shared')
        if service == 'receive-pack' and right != 'push':
            return self.refuse(id, 'push-denied')
        served = self.all[id] = Served(id, share, name == 'CAN-PUSH')
        work = self.take_push(served, path, fields) if name == 'CAN-PUSH' else \
            self.give(served, path, service, fields)
        self.node.log('%s asks for %s of %s' % (self.device, service, share))
        served.task = asyncio.ensure_future(self.run(served, work))

    async def run(self, served, work):
        try:
            await work
        except (Closed, asyncio.TimeoutError, asyncio.CancelledError, OSError) as error:
            self.node.log('request %s of %s: %r' % (served.id, self.device, error))
            if served.channel is None:
                self.say('REFUSE', served.id, ('reason', 'timeout'))
            elif isinstance(error, OSError):
                served.channel.close('broken')
        finally:
            self.all.pop(served.id, None)
            self.talk.past.add(served.id)

    async def git(self, served, path, service, version):
        """Starts git; returns the first that it says."""
        for waited in range(self.node.slowness):
            await asyncio.sleep(1)
            if waited == 2:
                self.say('SEEN', served.id, ('state', 'starting'))
        env = dict(os.environ)
        env['GIT_PROTOCOL'] = 'version=%s' % (version if version in ('0', '1', '2') else '0')
        served.process = await asyncio.create_subprocess_exec(
            'git', service, path, env=env, stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE)
        # upload-archive says nothing before it was asked.
        if service == 'upload-archive':
            return b''
        return await asyncio.wait_for(served.process.stdout.read(PIECE), 60)

    async def give(self, served, path, service, fields):
        """A fetch, clone, ls-remote or archive."""
        window = fields.number('window') if fields.get('window') else None
        first = await self.git(served, path, service, fields.get('git-protocol'))
        channel = served.channel = self.talk.channels.make()
        self.say('STARTING-PUSH', served.id, ('channel', channel.number), ('window', window))
        if window is not None:
            channel.taken = window
            channel.open(window)
        await asyncio.wait_for(asyncio.shield(channel.accepted), 60)
        await self.carry(served, channel, first)

    async def take_push(self, served, path, fields):
        """A push of theirs; another one of the same device to the same share comes first."""
        before = [s.task for s in self.all.values()
                  if s.is_push and s.share == served.share and s is not served]
        while before:
            self.say('SEEN', served.id, ('state', 'deferred'))
            _, before = await asyncio.wait(before, timeout=20)
        self.say('PUSH-REQUEST', served.id, ('share', served.share), ('service', 'receive-pack'))
        channel = await asyncio.wait_for(served.starting, 15)
        first = await self.git(served, path, 'receive-pack', fields.get('git-protocol'))
        channel.accept()
        self.kept[served.id] = served
        asyncio.get_event_loop().call_later(600, self.kept.pop, served.id, None)
        await self.carry(served, channel, first)
        self.node.refs_moved(served.share)

    async def carry(self, served, channel, first):
        """Between git and the channel, until git has ended."""
        process = served.process
        inward = asyncio.ensure_future(self.carry_in(served, channel))
        said = asyncio.ensure_future(process.stderr.read(channels.STDERR_MOST))
        try:
            piece = first or await process.stdout.read(PIECE)
            while piece:
                served.output += piece
                if channel.closed is None:
                    try:
                        await channel.write(piece)
                    except Closed:
                        pass
                piece = await process.stdout.read(PIECE)
            channel.closed is None and channel.write_stderr(await said)
            status = await process.wait()
            served.status = status if status >= 0 else 128 - status
            channel.exit(served.status)
        finally:
            inward.cancel()

    async def carry_in(self, served, channel):
        process = served.process
        while True:
            event = await channel.events.get()
            if event[0] == 'data':
                try:
                    process.stdin.write(event[1])
                    await process.stdin.drain()
                except OSError:
                    pass
                channel.passed_on(len(event[1]))
            elif event[0] == 'end':
                process.stdin.close()
            elif event[0] == 'close':
                # A push that has all it needs runs on without its link; one that has not fails.
                process.stdin.close()
                if not served.is_push and process.returncode is None:
                    process.terminate()
                return

    def tell_outcome(self, id, received):
        served = self.kept.get(id)
        if served is None or received > len(served.output):
            return self.say('OUTCOME', id, ('state', 'unknown'))
        if served.status is None:
            return self.say('OUTCOME', id, ('state', 'running'))
        rest = bytes(served.output[received:])
        pieces = [rest[at:at + 2000] for at in range(0, len(rest), 2000)] or [b'']
        for at in range(0, len(pieces), 3):
            self.say('OUTCOME', id, ('state', 'done'), ('status', served.status),
                     *(('data', piece.hex()) for piece in pieces[at:at + 3] if piece),
                     ('more', 1 if at + 3 < len(pieces) else None))

    def list_shares(self, id):
        rows = []
        for name in sorted(self.node.shares()):
            path, right = self.node.share_for(self.device.bare, name)
            if path is not None:
                rows += [('share', name), ('right', right), *self.node.head_of(path)]
        self.say('SHARES', id, *rows)
