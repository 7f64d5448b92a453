/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_REPORT_H
#define HELPER_REPORT_H

/*
 * What git xmpp doctor --report prints: versions, findings, the names of the settings and the
 * last lines of the log, all of it masked (masking.h). Values of settings are told only if they
 * are numbers, booleans, or kinds of paths.
 */

#include "buf.h"
#include "look.h"

void report_put(const struct look *look, struct buf *out);

#endif
