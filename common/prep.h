/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_PREP_H
#define COMMON_PREP_H

/*
 * Strings as XMPP servers compare them: the profiles of stringprep (RFC 3454)
 * that Prosody and ejabberd apply, by libidn. Characters that Unicode 3.2 has not
 * assigned pass, as they do there.
 *
 * Each of these but the last changes text (UTF-8, in size bytes with its NUL) in place. False: it
 * cannot be such a thing, or does not fit; text is undefined then.
 */

#include <stdbool.h>
#include <stddef.h>

/* The local part of a JID: nodeprep (RFC 6122 appendix A). */
bool prep_node(char *text, size_t size);

/* What follows the '/': resourceprep (RFC 6122 appendix B). */
bool prep_resource(char *text, size_t size);

/*
 * A domain, in its one spelling in JIDs: each label by nameprep (RFC 3491), or, if it is an
 * A-label, as the U-label that it stands for (RFC 7622 3.2). One that stands for none stays as
 * it is.
 */
bool prep_domain(char *text, size_t size);

/*
 * A password as it enters SASL: SASLprep (RFC 4013). The result is malloced, to be wiped by the
 * caller; a password that SASLprep refuses is returned as it is, for the server to judge.
 */
char *prep_password(const char *password);

#endif
