/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accountfile.h"
#include "lockfile.h"
#include "log.h"
#include "random.h"
#include "state-files.h"

void identity_finish(struct identity *id, struct context *c)
{
	if (id->key)
		close(id->lock);
	device_key_destroy(id->key);
	trust_destroy(c->trust);
	invitations_destroy(c->invitations);
	joinings_destroy(c->joinings);
	id->key = NULL;
	c->fp = NULL;
	c->trust = NULL;
	c->invitations = NULL;
	c->joinings = NULL;
	*id->account = *c->device = *c->self = '\0';
}

int identity_lock(const char *account, struct message *trouble)
{
	char *path = accountfile_path(USERFILE_DATA, account, "lock", trouble);
	int fd;

	if (!path)
		return -1;
	fd = lockfile_take(path, trouble);
	if (fd < 0 && trouble->id == MSG_NONE)
		message_set(trouble, MSG_KEY_IN_USE, "jid", account, "path", path, NULL);
	free(path);
	return fd;
}

int identity_assume(struct identity *id, struct context *c, const char *account,
		    struct message *trouble)
{
	struct device_key *key;
	int lock;

	identity_finish(id, c);
	random_bytes(c->instance, sizeof(c->instance));
	c->trust = trust_create();
	c->invitations = invitations_create(c->digests->hmac);
	c->joinings = joinings_create();
	if (!account)
		return 0;
	key = state_files_key(account, trouble);
	lock = key ? identity_lock(account, trouble) : -1;
	if (lock < 0 || state_files_read_trust(account, c->trust, trouble) ||
	    state_files_read_invitations(account, c->invitations, trouble) ||
	    state_files_read_joinings(account, c->joinings, trouble)) {
		device_key_destroy(key);
		if (lock >= 0)
			close(lock);
		return -1;
	}
	id->key = key;
	id->lock = lock;
	c->fp = device_key_fingerprint(key);
	strcpy(id->account, account);
	strcpy(c->self, account);
	device_id_of(c->fp, c->device);
	log_info("for %s this is device %s", account, c->device);
	return 0;
}

bool identity_fits(const struct identity *id, const char *account)
{
	return account ? id->key && !strcmp(id->account, account) : !*id->account;
}
