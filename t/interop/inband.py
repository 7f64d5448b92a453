# SPDX-License-Identifier: GPL-3.0-or-later
"""In-band bytestreams (XEP-0047): section 5 of Documentation/protocol.md.

A sender of its own, with a window that does not change: what the text asks of a controller is
only that it stays below the bounds.
"""

import base64
import binascii
import os
import re
import xml.etree.ElementTree as ET

from slixmpp.xmlstream.handler import Callback
from slixmpp.xmlstream.matcher import MatchXMLMask

NAMESPACE = 'http://jabber.org/protocol/ibb'
BLOCK = 4096
# Blocks on the way: before there is HELLO of the other side, and then.
WINDOW_FIRST, WINDOW = 2, 8
SID = re.compile(r'[0-9a-f]{1,18}\Z')


class Bytestream:
    is_in_band = True

    def __init__(self, hub, jid, sid, block, path):
        self.hub, self.jid, self.sid, self.block, self.path = hub, jid, sid, block, path
        self.out = bytearray()
        self.seq_out = self.seq_in = self.on_the_way = 0
        self.window = WINDOW_FIRST
        self.is_open = True

    def settle(self):
        self.window = WINDOW
        self.push()

    def write(self, data):
        self.out += data
        self.push()

    def push(self):
        while self.is_open and self.out and self.on_the_way < self.window:
            block = bytes(self.out[:self.block])
            del self.out[:self.block]
            element = ET.Element('{%s}data' % NAMESPACE, sid=self.sid, seq=str(self.seq_out))
            element.text = base64.b64encode(block).decode()
            self.seq_out = (self.seq_out + 1) % 65536
            self.on_the_way += 1
            self.hub.ask(self.jid, element, self.answered)

    def answered(self, is_result):
        self.on_the_way -= 1
        if not is_result:
            self.gone()
        else:
            self.push()

    def gone(self):
        """Without a word: the other side has closed, or is not there."""
        if self.is_open:
            self.is_open = False
            self.hub.forget(self)
            self.path.lost()

    def cut(self):
        """As if it was lost, for a test."""
        self.out.clear()

    def close(self):
        if self.is_open:
            # What was written goes out ahead of <close/>; nobody waits for the answers.
            self.window = 16
            self.push()
            self.is_open = False
            self.hub.forget(self)
            self.hub.ask(self.jid, ET.Element('{%s}close' % NAMESPACE, sid=self.sid), None)


class Hub:
    """All bytestreams of a session. `take(full JID)` gives a path to one that is opened."""

    def __init__(self, xmpp, take, may_ask):
        self.xmpp, self.take, self.may_ask = xmpp, take, may_ask
        self.streams = {}
        for what in ('open', 'data', 'close'):
            xmpp.register_handler(Callback('ibb ' + what, MatchXMLMask(
                "<iq xmlns='jabber:client' type='set'><%s xmlns='%s'/></iq>" % (what, NAMESPACE)),
                getattr(self, 'on_' + what)))

    def ask(self, jid, element, answered):
        """An iq; answered(whether it was a result)."""
        iq = self.xmpp.make_iq_set(ito=jid)
        iq.append(element)
        future = iq.send(timeout=30)
        future.add_done_callback(lambda f: (f.cancelled() or f.exception(), answered and answered(
            not f.cancelled() and f.exception() is None)))

    def open(self, jid, path, sid=None):
        sid = sid or os.urandom(9).hex()
        stream = Bytestream(self, jid, sid, BLOCK, path)
        self.streams[jid, sid] = stream

        def answered(is_result):
            if not is_result:
                stream.gone()
            elif stream.is_open:
                path.begin(stream)
        path.carrier = stream
        self.ask(jid, ET.Element('{%s}open' % NAMESPACE, {
            'sid': sid, 'block-size': str(BLOCK), 'stanza': 'iq'}), answered)

    def forget(self, stream):
        self.streams.pop((stream.jid, stream.sid), None)

    def refuse(self, iq, condition, kind='cancel'):
        reply = iq.reply()
        reply['error']['condition'] = condition
        reply['error']['type'] = kind
        reply['type'] = 'error'
        reply.send()

    def on_open(self, iq):
        """The table of section 5."""
        jid = str(iq['from'])
        element = iq.xml.find('{%s}open' % NAMESPACE)
        sid, size = element.get('sid', ''), element.get('block-size', '')
        if not self.may_ask(jid):
            return self.refuse(iq, 'service-unavailable')
        if element.get('stanza') == 'message' or not SID.match(sid) or \
                not size.isdigit() or not 1 <= int(size) <= 65535:
            return self.refuse(iq, 'bad-request', 'modify')
        if not 512 <= int(size) <= 5700:
            return self.refuse(iq, 'resource-constraint', 'modify')
        path = None if (jid, sid) in self.streams else self.take(jid)
        if path is None:
            return self.refuse(iq, 'resource-constraint', 'wait')
        stream = Bytestream(self, jid, sid, int(size), path)
        self.streams[jid, sid] = stream
        iq.reply().send()
        path.begin(stream)

    def on_data(self, iq):
        element = iq.xml.find('{%s}data' % NAMESPACE)
        stream = self.streams.get((str(iq['from']), element.get('sid')))
        if stream is None:
            return self.refuse(iq, 'item-not-found')
        try:
            data = base64.b64decode((element.text or '').encode(), validate=True)
            if element.get('seq') != str(stream.seq_in):
                raise ValueError('out of turn')
        except (binascii.Error, ValueError):
            self.refuse(iq, 'bad-request')
            stream.close()
            return stream.path.lost()
        stream.seq_in = (stream.seq_in + 1) % 65536
        iq.reply().send()
        stream.path.received(data)

    def on_close(self, iq):
        element = iq.xml.find('{%s}close' % NAMESPACE)
        stream = self.streams.get((str(iq['from']), element.get('sid')))
        if stream is None:
            return self.refuse(iq, 'item-not-found')
        iq.reply().send()
        stream.gone()
