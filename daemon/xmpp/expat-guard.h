/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_EXPAT_GUARD_H
#define DAEMON_EXPAT_GUARD_H

/*
 * Filters what libstrophe's XML parser reports; see expat-guard.c. It needs a program that
 * exports its functions (meson: export_dynamic), and one call around each read.
 */

#include <stdbool.h>

/*
 * Says whose stream is read from here on, until another one is: *trouble gets why that stream
 * must be cut, a static text for the user, and keeps its value if there is no reason. libstrophe
 * gets nothing more of such a stream. trouble is borrowed; NULL: nobody's stream is read.
 */
void expat_guard_watch(const char **trouble);

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
