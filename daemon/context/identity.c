/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "accountfile.h"
#include "lockfile.h"
#include "log.h"
#include "random.h"
#include "store.h"

void identity_finish(struct broker *b)
{
	if (b->key)
		close(b->key_lock);
	device_key_destroy(b->key);
	trust_destroy(b->context.trust);
	b->key = NULL;
	b->context.fp = NULL;
	b->context.trust = NULL;
	b->inbands.key = NULL;
	*b->account = *b->context.device = *b->context.self = '\0';
}

/* Two brokers with one key would throw each other off the server. -1 with *trouble. */
static int lock_key(const char *jid, struct message *trouble)
{
	char *path = accountfile_path(USERFILE_DATA, jid, "lock", trouble);
	int fd;

	if (!path)
		return -1;
	fd = lockfile_take(path, trouble);
	if (fd < 0 && trouble->id == MSG_NONE)
		message_set(trouble, MSG_KEY_IN_USE, "jid", jid, "path", path, NULL);
	free(path);
	return fd;
}

int identity_assume(struct broker *b, struct message *trouble)
{
	const char *jid = b->config->jid;
	struct device_key *key;
	int lock;

	identity_finish(b);
	random_bytes(b->context.instance, sizeof(b->context.instance));
	b->context.trust = trust_create();
	if (!b->config->account)
		return 0;
	key = store_key(jid, trouble);
	lock = key ? lock_key(jid, trouble) : -1;
	if (lock < 0 || store_read_trust(jid, b->context.trust, trouble)) {
		device_key_destroy(key);
		if (lock >= 0)
			close(lock);
		return -1;
	}
	b->key = key;
	b->context.fp = device_key_fingerprint(key);
	b->key_lock = lock;
	b->inbands.key = key;
	strcpy(b->account, jid);
	strcpy(b->context.self, jid);
	device_id_of(device_key_fingerprint(key), b->context.device);
	log_info("for %s this is device %s", jid, b->context.device);
	return 0;
}

bool identity_fits(const struct broker *b)
{
	return b->config->account ? b->key && !strcmp(b->account, b->config->jid) : !*b->account;
}
