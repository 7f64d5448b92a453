# SPDX-License-Identifier: GPL-3.0-or-later
"""The devices of others, and HELLO, which says whose a path is.

Sections 8 and 10 of Documentation/protocol.md.
"""

import asyncio
import ipaddress
import os
import time

import keys
import records
import tls
from link import Link
from meeting import Meeting
from negotiation import Negotiator
from path import Path
from records import TYPES, Broken, Fields

PROTOCOL = '2'


class Device:
    """One of another account's devices, seen in presence or by its key."""

    def __init__(self, registry, bare, dev):
        self.registry, self.node = registry, registry.node
        self.bare, self.dev = bare, dev
        self.full = self.fingerprint = self.link = None
        # The name of the link that is to be, from one attempt to the next.
        self.next_name = os.urandom(16).hex()
        # Paths that we open and that are no link's yet, with the time of our HELLO on them or None.
        self.attempts = {}
        self.talk = Negotiator(self)
        self.candidates, self.dials = None, 0
        self.name = self.refused = None
        self.wait = 0.5
        self.timer = None
        self.came_up = asyncio.Event()
        self.in_band_wanted = False

    def __str__(self):
        return '%s %s' % (self.bare, self.dev)

    def is_lower(self):
        return self.node.fingerprint < self.fingerprint

    # A link and its paths.

    async def have_link(self):
        """A link that is up; opens one if there is none."""
        if self.link is None or self.link.path is None:
            self.came_up.clear()
            if not self.attempts:
                self.open_in_band()
            await asyncio.wait_for(self.came_up.wait(), 30)
        return self.link

    def open_in_band(self):
        if self.full is None:
            return
        path = Path(self.registry, tls.Tls(self.node.own_key(False), False), True, self.bare,
                    self.full, self.dev)
        self.attempts[path] = None
        self.node.hub.open(self.full, path)

    def open_meeting(self, purpose, full=None, sid=None):
        path = Path(self.registry, tls.Tls(self.node.own_key(False), False), True, self.bare,
                    full or self.full, self.dev)
        path.purpose = purpose
        self.node.hub.open(path.full, path, sid)

    def may_dial(self):
        return (self.node.dials and self.candidates and
                self.candidates['transport'] in ('auto', 'direct') and self.candidates['addresses']
                and self.link and not self.in_band_wanted)

    def dial_soon(self):
        """The side with the lower fingerprint tries first, the other half a second later."""
        if self.may_dial():
            asyncio.get_event_loop().call_later(
                0 if self.is_lower() else 0.5, lambda: asyncio.ensure_future(self.dial()))

    async def dial(self):
        import tcp
        if not self.may_dial() or (self.link.path and self.link.path.is_direct()):
            return
        there = self.candidates
        for address in there['addresses']:
            self.dials += 1
            psk = keys.pass_key(there['secret'], self.node.fingerprint, self.fingerprint)
            session = tls.Tls(tls.with_pass_as_client(
                keys.pass_identity(there['token'], self.dials), psk), False)
            path = Path(self.registry, session, True, self.bare, self.full, self.dev,
                        self.fingerprint)
            self.attempts[path] = None
            if await tcp.dial(address, path):
                return
            self.attempts.pop(path, None)

    def is_link(self, name, instance):
        return self.link is not None and (self.link.name, self.link.instance) == (name, instance)

    def new_link(self, name, instance, is_ours):
        if self.link:
            self.link.end('new')
        self.link = Link(name, instance, self, is_ours)
        self.next_name = os.urandom(16).hex()
        self.candidates, self.dials = None, 0
        self.talk.begin(self.link)
        return self.link

    def is_up(self, is_new):
        self.wait = 0.5
        if is_new:
            self.node.say_candidates(self)
            self.link.send('DEVICE', records.write_fields(('name', 'interop')))
            self.node.on_new_link(self)
        self.came_up.set()
        self.node.log('link %s with %s is %s' % (
            'new' if is_new else 'resumed', self,
            'direct' if self.link.path.is_direct() else 'in-band'))

    # What a link says.

    def link_record(self, record):
        name = records.name_of(record.type)
        if name == 'CANDIDATES':
            self.take_candidates(Fields(record.payload))
        elif name == 'DEVICE':
            self.name = Fields(record.payload).get('name')
        elif name in ('BYTESTREAM', 'PUNCH'):
            fields = Fields(record.payload)
            if fields.need('state') == 'offer':
                self.link.send(name, records.write_fields(
                    ('sid', fields.hex('sid', 32)), ('state', 'failed'), ('reason', 'not-wanted')))
        elif name in records.TYPES:
            self.talk.record(record)
        # Anything else is of a type that is not known, and is skipped (section 14).

    def take_candidates(self, fields):
        there = {'transport': fields.need('transport'), 'addresses': fields.all('address')[:8],
                 'token': None, 'secret': None}
        if fields.get('token'):
            there['token'] = fields.hex('token', 32)
            there['secret'] = bytes.fromhex(fields.hex('secret', 64))
        elif there['addresses']:
            raise Broken('CANDIDATES record: an address without a pass')
        if self.candidates is None or there['token'] != self.candidates['token']:
            self.dials = 0
        self.candidates = there
        self.dial_soon()

    def link_room(self):
        self.talk.room()

    def link_ended(self, link, reason):
        self.node.log('link with %s ended: %s' % (self, reason))
        if link is self.link:
            self.link = None
            self.talk.over(reason)
            self.node.forget_passes(self)

    def path_lost(self, path):
        """The path of the link; another one is tried at once, with in-band."""
        self.node.log('path with %s lost' % self)
        self.link.path_lost()
        asyncio.get_event_loop().call_later(0 if self.is_lower() else 0.3, self.look_for_path)

    def look_for_path(self):
        if self.link is None or self.link.path or self.timer:
            return
        if not self.attempts:
            self.open_in_band()
            self.dial_soon()

        def again():
            self.timer = None
            self.look_for_path()
        self.timer = asyncio.get_event_loop().call_later(self.wait, again)
        self.wait = min(self.wait * 2, 8)

    def tick(self):
        if self.link:
            self.link.tick(self.talk.is_busy())


