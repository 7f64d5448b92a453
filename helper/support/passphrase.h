/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_PASSPHRASE_H
#define HELPER_PASSPHRASE_H

/* A passphrase, which is not shown while it is typed. */

#include <stdbool.h>

#include "buf.h"
#include "message.h"

/*
 * Appends to out the first line of the file, or, if file is NULL, what the user types on the
 * terminal; with twice they type it again. out is to be marked as secret. False with *trouble.
 */
bool passphrase_get(const char *file, bool twice, struct buf *out, struct message *trouble);

#endif
