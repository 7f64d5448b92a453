/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_S5B_H
#define DAEMON_S5B_H

/*
 * An XEP-0065 bytestream through a proxy, settled inside the link instead of by stanzas to the
 * peer:
 *
 *   offering side                          other side
 *   offer (jid, host, port, from, to) ->
 *   resolves host, checks the address,     the same
 *   joins the proxy
 *                                     <-   joined; waits as TLS server
 *   activates (iq to the proxy),
 *   TLS client                        ->   established
 *
 * Either side's failure is told (failed) and ends it on both; a timer runs in every state.
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
 * We offer a proxy of ours to the device of that fingerprint. from, to: full JIDs. local:
 * loopback and link-local addresses are allowed. key and xmpp are borrowed and outlive it. send
 * is called within, reached and failed never are. NULL if a JID is too long or nothing can be
 * looked up.
 */
struct s5b *s5b_offer(uv_loop_t *loop, const struct device_key *key, const unsigned char *fp,
		      struct account *xmpp, const struct s5b_proxy *proxy, const char *from,
		      const char *to, bool local, const struct s5b_events *events, void *owner);

/*
 * The device offers one of its own. from must be its full JID and to ours, for
 * the caller to check. NULL as above.
 */
struct s5b *s5b_answer(uv_loop_t *loop, const struct device_key *key, const unsigned char *fp,
		       const struct s5b_record *offer, bool local,
		       const struct s5b_events *events, void *owner);

/*
 * While the name that it was answered with is looked up, which may go on after its end, it
 * holds a place that was asked for jid. Right after s5b_answer().
 */
void s5b_hold(struct s5b *b, struct quota *lookups, const char *jid);

/* A record for it, other than an offer; of another sid it is ignored. */
void s5b_record(struct s5b *b, const struct s5b_record *record);

const char *s5b_sid(const struct s5b *b);

/* No event comes any more; the device is not told. NULL is fine. */
void s5b_destroy(struct s5b *b);

#endif
