# SPDX-License-Identifier: GPL-3.0-or-later
"""The session of one account: login, presence, buddies, trust, shares (sections 5 and 6)."""

import asyncio
import hashlib
import json
import os
import subprocess
import time
import xml.etree.ElementTree as ET

import slixmpp
from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXPath

import inband
import keys
import records
import tcp
import tls
from devices import Devices
from meeting import Joining
from path import Path

NAMESPACE = 'urn:uuid:ee43ceee-e66d-405f-93fc-6b4a8d39d3fb'
GIT = '{%s}git' % NAMESPACE


class Node:
    """One device. What it keeps is in `directory`: the key, and state.json."""

    def __init__(self, directory, jid, password, transport):
        self.directory = directory
        # `dial` and `listen` are halves of what `auto` does.
        self.transport = 'auto' if transport in ('dial', 'listen') else transport
        self.dials = transport in ('auto', 'direct', 'dial')
        self.listens = transport in ('auto', 'direct', 'listen')
        # Fields and records that nobody knows yet go along, as in a version to come.
        self.is_later = False
        # A path of our own begins whenever one of theirs does, so that they cross.
        self.crosses = False
        # Seconds that a service of ours takes to start.
        self.slowness = 0
        self.key_file, self.certificate = keys.make_key(directory)
        self.fingerprint = keys.own_fingerprint(self.certificate)
        self.dev = keys.device_name(self.fingerprint)
        self.instance = os.urandom(8).hex()
        self.bare = str(slixmpp.JID(jid).bare)
        self.state = {'trust': {}, 'expected': [], 'meant': [], 'shares': {}}
        try:
            with open(os.path.join(directory, 'state.json')) as file:
                self.state.update(json.load(file))
        except FileNotFoundError:
            pass
        self.devices = Devices(self)
        self.passes, self.port, self.announcements = {}, None, []
        self.compared, self.requests = {}, set()
        self.is_online = False
        self.xmpp = slixmpp.ClientXMPP('%s/git.%s' % (jid, self.dev), password)
        self.xmpp.auto_authorize = self.xmpp.auto_subscribe = None
        self.xmpp.register_plugin('xep_0030')
        self.xmpp.register_plugin('xep_0199')
        for feature in (NAMESPACE, inband.NAMESPACE):
            self.xmpp['xep_0030'].add_feature(feature)
        self.hub = inband.Hub(self.xmpp, self.take_bytestream, self.may_ask)
        self.xmpp.register_handler(Callback(
            'presence of devices', MatchXPath('{jabber:client}presence'), self.on_presence))
        for event in ('session_start', 'disconnected', 'presence_subscribe', 'presence_subscribed',
                      'failed_auth'):
            self.xmpp.add_event_handler(event, getattr(self, 'on_' + event))

    def log(self, text):
        with open(os.path.join(self.directory, 'log'), 'a') as file:
            file.write('%.3f %s\n' % (time.time(), text))

    def save(self):
        name = os.path.join(self.directory, 'state.json')
        with open(name + '.new', 'w') as file:
            json.dump(self.state, file, indent=1)
        os.rename(name + '.new', name)

    # The account.

    async def on_session_start(self, _):
        await self.xmpp.get_roster()
        self.show_presence()
        if self.listens and self.port is None:
            self.port = await tcp.listen(self, '127.0.0.1')
        self.is_online = True
        self.log('online as %s' % self.xmpp.boundjid.full)
        asyncio.ensure_future(self.tick())

    def on_disconnected(self, _):
        self.is_online = False
        self.log('disconnected')

    def on_failed_auth(self, _):
        self.log('the server does not take the password')

    async def tick(self):
        while self.is_online:
            await asyncio.sleep(0.5)
            for device in list(self.devices.all.values()):
                device.tick()

    def show_presence(self, to=None):
        """Available, xa, below every chat, with the device (section 5, Presence)."""
        presence = self.xmpp.make_presence(pshow='xa', ppriority=-1, pto=to)
        presence.append(ET.Element(GIT, dev=self.dev))
        presence.send()

    def on_presence(self, presence):
        kind = presence.xml.get('type')
        if kind is None:
            self.on_available(presence)
        elif kind == 'unavailable':
            self.on_unavailable(presence)

    def on_available(self, presence):
        git = presence.xml.find(GIT)
        full, bare = str(presence['from']), str(presence['from'].bare)
        dev = '' if git is None else git.get('dev', '')
        if not keys.is_device_name(dev) or full == self.xmpp.boundjid.full:
            return
        device = self.devices.get(bare, dev)
        device.full = full
        self.log('presence of %s' % device)
        if git.get('ask') == '1' and self.sees_us(bare):
            self.show_presence(full)

    def on_unavailable(self, presence):
        """The device may be gone, and no more: a link that is up is asked."""
        for device in self.devices.of(str(presence['from'].bare)):
            if device.full == str(presence['from']) and device.link and device.link.path:
                device.link.control('PING', b'gone?')

    def subscription(self, bare):
        return self.xmpp.client_roster[bare]['subscription'] if bare in self.xmpp.client_roster \
            else 'none'

    def sees_us(self, bare):
        return self.subscription(bare) in ('from', 'both') or bare == self.bare

    def may_ask(self, full):
        """Without a subscription, only somebody who is expected may open a bytestream."""
        bare = full.partition('/')[0]
        return self.sees_us(bare) or bare in self.state['expected']

    def add(self, bare):
        """Both `add` and `accept`: what differs is who asked first."""
        if bare not in self.state['expected'] and not self.state['trust'].get(bare):
            self.state['expected'].append(bare)
        if bare not in self.state['meant']:
            self.state['meant'].append(bare)
        self.save()
        if bare in self.requests:
            self.xmpp.send_presence(pto=bare, ptype='subscribed')
        if self.subscription(bare) not in ('to', 'both'):
            self.xmpp.send_presence(pto=bare, ptype='subscribe')

    def on_presence_subscribe(self, presence):
        bare = str(presence['from'].bare)
        if bare in self.state['meant']:
            self.xmpp.send_presence(pto=bare, ptype='subscribed')
        else:
            self.requests.add(bare)
        self.log('%s wants to be a contact' % bare)

    def on_presence_subscribed(self, presence):
        self.log('%s is a contact' % presence['from'].bare)

    def join(self, link):
        """The link of an invitation: a meeting with a device that was never seen (section 4)."""
        joining = Joining(self, link)
        dev = keys.device_name(joining.key)
        device = self.devices.get(joining.inviter, dev)
        device.open_meeting(joining, '%s/git.%s' % (joining.inviter, dev), joining.sid(0))

    def joined(self, inviter, key, share, right):
        self.state['trust'].setdefault(inviter, {})[key.hex()] = 'seen'
        self.log('joined %s: %s of %s' % (inviter, right, share))
        self.add(inviter)

    # Keys and bytestreams.

    def own_key(self, is_server):
        return tls.with_key(is_server, self.key_file, self.certificate)

    def trusts(self, bare, fingerprint):
        """The table of section 2; the first device of somebody who is expected becomes seen."""
        known = self.state['trust'].setdefault(bare, {})
        if known.get(fingerprint.hex()) == 'seen':
            return True
        if bare in self.state['expected'] and not known:
            self.state['expected'].remove(bare)
            known[fingerprint.hex()] = 'seen'
            self.log('first use of %s %s' % (bare, keys.device_name(fingerprint)))
        else:
            known.setdefault(fingerprint.hex(), 'pending')
        self.save()
        return known[fingerprint.hex()] == 'seen'

    def trusted(self, bare):
        """The devices of theirs that a command may be about."""
        names = {keys.device_name(bytes.fromhex(f)) for f, state in
                 self.state['trust'].get(bare, {}).items() if state == 'seen'}
        seen = [d for d in self.devices.of(bare) if d.full or d.link]
        if not names and bare in self.state['expected']:
            return seen
        return [d for d in seen if d.dev in names]

    def take_bytestream(self, full):
        if self.crosses:
            for device in self.devices.of(full.partition('/')[0]):
                if device.full == full and not device.link and not device.attempts:
                    device.open_in_band()
        return Path(self.devices, tls.Tls(self.own_key(True), True), False,
                    full.partition('/')[0], full)

    def say_candidates(self, device):
        """Which kinds of path are allowed, and where this device can be dialled (section 4)."""
        pairs = [('transport', self.transport)]
        if self.port:
            token, secret = os.urandom(16).hex(), os.urandom(32)
            self.passes[token] = tcp.Pass(device, token, secret)
            pairs += [('token', token), ('secret', secret.hex()),
                      ('address', '127.0.0.1:%d' % self.port)]
        device.link.send('CANDIDATES', records.write_fields(*pairs))

    def forget_passes(self, device):
        self.passes = {t: p for t, p in self.passes.items() if p.device is not device}

    # Shares.

    def shares(self):
        return self.state['shares']

    def share_for(self, bare, name):
        """Path and right; None for what is not there or not for them, which is told alike."""
        share = self.shares().get(name)
        right = share and share['rights'].get(bare)
        return (share['path'], right) if right else (None, None)

    def share(self, name, path, bare, right):
        share = self.shares().setdefault(name, {'path': path, 'rights': {}})
        share['path'] = path
        share['rights'][bare] = right
        self.save()

    def git(self, path, *arguments):
        return subprocess.run(['git', '-C', path, *arguments], stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL).stdout.decode().strip()

    def head_of(self, path):
        head = self.git(path, 'symbolic-ref', '-q', 'HEAD')
        value = self.git(path, 'rev-parse', '-q', '--verify', 'HEAD')
        changed = self.git(path, 'for-each-ref', '--sort=-committerdate', '--count=1',
                           '--format=%(committerdate:unix)', 'refs/heads')
        return [(k, v) for k, v in (('head', head), ('object', value), ('changed', changed)) if v]

    def refs_moved(self, name, only=None):
        """Announces a share to each trusted device that may fetch it and has a link."""
        path = self.shares()[name]['path']
        tips = [line for line in self.git(path, 'for-each-ref',
                                          '--format=%(objectname) %(refname)').splitlines()]
        head = self.git(path, 'rev-parse', '-q', '--verify', 'HEAD')
        tips = (['%s HEAD' % head] if head else []) + tips
        version = hashlib.sha256('\n'.join(tips).encode()).hexdigest()[:16]
        for device in [only] if only else list(self.devices.all.values()):
            if device.link and self.share_for(device.bare, name)[0]:
                device.talk.announce(name, version, tips)

    def on_new_link(self, device):
        for name in self.shares():
            self.refs_moved(name, device)

    def announced(self, device, share, tips):
        self.announcements.append({'from': device.bare, 'share': share, 'tips': tips})
        self.log('%s announces %s' % (device, share))
