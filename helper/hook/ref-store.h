/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_REF_STORE_H
#define HELPER_REF_STORE_H

/*
 * Which refs of the repository stand for another one (git-symbolic-ref(1)), also for one that is
 * not there. Only git reads what a ref stands for; but a push may name thousands, and a git for
 * each of them takes seconds. So those are passed over that cannot be symbolic: where refs are
 * files, one that has no file, or a plain one that does not begin with "ref:"
 * (gitrepository-layout(5)). Where refs are stored otherwise git is asked about each.
 */

#include <stdbool.h>

#include "buf.h"

struct ref_store {
	char *directories[2];	/* where the files of refs are; owned; NULL: there may be none */
};

/* Asks git where refs are stored. */
void ref_store_begin(struct ref_store *s);
void ref_store_finish(struct ref_store *s);

/* Appends the ref that this one stands for; false if it stands for itself. */
bool ref_store_target(const struct ref_store *s, const char *ref, struct buf *target);

#endif
