/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_GREETING_H
#define DAEMON_GREETING_H

/*
 * A greeting: a path that somebody opened to us, until we know for which link
 * it is. TLS proves the key, the first record whose it is and which link is meant, the trust table
 * says whether it may have one; then it is the peer's, or it is closed.
 */

#include "broker.h"

/* An IBB_OPEN from a full JID. Answers it. */
void greeting_offered(struct broker *b, const struct ibb_stanza *open);

/* A path whose handshake is complete, from a device of jid (bare); it is the greeting's now. */
void greeting_take(struct broker *b, struct path *path, const char *jid, const unsigned char *fp);

/* Those of jid are closed, or only of one device of it, where the key is known; without a word. */
void greetings_shut_out(struct broker *b, const char *jid, const char *device);

/* The broker stops, or becomes another account's: all of them are closed. */
void greetings_end(struct broker *b);

#endif
