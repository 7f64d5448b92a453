/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_STROPHE_TEXT_H
#define DAEMON_STROPHE_TEXT_H

/*
 * libstrophe writes each stanza that it has read out as text again, for its log, whether or not
 * anybody reads that. For a block of an in-band path this is a quarter of all that its receiver
 * computes.
 */

#include <stdbool.h>

/*
 * Whether xmpp_stanza_to_text() gives a text (as at the start). If not, it fails: libstrophe has
 * nothing for its log, and xmpp_send() sends nothing.
 */
void strophe_text_wanted(bool wanted);

#endif
