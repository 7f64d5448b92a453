/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_STATUS_JSON_H
#define HELPER_STATUS_JSON_H

/* git xmpp status, for programs. */

#include "query.h"

/*
 * Appends the broker's answer to verb=status as one object, or prints it on a line. An answer
 * without rows means that no broker runs.
 */
void status_json_put(const struct query *answer, struct buf *out);
void status_json(const struct query *answer);
/* Of the same answer only the transfers, as an object of their own. */
void status_json_transfers(const struct query *answer);

#endif
