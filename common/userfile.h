/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_USERFILE_H
#define COMMON_USERFILE_H

/*
 * Files of the user's that the broker and the command keep, in directories of
 * mode 0700: $XDG_STATE_HOME/git-xmpp and $XDG_DATA_HOME/git-xmpp. Read and written whole.
 */

#include "buf.h"
#include "message.h"

enum userfile_place { USERFILE_STATE, USERFILE_DATA };

enum { USERFILE_MAX = 4 * 1024 * 1024 };

/* The path of a file, malloc'd; nothing is made. NULL if it is nowhere: HOME is not set. */
char *userfile_name(enum userfile_place place, const char *name);

/*
 * The path of a file, malloc'd. Its directory is made, also where name is like
 * "queue/q1". NULL with *trouble.
 */
char *userfile_path(enum userfile_place place, const char *name, struct message *trouble);

/* Appends what is in it. 0; 1 if there is no such file; -1 with *trouble. */
int userfile_read(const char *path, struct buf *out, struct message *trouble);

/*
 * Writes a new file, of at most USERFILE_MAX, and puts it in the place of the old one, mode
 * 0600; after a crash it is the one or the other. 0: it is on the disk. -1 with *trouble: the
 * old one is still there, unless it is only not known whether the disk has the new one.
 */
int userfile_write(const char *path, const char *data, size_t n, struct message *trouble);

/* 0, also when there was none: it does not come back. -1 with *trouble. */
int userfile_remove(const char *path, struct message *trouble);

#endif
