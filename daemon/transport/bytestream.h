/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_BYTESTREAM_H
#define DAEMON_BYTESTREAM_H

/*
 * An XEP-0065 bytestream through a proxy, settled inside the link instead of by stanzas to the peer:
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
#include "proxies.h"
#include "quota.h"
#include "candidates.h"
#include "xmpp.h"

enum { BYTESTREAM_TIMEOUT = 15 * 1000 };

/*
 * We offer a proxy of ours to the device of that fingerprint. from, to: full JIDs. local: loopback and link-local addresses are allowed. key and xmpp
 * are borrowed and outlive it. send is called within, reached and failed never are. NULL if a JID is too long or
 * nothing can be looked up.
 */
struct bytestream *bytestream_offer(uv_loop_t *loop, const struct device_key *key, const unsigned char *fp,
				    struct xmpp *xmpp, const struct proxy *proxy, const char *from, const char *to, bool local,
				    const struct bytestream_events *events, void *owner);

/* The device offers one of its own. from must be its full JID and to ours, for the caller to check. NULL as above. */
struct bytestream *bytestream_answer(uv_loop_t *loop, const struct device_key *key, const unsigned char *fp,
				     const struct bytestream_record *offer, bool local,
				     const struct bytestream_events *events, void *owner);

/*
 * While the name that it was answered with is looked up, which may go on after its end, it holds a place
 * that was asked for jid. Right after bytestream_answer().
 */
void bytestream_hold(struct bytestream *b, struct quota *lookups, const char *jid);

/* A record for it, other than an offer; of another sid it is ignored. */
void bytestream_record(struct bytestream *b, const struct bytestream_record *record);

const char *bytestream_sid(const struct bytestream *b);

/* No event comes any more; the device is not told. NULL is fine. */
void bytestream_destroy(struct bytestream *b);

#endif
