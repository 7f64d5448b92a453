/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_USERFILE_H
#define COMMON_USERFILE_H

/*
 * Files that the broker and the command keep for the user, in directories of mode 0700:
 * $XDG_STATE_HOME/git-xmpp and $XDG_DATA_HOME/git-xmpp. They are read and written whole.
 */

#include "buf.h"
#include "message.h"

enum userfile_place { USERFILE_STATE, USERFILE_DATA };

enum { USERFILE_MAX = 4 * 1024 * 1024 };

/*
 * The path of a file, malloc'd; nothing is created. NULL if neither HOME nor the XDG
 * variable is an absolute path.
 */
char *userfile_name(enum userfile_place place, const char *name);

/*
 * The path of a file, malloc'd. Its directory is created, also if name has a directory,
 * like "queue/q1". NULL with *trouble.
 */
char *userfile_path(enum userfile_place place, const char *name, struct message *trouble);

/* Appends the content of the file. 0; 1 if there is no such file; -1 with *trouble. */
int userfile_read(const char *path, struct buf *out, struct message *trouble);

/*
 * Replaces a file by a new one of mode 0600, of at most USERFILE_MAX bytes. After a crash
 * there is either the old file or the new one. 0: the new file is on the disk. -1 with
 * *trouble: the old file is still there; but if only the sync of the directory failed, the
 * new one is there, and may not survive a crash.
 */
int userfile_write(const char *path, const char *data, size_t n, struct message *trouble);

/*
 * Gives a file another path, in one step; what was there before is gone. 0: it is there after
 * a crash, too, as far as the file system can promise that. -1 with *trouble: it is where it
 * was.
 */
int userfile_move(const char *from, const char *to, struct message *trouble);

/*
 * Removes a file so that it does not come back after a crash. 0, also if there was none. -1
 * with *trouble.
 */
int userfile_remove(const char *path, struct message *trouble);

#endif
