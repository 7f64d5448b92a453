/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "srv.h"

/*
 * The C library's resolver is always there, and reads the same configuration as
 * getaddrinfo(), which looks up the hosts. musl has no res_nquery(), so res_query() is used:
 * musl's keeps no state, and has the time-outs of resolv.conf.
 */

#include <arpa/nameser.h>
#include <netinet/in.h>
#include <resolv.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"

enum {
	ANSWER_MAX = 65535,	/* bytes; the longest answer over TCP */
	DNS_RETRANS = 3,	/* seconds, doubled for the second try */
	DNS_TRIES = 2,
};

size_t srv_read(const unsigned char *answer, size_t len, bool direct_tls, struct srv_target *out,
		size_t max, bool *denied)
{
	ns_msg msg;
	ns_rr rr;
	size_t n = 0;

	if (len > ANSWER_MAX || ns_initparse(answer, (int)len, &msg) < 0)
		return 0;
	for (int i = 0; i < ns_msg_count(msg, ns_s_an) && n < max; i++) {
		const unsigned char *data;
		struct srv_target *t = &out[n];

		if (ns_parserr(&msg, ns_s_an, i, &rr) < 0 || ns_rr_type(rr) != ns_t_srv ||
		    ns_rr_rdlen(rr) < 7)
			continue;
		data = ns_rr_rdata(rr);
		*t = (struct srv_target){ .direct_tls = direct_tls };
		if (dn_expand(ns_msg_base(msg), ns_msg_end(msg), data + 6, t->host,
			      sizeof(t->host)) < 0)
			continue;
		if (!t->host[0] || !strcmp(t->host, ".")) {
			*denied = true;
			continue;
		}
		t->priority = (uint16_t)ns_get16(data);
		t->weight = (uint16_t)ns_get16(data + 2);
		t->port = (uint16_t)ns_get16(data + 4);
		n++;
	}
	return n;
}

/* The length of the answer, or -1. */
static int query(const char *name, unsigned char *answer)
{
#ifdef HAVE_RES_NQUERY
	struct __res_state state = { 0 };
	int len;

	if (res_ninit(&state))
		return -1;
	state.retrans = DNS_RETRANS;
	state.retry = DNS_TRIES;
	len = res_nquery(&state, name, ns_c_in, ns_t_srv, answer, ANSWER_MAX);
	res_nclose(&state);
	return len;
#else
	return res_query(name, ns_c_in, ns_t_srv, answer, ANSWER_MAX);
#endif
}

size_t srv_ask(const char *service, const char *domain, bool direct_tls, struct srv_target *out,
	       size_t max, bool *denied)
{
	char name[SRV_TARGET_HOST_MAX + 32];
	unsigned char *answer = xmalloc(ANSWER_MAX);
	size_t n = 0;
	int len;

	snprintf(name, sizeof(name), "%s.%s", service, domain);
	len = query(name, answer);
	if (len > 0)
		n = srv_read(answer, (size_t)len, direct_tls, out, max, denied);
	free(answer);
	return n;
}
