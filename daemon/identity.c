/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "identity.h"

#include <string.h>

#include "log.h"
#include "store.h"

void identity_finish(struct broker *b)
{
	device_key_destroy(b->key);
	trust_destroy(b->trust);
	b->key = NULL;
	b->trust = NULL;
	b->inbands.key = NULL;
	*b->account = *b->device = *b->self = '\0';
}

int identity_assume(struct broker *b, struct message *trouble)
{
	const char *jid = b->config->jid;
	struct device_key *key;

	identity_finish(b);
	random_bytes(b->instance, sizeof(b->instance));
	b->trust = trust_create();
	if (!b->config->account)
		return 0;
	key = store_key(jid, trouble);
	if (!key)
		return -1;
	if (store_read_trust(jid, b->trust, trouble)) {
		device_key_destroy(key);
		return -1;
	}
	b->key = key;
	b->inbands.key = key;
	strcpy(b->account, jid);
	strcpy(b->self, jid);
	device_id_of(device_key_fingerprint(key), b->device);
	log_info("for %s this is device %s", jid, b->device);
	return 0;
}

bool identity_fits(const struct broker *b)
{
	return b->config->account ? b->key && !strcmp(b->account, b->config->jid) : !*b->account;
}
