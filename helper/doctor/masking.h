/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_MASKING_H
#define HELPER_MASKING_H

/*
 * Makes text safe to be posted: names of people, machines, repositories and files become
 * placeholders like buddy-1@server-1. The same name has the same placeholder throughout one
 * masking, so the text still tells who did what with whom. In doubt a word is masked. Pure.
 *
 * Masked is what is known (masking_know()) and what looks like it:
 *	an address of XMPP, with what follows its "/"	buddy-1@server-1/...
 *	text in single quotes				'name-1'
 *	an address of the Internet, with its port	address-1
 *	a word with a "/", which may be a path		path-1
 *	a word with a "." between letters		server-1
 *	hexadecimal digits, an id of a device		id-1
 *	a fingerprint, in groups of four digits		id-1
 *	what follows a "=", in a word			...
 *	a word that is very long, or not ASCII		name-1
 */

#include <stddef.h>

#include "buf.h"

enum mask {
	MASK_BUDDY,
	MASK_SERVER,
	MASK_ACCOUNT,
	MASK_SHARE,
	MASK_REMOTE,
	MASK_ADDRESS,
	MASK_PATH,
	MASK_ID,
	MASK_NAME,
	MASK_COUNT
};

struct masking {
	struct masked {
		char *text; /* owned */
		enum mask mask;
		unsigned number;
		bool known; /* looked for everywhere, not only where it stands alone */
	} * rows;	    /* owned */
	size_t count;
};

/* From now on this name is masked wherever it stands. NULL, and fewer than 2 bytes: nothing. */
void masking_know(struct masking *m, enum mask mask, const char *text);

/* Appends the placeholder of a name, like "share-2". */
void masking_name(struct masking *m, enum mask mask, const char *text, struct buf *out);

/* Appends a line of text without what is not to be told. */
void masking_line(struct masking *m, const char *line, struct buf *out);
void masking_finish(struct masking *m);

#endif
