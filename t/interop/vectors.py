#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Compares what this client computes with the vectors in Documentation/protocol.md.

usage: vectors.py <protocol.md>
"""

import hashlib
import re
import sys

import keys
import meeting
import records
from meeting import Comparison, Joining

# What stands ahead of an Ed25519 key in a SubjectPublicKeyInfo (RFC 8410 4).
ED25519 = bytes.fromhex('302a300506032b6570032100')

checks = wrong = 0


def compare(what, expected, actual):
    global checks, wrong
    checks += 1
    if expected != actual:
        wrong += 1
        print('%s: %s in the text, %s here' % (what, expected, actual))


class Text:
    """The page: a section by its title, a value by its name."""

    def __init__(self, name):
        with open(name, encoding='utf-8') as file:
            self.lines = file.read().split('\n')

    def section(self, title):
        begin = self.lines.index('### ' + title) + 1
        end = next((n for n in range(begin, len(self.lines)) if self.lines[n][:2] == '##'
                    or self.lines[n][:3] == '###'), len(self.lines))
        return self.lines[begin:end]

    def values(self, title, name):
        """All of that name, in the order of the text."""
        found = (re.match(r'    %s +(\S.*)' % re.escape(name), line)
                 for line in self.section(title))
        return [match.group(1) for match in found if match]


class End:
    """One of the two, as the classes of meeting.py want it."""

    def __init__(self, bare, fingerprint):
        self.bare, self.fingerprint = bare, fingerprint

    def log(self, text):
        self.logged = text


def check_keys(text):
    prints = {}
    for n, who in enumerate(('alice', 'bob')):
        key = bytes.fromhex(text.values('Keys', who)[0])
        prints[who] = hashlib.sha256(ED25519 + key).digest()
        compare('fingerprint', text.values('Keys', 'fingerprint')[n], prints[who].hex())
        compare('dev', text.values('Keys', 'dev')[n], keys.device_name(prints[who]))
    return End('alice@example.org', prints['alice']), End('bob@example.net', prints['bob'])


def check_passes(text, alice, bob):
    title = 'Passes and proxies'
    token, secret = text.values(title, 'token')[0], text.values(title, 'secret')[0]
    compare('identity', text.values(title, 'identity')[0], keys.pass_identity(token, 1))
    compare('PSK', text.values(title, 'PSK')[0],
            keys.pass_key(bytes.fromhex(secret), alice.fingerprint, bob.fingerprint).hex())
    joining = Joining(bob, text.values(title, 'link')[0])
    compare('sids', text.values(title, 'sids')[0], joining.sid(0))
    joining.meeting = End(None, None)
    joining.meeting.secret = bytes.fromhex(text.values(title, 'exporter')[0])
    for whose in ('joiner', 'inviter'):
        compare(whose, text.values(title, whose)[0], joining.proof(whose.encode()))


def check_comparison(text, alice, bob):
    title = 'A comparison'
    value = {name: bytes.fromhex(text.values(title, name)[0])
             for name in ('nonce_o', 'nonce_a', 'X', 'commitment', 'string')}
    comparison = Comparison()
    comparison.nonce, comparison.is_opener = value['nonce_o'], True
    compare('the digits', text.values(title, 'digits')[0], meeting.digits(value['string']))
    comparison.meeting = End(None, None)
    comparison.meeting.path, comparison.meeting.node = bob, alice
    comparison.meeting.secret, comparison.meeting.device = value['X'], 'bob'
    comparison.meeting.say = lambda *pairs: None
    alice.compared = {}
    compare('commitment', value['commitment'], comparison.commit(value['nonce_o']))
    comparison.take(records.Fields(records.write_fields(('nonce', value['nonce_a'].hex()))))
    compare('digits', text.values(title, 'digits')[0], alice.compared[bob.bare])


def check_records(text):
    """Each record in hex is one that this client reads, and writes as it was."""
    name, data = None, ''
    for line in text.lines[text.lines.index('### A session'):] + ['']:
        if re.match(r' {12}[0-9a-f]+$', line) and name:
            data += line.strip()
            continue
        if data:
            reader = records.Reader()
            reader.feed(bytes.fromhex(data))
            record = reader.next()
            compare('a record', name, records.name_of(record.type))
            compare(name, data, records.encode(*record).hex())
            if name not in ('ACK', 'PING', 'PONG') and not 32 <= record.type <= 63:
                compare(name, record.payload, records.write_fields(
                    *records.Fields(record.payload).pairs))
            name, data = None, ''
        said = re.match(r'    (?:alice|bob) +([A-Z-]+)', line)
        name = said.group(1) if said else name


if __name__ == '__main__':
    page = Text(sys.argv[1])
    one, other = check_keys(page)
    check_passes(page, one, other)
    check_comparison(page, one, other)
    check_records(page)
    print('%d of %d' % (checks - wrong, checks))
    sys.exit(1 if wrong else 0)
