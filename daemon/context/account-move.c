/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The order is what makes it one step. First the new address gets its table, which does
 * nothing without a key, and the old one the file that says where its device went, which does
 * nothing beside a key. Then the key is renamed. What is left at the old address is removed
 * afterwards, by whoever asks again if there was a crash before.
 */
#include "account-move.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accountfile.h"
#include "alloc.h"
#include "identity.h"
#include "log.h"
#include "state-files.h"

static char *data_file(const char *jid, const char *name, struct message *trouble)
{
	return accountfile_path(USERFILE_DATA, jid, name, trouble);
}

static bool has_key(const char *jid)
{
	struct message trouble;
	char *path = data_file(jid, "key", &trouble);
	bool is_there = path && !access(path, F_OK);

	free(path);
	return is_there;
}

bool account_move_done(const char *from, const char *to)
{
	char *went = has_key(from) ? NULL : state_files_moved(from, NULL);
	bool done = went && !strcmp(went, to) && has_key(to);

	free(went);
	return done;
}

/* Whether anything was decided about another device, of whomever, under this address. */
static bool has_decided(const char *jid, bool *decided, struct message *trouble)
{
	struct trust *trust = trust_create();
	int result = state_files_read_trust(jid, trust, trouble);

	*decided = false;
	for (const struct trusted_device *d = trust_first(trust); d; d = d->next)
		*decided |= d->state != TRUST_PENDING;
	trust_destroy(trust);
	return result == 0;
}

int account_move_check(const char *to, struct message *trouble)
{
	bool decided = false;
	int lock;

	if (has_key(to) && !has_decided(to, &decided, trouble))
		return -1;
	if (decided) {
		message_set(trouble, MSG_ACCOUNT_IN_USE, "jid", to, NULL);
		return -1;
	}
	lock = identity_lock(to, trouble);
	if (lock < 0)
		return -1;
	close(lock);
	return 0;
}

/* Removes one file. False with *trouble. */
static bool remove_file(enum userfile_place place, const char *jid, const char *name,
			struct message *trouble)
{
	char *path = accountfile_path(place, jid, name, trouble);
	bool gone = path && !userfile_remove(path, trouble);

	free(path);
	return gone;
}

/* What the new address needs before the key comes, and the old one when it has gone. */
static bool prepare(const char *from, const char *to, const struct trust *trust,
		    struct message *trouble)
{
	char *path, *line;
	bool good;

	/* Of an earlier stay at that address: they would be open again. */
	if (!remove_file(USERFILE_STATE, to, "invitations", trouble) ||
	    !remove_file(USERFILE_STATE, to, "joinings", trouble) ||
	    state_files_write_trust(to, trust, trouble))
		return false;
	path = data_file(from, "moved", trouble);
	line = xasprintf("%s\n", to);
	good = path && !userfile_write(path, line, strlen(line), trouble);
	free(line);
	free(path);
	return good;
}

static bool move_file(enum userfile_place place, const char *from, const char *to, const char *name,
		      struct message *trouble)
{
	char *old = accountfile_path(place, from, name, trouble);
	char *new = old ? accountfile_path(place, to, name, trouble) : NULL;
	bool moved = new && !userfile_move(old, new, trouble);

	free(new);
	free(old);
	return moved;
}

int account_move(const char *from, const char *to, const struct trust *trust,
		 struct message *trouble)
{
	int lock, result = -1;

	if (account_move_check(to, trouble))
		return -1;
	lock = identity_lock(to, trouble);
	if (lock < 0)
		return -1;
	if (prepare(from, to, trust, trouble) && move_file(USERFILE_DATA, from, to, "key", trouble))
		result = 0;
	close(lock);
	return result;
}

static void take_along(const char *from, const char *to, const char *name, struct message *trouble)
{
	char *path = accountfile_path(USERFILE_STATE, from, name, trouble);

	if (path && !access(path, F_OK))
		move_file(USERFILE_STATE, from, to, name, trouble);
	free(path);
}

void account_move_tidy(const char *from, const char *to)
{
	struct message trouble = { .id = MSG_NONE };

	if (!account_move_done(from, to))
		return;
	take_along(from, to, "notices", &trouble);
	/* Who invited us does not mind from which address we come. */
	take_along(from, to, "joinings", &trouble);
	remove_file(USERFILE_STATE, from, "invitations", &trouble);
	remove_file(USERFILE_STATE, from, "devices", &trouble);
	/* Beside a key nobody reads them. */
	remove_file(USERFILE_DATA, to, "moved", &trouble);
	remove_file(USERFILE_DATA, to, "key.exported", &trouble);
	if (trouble.id != MSG_NONE)
		log_warning("%s", trouble.text);
}
