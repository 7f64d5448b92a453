/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_ACCOUNTFILE_H
#define COMMON_ACCOUNTFILE_H

/*
 * Files of the user's that belong to one account: accounts/<directory>/<name> in the place of
 * userfile.h, where the directory says which account it is. Each account has its own of them.
 */

#include "jid.h"
#include "userfile.h"

enum {
	ACCOUNT_DIRECTORY_MAX = 3 * JID_MAX + 64,	/* bytes, NUL included */
};

/*
 * The directory of a bare JID: letters, digits, '@', '-', '_' and '.' stand for themselves, any
 * other byte, and a '.' at the beginning, for %<hex>. What is longer than a file name may be
 * goes on in a directory below, whose name begins with '+'. Two JIDs never have the same, nor
 * one inside the other's files.
 */
void accountfile_directory(const char *jid, char out[ACCOUNT_DIRECTORY_MAX]);

/* As userfile_path(). */
char *accountfile_path(enum userfile_place place, const char *jid, const char *name,
		       struct message *trouble);

/*
 * The same; and the file of that name which was there before accounts had their own becomes this
 * account's, if it has none; before that, one in a directory of the JID as it was written
 * before jid.h gave both one normal form. It is moved, so that no other account has it too.
 */
char *accountfile_adopt(enum userfile_place place, const char *jid, const char *name,
			struct message *trouble);

#endif
