# SPDX-License-Identifier: GPL-3.0-or-later
"""What a person, a script or git says to the session: a Unix socket, no part of the protocol.

A request is one line of JSON, and so is the answer. Behind the answer to `carry` come the bytes of
git: from the program as they are, to it in frames of a letter (D, E or X), four bytes of length
and the contents.
"""

import asyncio
import json
import struct

import negotiation
import records
from channels import Closed
from meeting import Comparison
from negotiation import Refused


class Control:
    def __init__(self, node):
        self.node = node

    async def serve(self, name):
        await asyncio.start_unix_server(self.client, name, limit=1 << 16)

    async def client(self, reader, writer):
        try:
            request = json.loads(await reader.readline())
            if request['do'] == 'carry':
                await self.carry(request, reader, writer)
            else:
                answer = await getattr(self, 'do_' + request['do'])(**request.get('with', {}))
                writer.write(json.dumps(answer).encode() + b'\n')
        except (Refused, Closed) as error:
            writer.write(json.dumps({'error': str(error)}).encode() + b'\n')
        except Exception as error:
            self.node.log('control: %r' % error)
            writer.write(json.dumps({'error': repr(error)}).encode() + b'\n')
        try:
            await writer.drain()
            writer.close()
        except OSError:
            pass

    async def devices(self, jid):
        """Behind a login, presences take a moment: for 3 s nobody is said to be offline."""
        for _ in range(30):
            if self.node.trusted(jid):
                return self.node.trusted(jid)
            await asyncio.sleep(0.1)
        raise Refused('no trusted device of %s is online' % jid)

    async def device(self, jid):
        return (await self.devices(jid))[0]

    # git

    async def carry(self, request, reader, writer):
        """A git of ours: fetch-pack or send-pack at this end, the service at the other."""
        jid, share, service = request['jid'], request['share'], request['service']
        id = None
        if service == 'receive-pack':
            devices = await self.devices(jid)
            channel, id, talk = await negotiation.push([d.talk for d in devices], share)
        else:
            talk = (await self.device(jid)).talk
            channel = await talk.fetch(share, service, request.get('version', '2'),
                                       request.get('more', ()))
        self.node.log('%s of %s/%s%s' % (service, jid, share, ' is push ' + id if id else ''))
        writer.write(b'{}\n')
        inward = asyncio.ensure_future(self.carry_in(reader, channel))
        received, status, reason = 0, None, None
        while reason is None:
            event = await channel.events.get()
            if event[0] == 'data':
                received += len(event[1])
                self.frame(writer, 'D', event[1])
                await writer.drain()
                channel.passed_on(len(event[1]))
            elif event[0] == 'stderr':
                self.frame(writer, 'E', event[1])
            elif event[0] == 'exit':
                status = event[1]
                break
            elif event[0] == 'end':
                pass
            elif event[0] == 'close':
                reason = event[1] or 'closed'
        if status is None and id:
            # The channel of a push ended; perhaps git there did all of it.
            state, said, data = await talk.outcome(id, received)
            self.node.log('outcome of %s: %s %s' % (id, state, said))
            if state == 'done':
                self.frame(writer, 'D', data)
                status = int(said)
        channel.end()
        inward.cancel()
        if status is None:
            self.frame(writer, 'E', ('closed: %s\n' % reason).encode())
        self.frame(writer, 'X', struct.pack('>I', 128 if status is None else status))

    def frame(self, writer, letter, contents):
        writer.write(letter.encode() + struct.pack('>I', len(contents)) + contents)

    async def carry_in(self, reader, channel):
        try:
            while True:
                data = await reader.read(32768)
                if not data:
                    break
                await channel.write(data)
            channel.end()
        except (Closed, OSError):
            pass

    # A person, or a script that plays one.

    async def do_status(self):
        return {'jid': self.node.bare, 'device': self.node.dev, 'online': self.node.is_online,
                'fingerprint': self.node.fingerprint.hex(),
                'devices': [{'jid': d.bare, 'device': d.dev, 'name': d.name, 'refused': d.refused,
                             'path': ('none' if not d.link or not d.link.path else
                                      'direct' if d.link.path.is_direct() else 'in-band')}
                            for d in self.node.devices.all.values()]}

    async def do_add(self, jid):
        self.node.add(jid)
        return {}

    async def do_shares(self, jid):
        return {'shares': await (await self.device(jid)).talk.shares()}

    async def do_share(self, name, path, jid, right):
        self.node.share(name, path, jid, right)
        return {}

    async def do_moved(self, name):
        self.node.refs_moved(name)
        return {}

    async def do_compare(self, jid):
        (await self.device(jid)).open_meeting(Comparison())
        return {}

    async def do_join(self, link):
        self.node.join(link)
        return {}

    async def do_announcements(self):
        return {'announcements': self.node.announcements}

    async def do_outcome(self, jid, id, received):
        state, status, data = await (await self.device(jid)).talk.outcome(id, received)
        return {'state': state, 'status': status, 'data': data.hex()}

    # Things that go wrong.

    async def do_cut(self, jid):
        """The path is lost, without a word inside of it."""
        device = await self.device(jid)
        path = device.link.path
        path.carrier.cut()
        path.lost()
        return {}

    async def do_later(self, on):
        self.node.is_later = on
        return {}

    async def do_cross(self, on):
        self.node.crosses = on
        return {}

    async def do_slow(self, seconds):
        self.node.slowness = seconds
        return {}

    async def do_bye(self, jid, reason='idle'):
        device = await self.device(jid)
        if device.link:
            device.link.bye(reason)
        return {}

    async def do_withdraw(self, jid, share):
        """A fetch that nobody wants any more as soon as it was asked for."""
        device = await self.device(jid)
        await device.have_link()
        task = asyncio.ensure_future(device.talk.fetch(share, 'upload-pack', '2'))
        await asyncio.sleep(0)
        task.cancel()
        return {}

    async def do_say(self, jid, type, text, number=True):
        """A record of any type with these fields, as a later version may have it."""
        device = await self.device(jid)
        await device.have_link()
        payload = records.write_fields(*(pair.split('=', 1) for pair in text))
        if number:
            device.link.send(type, payload)
        else:
            device.link.path.send(type, 0, payload)
        return {}
