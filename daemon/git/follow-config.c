/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "follow-config.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "jid.h"
#include "log.h"

/* The value is like "origin /home/alice/project/.git"; a remote's name has no space. */
static void take(struct follows *follows, const struct gitconfig_entry *entry, char *name)
{
	const char *value = entry->value ? entry->value : "", *path = strchr(value, ' ');
	char *share = strchr(name, '/');
	char *remote = path ? xstrndup(value, path - value) : NULL;
	char jid[JID_MAX];

	if (share)
		*share++ = '\0';
	if (!share || !jid_bare(name, jid) || !share_name_valid(share))
		log_warning("%s: expected [xmppFollow \"<jid>/<share>\"]", entry->key);
	else if (!remote || !*remote || *remote == '-' || path[1] != '/')
		log_warning("%s: expected the name of a remote and the absolute path of a git "
			    "directory",
			    entry->key);
	else if (!follows_add(follows, jid, share, path + 1, remote))
		log_warning("%s: more than %d followed shares", entry->key, FOLLOWS_MAX);
	free(remote);
}

void config_read_follows(const struct config *config, struct follows *follows)
{
	const struct gitconfig *all = &config->all;

	for (size_t i = 0; i < all->count; i++) {
		const char *name, *key;
		size_t len;
		char *copy;

		key = gitconfig_variable(&all->rows[i], "xmppfollow", &name, &len);
		if (!key || strcmp(key, "remote"))
			continue;
		copy = xstrndup(name, len);
		if (config_is_ours(config, "xmppfollow", copy))
			take(follows, &all->rows[i], copy);
		free(copy);
	}
}
