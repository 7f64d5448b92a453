/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "strophe-text.h"

/*
 * As in strophe-guards.c, the definition of xmpp_stanza_to_text() here comes before that of the
 * library, which calls it by its exported name.
 */

#include <dlfcn.h>
#include <stddef.h>
#include <strophe.h>

static bool unwanted;

void strophe_text_wanted(bool wanted)
{
	unwanted = !wanted;
}

int xmpp_stanza_to_text(xmpp_stanza_t *stanza, char **text, size_t *n)
{
	static int (*write_out)(xmpp_stanza_t *, char **, size_t *);

	if (unwanted)
		return XMPP_EINVOP;
	if (!write_out)
		write_out = (int (*)(xmpp_stanza_t *, char **, size_t *))dlsym(
			RTLD_NEXT, "xmpp_stanza_to_text");
	return write_out ? write_out(stanza, text, n) : XMPP_EINVOP;
}