class Devices:
    """All devices, and all paths while they are in HELLO."""

    def __init__(self, node):
        self.node = node
        self.all = {}

    def log(self, text):
        self.node.log(text)

    def get(self, bare, dev):
        if (bare, dev) not in self.all:
            self.all[bare, dev] = Device(self, bare, dev)
        return self.all[bare, dev]

    def of(self, bare):
        return [d for (b, _), d in self.all.items() if b == bare]

    def hello(self, path, state, *more):
        """The fields of every HELLO that names the two; `more` are those of its kind."""
        path.send(TYPES['HELLO'], 0, records.write_fields(
            ('protocol', PROTOCOL), ('state', state), ('from', self.node.bare), ('to', path.bare),
            ('instance', self.node.instance), *more,
            ('later', 'what nobody knows' if self.node.is_later else None)))

    def path_up(self, path):
        path.device = self.get(path.bare, keys.device_name(path.fingerprint))
        if not path.is_opener:
            return
        if path.fingerprint == self.node.fingerprint or path.device.dev != path.wanted or \
                path.device.fingerprint not in (None, path.fingerprint) or \
                getattr(path.purpose, 'key', path.fingerprint) != path.fingerprint:
            return path.end('another key')
        if path.purpose:
            self.hello(path, 'meet', ('received', 0), ('link', os.urandom(16).hex()))
            return
        link = path.device.link
        path.name = link.name if link else path.device.next_name
        if path in path.device.attempts:
            path.device.attempts[path] = time.monotonic()
        path.said = 'resume' if link else 'new'
        if link:
            link.greets(path)
        self.hello(path, path.said, ('received', link.received if link else 0), ('link', path.name))

    def path_record(self, path, record):
        if path.phase == 'hello':
            if record.type != TYPES['HELLO']:
                raise Broken('%s record: ahead of HELLO' % records.name_of(record.type))
            if self.node.crosses and None in path.device.attempts.values():
                return path.hold(record)        # until ours was said: they cross
            self.take_hello(path, Fields(record.payload))
        elif path.phase == 'meeting':
            path.meeting.record(record)
        elif path.device.link and path.device.link.path is path:
            path.device.link.record(record)

    def path_lost(self, path, why, broken):
        device = getattr(path, 'device', None) or self.get(path.bare, path.wanted or '?')
        device.attempts.pop(path, None)
        if device.link:
            device.link.greets_no_more(path)
        if device.link and device.link.path is path:
            if broken:
                device.link.end('protocol')
            else:
                device.path_lost(path)
        elif path.phase != 'meeting':
            self.log('path with %s came to nothing: %s' % (device, why))

    def take_hello(self, path, fields):
        if fields.get('protocol') != PROTOCOL:
            return self.refuse(path, 'version')
        if fields.get('to') != self.node.bare or fields.get('from') != path.bare:
            return self.refuse(path, 'not-you')
        if path.is_opener:
            self.take_answer(path, fields)
        else:
            self.take_question(path, fields)

    def refuse(self, path, state, whole=False):
        self.log('HELLO %s to %s' % (state, path.bare))
        if path.is_opener:
            return path.end(state)
        if whole:
            self.hello(path, state, ('received', 0))
        else:
            path.send(TYPES['HELLO'], 0, records.write_fields(('protocol', PROTOCOL),
                                                              ('state', state)))
        # What the opener lets follow is not read. It closes the path, which stays for a moment.
        path.settle('refused')
        asyncio.get_event_loop().call_later(2, path.end, state)

    def take_question(self, path, fields):
        """HELLO of the side that opened the path."""
        device, state = path.device, fields.get('state')
        if state == 'meet' and not path.is_direct():
            if path.fingerprint == self.node.fingerprint:
                return self.refuse(path, 'untrusted', True)
            self.hello(path, 'meet', ('received', 0))
            path.settle('meeting')
            path.meeting = Meeting(self.node, path)
            return
        if state not in ('new', 'resume'):
            raise Broken('HELLO record: state: %s' % state)
        fields.hex('instance', 16), fields.hex('link', 32)
        if path.fingerprint == self.node.fingerprint or \
                not self.node.trusts(path.bare, path.fingerprint):
            return self.refuse(path, 'untrusted', True)
        device.fingerprint, device.full = path.fingerprint, path.full or device.full
        if self.collides(device, state, fields):
            return self.refuse(path, 'collision', True)
        name, instance = fields.get('link'), fields.get('instance')
        if state == 'resume' and not device.is_link(name, instance):
            # Unless it is the link of our own `new`, whose answer was lost.
            if device.link or name != device.next_name:
                return self.refuse(path, 'gone', True)
            device.new_link(name, instance, True)
        if state == 'resume' and not device.link.can_have(fields.number('received')):
            return self.refuse(path, 'gone', True)
        # A `new` that is said again because its answer was lost finds the link that it made.
        is_new = state == 'new' and not (device.is_link(name, instance) and
                                         device.link.acknowledged == 0)
        if is_new:
            device.new_link(name, instance, False)
        for own in list(device.attempts):
            own.end('the other one came first')
        self.hello(path, 'new' if state == 'new' else 'resumed',
                   ('received', device.link.received))
        device.link.attach(path, 0 if state == 'new' else fields.number('received'))
        device.is_up(is_new)

    def collides(self, device, state, fields):
        """Whether our attempt, or the link that it made, goes before theirs."""
        now = time.monotonic()
        if not device.is_lower():
            return False
        said = [when for when in device.attempts.values() if when is not None]
        if said and now - min(said) < 2 and ((state == 'new') == (device.link is None) or
                                             fields.get('link') == device.next_name):
            return True
        link = device.link
        # One that comes late, from a device that has answered ours.
        return bool(state == 'new' and link and link.is_ours and fields.get('link') != link.name and
                    fields.get('instance') == link.instance and
                    (link.path or now - link.began < 10))

    def take_answer(self, path, fields):
        """HELLO of the side at which a path was opened."""
        device, state = path.device, fields.get('state')
        if path.purpose and state == 'meet':
            path.settle('meeting')
            path.meeting = Meeting(self.node, path, path.purpose)
            return
        device.attempts.pop(path, None)
        if state == 'new' and path.said == 'new':
            if not self.node.trusts(path.bare, path.fingerprint):
                return path.end('untrusted')
            device.fingerprint = path.fingerprint
            if device.link is None:
                device.new_link(path.name, fields.hex('instance', 16), True)
                device.link.attach(path, 0)
                device.is_up(True)
            else:
                path.end('there is a link')
        elif state == 'resumed' and path.said == 'resume' and device.link:
            device.link.attach(path, fields.number('received'))
            for own in list(device.attempts):
                own.end('another one was faster')
            device.is_up(False)
        else:
            device.refused = state
            self.log('HELLO %s from %s' % (state, device))
            path.end(state)
            # Of two attempts at once the slower one may be behind what was acknowledged since.
            if state == 'gone' and device.link and not device.link.path:
                device.link.end('gone')
                device.open_in_band()


def may_be_dialled(address, local):
    """Section 10, Ways: never an address that is nobody's; loopback only where the user says so."""
    try:
        ip = ipaddress.ip_address(address)
    except ValueError:
        return False
    if ip.is_unspecified or ip.is_multicast:
        return False
    if ip.is_loopback or ip.is_link_local:
        return local
    return not ip.is_reserved
