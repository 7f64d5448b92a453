/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_EXPAT_GUARD_H
#define DAEMON_EXPAT_GUARD_H

/*
 * Filters what libstrophe's XML parser reports; see expat-guard.c. It needs a program that
 * exports its functions (meson: export_dynamic), and no call.
 */

#include <stdbool.h>

/*
 * Why the stream read last must be cut, as a text for the user, or NULL. libstrophe gets
 * nothing more of that stream. To be asked after each read.
 */
const char *expat_guard_trouble(void);

/*
 * To be asked within the handler of a stanza: part of it was left out, so it must not be
 * trusted.
 */
bool expat_guard_pruned(void);

/*
 * To be called within the handler of a stanza that ends its stream, because TLS begins: more in
 * plain text may be from anybody, and ends the connection. Elsewhere it does nothing.
 */
void expat_guard_last(void);

#endif
