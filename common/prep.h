/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_PREP_H
#define COMMON_PREP_H

/*
 * Strings as XMPP servers compare them: the profiles of stringprep (RFC 3454) that Prosody
 * and ejabberd apply, by libidn. Characters that Unicode 3.2 has not assigned pass, as they
 * do there.
 *
 * Each function but the last changes text (UTF-8, in a buffer of size bytes, NUL included)
 * in place. False if the text cannot be such a part or does not fit; its content is then
 * undefined.
 */

#include <stdbool.h>
#include <stddef.h>

/* The local part of a JID: nodeprep (RFC 6122 appendix A). */
bool prep_node(char *text, size_t size);

/* The resource of a JID, after the '/': resourceprep (RFC 6122 appendix B). */
bool prep_resource(char *text, size_t size);

/*
 * A domain, in its one spelling in JIDs: each label by nameprep (RFC 3491), and an A-label
 * as the U-label that it stands for (RFC 7622 3.2). An A-label that stands for no U-label
 * stays as it is.
 */
bool prep_domain(char *text, size_t size);

/*
 * A password as SASL wants it: SASLprep (RFC 4013). The result is malloc'd, and the caller
 * wipes it. A password that SASLprep refuses is returned unchanged: the server decides
 * about it.
 */
char *prep_password(const char *password);

#endif
