# SPDX-License-Identifier: GPL-3.0-or-later
"""Meetings: what is said whether or not two devices trust each other.

Section 9 of Documentation/protocol.md: Meetings, Comparing, Words and digits, Invitations.
"""

import base64
import hashlib
import hmac
import os
import urllib.parse

import records
from records import TYPES, Broken, Fields

LABEL = 'EXPORTER-git-xmpp-meet'


def mac(key, *parts):
    return hmac.new(key, b''.join(parts), hashlib.sha256).digest()


def digits(thirty_bits):
    """The first 30 bits, as one number in ten digits."""
    text = '%010d' % (int.from_bytes(thirty_bits[:4], 'big') >> 2)
    return text[:5] + ' ' + text[5:]


class Meeting:
    """One of them. `purpose` is what its opener wants: a Comparison or a Joining, or None."""

    def __init__(self, node, path, purpose=None):
        self.node, self.path = node, path
        self.device = path.device
        self.secret = path.tls.export(LABEL)
        self.taken = 0
        self.purpose = purpose
        if purpose:
            purpose.begin(self)

    def say(self, *pairs):
        self.path.send(TYPES['MEET'], 0, records.write_fields(*pairs))

    def bye(self, reason):
        self.path.send(TYPES['BYE'], 0, records.write_fields(('reason', reason)))
        self.path.end(reason)

    def record(self, record):
        if record.type == TYPES['BYE']:
            return self.path.end('bye')
        if record.type != TYPES['MEET']:
            raise Broken('%s record: may not come in a meeting' % records.name_of(record.type))
        self.taken += 1
        fields = Fields(record.payload)
        kind, state = fields.need('kind'), fields.get('state')
        if self.taken > 32:
            self.bye('protocol')
        elif kind == 'result':
            self.node.log('%s has found the string to be: %s' % (self.device, state))
        elif kind == 'compare' and self.purpose is None:
            self.purpose = Comparison()
            self.purpose.asked(self, fields)
        elif self.purpose and kind == self.purpose.kind:
            self.purpose.take(fields)
        elif state is None:
            self.say(('kind', kind), ('state', 'unsupported'))


class Comparison:
    """Both show a string that is the same if nobody is between them."""

    kind = 'compare'

    def __init__(self):
        self.nonce, self.commitment = os.urandom(32), None

    def begin(self, meeting):
        self.meeting, self.is_opener = meeting, True
        meeting.say(('kind', 'compare'), ('commit', self.commit(self.nonce).hex()))

    def asked(self, meeting, fields):
        """The other side opens it: we say our nonce when we are told a commitment."""
        self.meeting, self.is_opener = meeting, False
        self.commitment = bytes.fromhex(fields.hex('commit', 64))
        meeting.say(('kind', 'compare'), ('nonce', self.nonce.hex()))

    def prints(self):
        """fp_o and fp_a, jid_o and jid_a: the opener first."""
        own = (self.meeting.node.fingerprint, self.meeting.node.bare.encode())
        other = (self.meeting.path.fingerprint, self.meeting.path.bare.encode())
        return (own, other) if self.is_opener else (other, own)

    def commit(self, nonce):
        (fp_o, _), (fp_a, _) = self.prints()
        return hashlib.sha256(b'git-xmpp compare\0' + nonce + fp_o + fp_a).digest()

    def take(self, fields):
        if fields.get('state'):
            self.meeting.node.log('no comparison: %s' % fields.get('reason', fields.get('state')))
            return
        nonce = bytes.fromhex(fields.hex('nonce', 64))
        if self.is_opener:
            self.meeting.say(('kind', 'compare'), ('nonce', self.nonce.hex()))
        elif self.commit(nonce) != self.commitment:
            raise Broken('MEET record: nonce: another one than was committed to')
        nonces = self.nonce + nonce if self.is_opener else nonce + self.nonce
        (fp_o, jid_o), (fp_a, jid_a) = self.prints()
        string = mac(nonces, b'git-xmpp words\0', fp_o, fp_a, jid_o, b'\0', jid_a, b'\0',
                     self.meeting.secret)
        self.meeting.node.log('the string with %s is %s' % (self.meeting.device, digits(string)))
        self.meeting.node.compared[self.meeting.path.bare] = digits(string)


class Joining:
    """The use of an invitation's link."""

    kind = 'join'

    def __init__(self, node, link):
        address, _, query = link.strip(' \t\n<>').partition('?')
        kind, *pairs = query.split(';')
        if not address.startswith('xmpp:') or kind != 'git-join':
            raise ValueError('no link of an invitation')
        values = {}
        for pair in pairs:
            key, _, value = pair.partition('=')
            values.setdefault(key, urllib.parse.unquote(value))
        self.node = node
        self.inviter = urllib.parse.unquote(address[len('xmpp:'):])
        self.key = bytes.fromhex(values['key'])
        self.secret = base64.b32decode(values['secret'].upper() + '=' * 6)

    def sid(self, attempt):
        return mac(self.secret, b'git-xmpp join\0', self.inviter.encode(), b'\0',
                   self.node.bare.encode(), b'\0', b'%d' % (attempt % 4))[:9].hex()

    def proof(self, whose):
        return mac(self.secret, b'git-xmpp %s\0' % whose, self.meeting.secret,
                   self.node.fingerprint, self.key, self.node.bare.encode(), b'\0',
                   self.inviter.encode(), b'\0').hex()

    def begin(self, meeting):
        self.meeting = meeting
        meeting.say(('kind', 'join'), ('proof', self.proof(b'joiner')))

    def take(self, fields):
        if fields.get('state'):
            self.node.log('the invitation was not taken: %s' % fields.get('state'))
        elif not hmac.compare_digest(fields.hex('proof', 64), self.proof(b'inviter')):
            self.node.log('the inviter does not have the secret')
        else:
            self.node.joined(self.inviter, self.key, fields.get('share'), fields.get('right'))
        self.meeting.bye('done')
