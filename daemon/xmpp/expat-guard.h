/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef DAEMON_EXPAT_GUARD_H
#define DAEMON_EXPAT_GUARD_H

/*
 * What stands between libstrophe and its parser; see expat-guard.c. It works in a
 * program that exports its functions (meson: export_dynamic), and there by itself.
 */

#include <stdbool.h>

/*
 * Why the stream that was read last is to be cut, for the user, or NULL. Nothing of
 * it reaches libstrophe any more. Asked after each read.
 */
const char *expat_guard_trouble(void);

/* Within the handler of a stanza: something of it was left out, so it means nothing. */
bool expat_guard_pruned(void);

#endif
