/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_S5B_H
#define DAEMON_S5B_H

/*
 * An XEP-0065 bytestream through a proxy, negotiated inside the link instead of by stanzas to
 * the peer:
 *
 *   offering side                          other side
 *   offer (jid, host, port, from, to) ->
 *   resolves host, checks the address,     the same
 *   joins the proxy
 *                                     <-   joined; waits as TLS server
 *   activates (iq to the proxy),
 *   TLS client                        ->   established
 *
 * A side that fails tells the other one (failed), which ends it on both. A timer runs in
 * every state.
 */

#include <uv.h>

#include "attempts.h"
#include "tls-path.h"
#include "s5b-proxies.h"
#include "quota.h"
#include "candidates.h"
#include "account.h"

enum { S5B_TIMEOUT = 15 * 1000 };

/*
 * Offers a proxy of ours to the device with fingerprint fp. from and to are full JIDs. local:
 * loopback and link-local addresses are allowed. key and xmpp are borrowed and outlive the
 * s5b. `send` is called within the call, `reached` and `failed` never are. NULL if a JID is
 * too long or no look-up can be started.
 */
struct s5b *s5b_offer(uv_loop_t *loop, const struct device_key *key, const unsigned char *fp,
		      struct account *xmpp, const struct s5b_proxy *proxy, const char *from,
		      const char *to, bool local, const struct s5b_events *events, void *owner);

/*
 * Answers the device's offer of a proxy. The caller checks that from is the device's full JID
 * and to is ours. NULL as above.
 */
struct s5b *s5b_answer(uv_loop_t *loop, const struct device_key *key, const unsigned char *fp,
		       const struct s5b_record *offer, bool local,
		       const struct s5b_events *events, void *owner);

/*
 * Takes a place in lookups, for jid, while the offered host is looked up, which may go on
 * after the bytestream's end. To be called right after s5b_answer(), when quota_ask() has
 * allowed it.
 */
void s5b_hold(struct s5b *b, struct quota *lookups, const char *jid);

/* Handles a record other than an offer; one with another sid is ignored. */
void s5b_record(struct s5b *b, const struct s5b_record *record);

const char *s5b_sid(const struct s5b *b);

/* No event comes any more; the device is not told. b may be NULL. */
void s5b_destroy(struct s5b *b);

#endif
