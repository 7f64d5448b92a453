/* SPDX-License-Identifier: GPL-3.0-or-later */

/*
 * libstrophe up to 0.12.2 follows a null pointer in two places when a server says something
 * odd: stream features without <bind/> after the login (xmpp_stanza_copy() of NULL), and an
 * empty <stream:error/> (xmpp_stanza_get_next() of NULL). libstrophe calls both functions by
 * their exported names, so the definitions here come before its own. They return NULL for
 * NULL, which libstrophe can handle.
 */

#include <dlfcn.h>
#include <stddef.h>
#include <strophe.h>

xmpp_stanza_t *xmpp_stanza_copy(const xmpp_stanza_t *stanza)
{
	static xmpp_stanza_t *(*copy)(const xmpp_stanza_t *);

	if (!copy)
		copy = (xmpp_stanza_t * (*)(const xmpp_stanza_t *))
			dlsym(RTLD_NEXT, "xmpp_stanza_copy");
	return stanza && copy ? copy(stanza) : NULL;
}

xmpp_stanza_t *xmpp_stanza_get_next(xmpp_stanza_t *stanza)
{
	static xmpp_stanza_t *(*next)(xmpp_stanza_t *);

	if (!next)
		next = (xmpp_stanza_t * (*)(xmpp_stanza_t *))
			dlsym(RTLD_NEXT, "xmpp_stanza_get_next");
	return stanza && next ? next(stanza) : NULL;
}
