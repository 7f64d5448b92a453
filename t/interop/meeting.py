# SPDX-License-Identifier: GPL-3.0-or-later
"""Meetings: what is said whether or not two devices trust each other (section 4)."""

import records
from records import TYPES, Broken, Fields


class Meeting:
    """One of them. This client knows no kind of it, and says so."""

    def __init__(self, node, path):
        self.node, self.path = node, path
        self.taken = 0

    def record(self, record):
        if record.type == TYPES['BYE']:
            return self.path.end('bye')
        if record.type != TYPES['MEET']:
            raise Broken('%s record: may not come in a meeting' % records.name_of(record.type))
        self.taken += 1
        fields = Fields(record.payload)
        kind = fields.need('kind')
        if self.taken > 32:
            return self.path.end('too many')
        if fields.get('state') is None:
            self.path.send(TYPES['MEET'], 0, records.write_fields(('kind', kind),
                                                                 ('state', 'unsupported')))
