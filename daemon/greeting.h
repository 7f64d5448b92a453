/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_GREETING_H
#define DAEMON_GREETING_H

/*
 * A greeting: an in-band path that somebody opened to us, until we know whose
 * it is. TLS proves the key, the trust table says whether it may have a link, its first
 * record says which link; then it is the peer's, or it is closed.
 */

#include "broker.h"

/* An IBB_OPEN from a full JID. Answers it. */
void greeting_take(struct broker *b, const struct ibb_stanza *open);

#endif
