/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_ACCOUNTFILE_H
#define COMMON_ACCOUNTFILE_H

/*
 * Files that belong to one account of the user: accounts/<directory>/<name> in a place of
 * userfile.h. The directory is made from the account's JID, so each account has its own
 * files.
 */

#include "jid.h"
#include "userfile.h"

enum {
	ACCOUNT_DIRECTORY_MAX = 3 * JID_MAX + 64,	/* bytes, NUL included */
};

/*
 * The name of a bare JID's directory. Lower-case letters, digits, '@', '-', '_' and '.'
 * stand for themselves; any other byte, and a '.' at the beginning, becomes %<hex>. A name
 * that is too long for a file system goes on in a subdirectory, whose name begins with '+'.
 * Two JIDs never have the same directory, and the directory of one never collides with a
 * file of another.
 */
void accountfile_directory(const char *jid, char out[ACCOUNT_DIRECTORY_MAX]);

/* The path of an account's file. Result and errors as of userfile_path(). */
char *accountfile_path(enum userfile_place place, const char *jid, const char *name,
		       struct message *trouble);

/*
 * As accountfile_path(). If the account has no such file yet, an older file is moved to the
 * path: first one of the same account under another spelling of its JID (from before jid.h
 * normalised them), else the file that was there before accounts had files of their own.
 * The file is moved, not copied, so that no other account adopts it too.
 */
char *accountfile_adopt(enum userfile_place place, const char *jid, const char *name,
			struct message *trouble);

#endif
