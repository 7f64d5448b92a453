/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "follow-config.h"

#include <git2.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "config.h"
#include "jid.h"
#include "log.h"

static const char section[] = "xmppfollow.";

/* Whether it is xmppfollow.<jid>/<share>.remote. */
static bool is_follow(const git_config_entry *entry)
{
	const char *last = strrchr(entry->name, '.');

	return !strncmp(entry->name, section, strlen(section)) && last > entry->name + strlen(section) &&
	       !strcmp(last, ".remote");
}

/* The name in the middle, malloc'd. */
static char *name_of(const git_config_entry *entry)
{
	const char *name = entry->name + strlen(section);

	return xstrndup(name, strrchr(name, '.') - name);
}

/* "origin /home/alice/project/.git": no remote's name has a space. */
static void take(struct follows *follows, const git_config_entry *entry)
{
	char *name = name_of(entry), *share = strchr(name, '/');
	const char *value = entry->value ? entry->value : "", *path = strchr(value, ' ');
	char *remote = path ? xstrndup(value, path - value) : NULL;
	char jid[JID_MAX];

	if (share)
		*share++ = '\0';
	if (!share || !jid_bare(name, jid) || !share_name_valid(share))
		log_warning("%s: expected [xmppFollow \"<jid>/<share>\"]", entry->name);
	else if (!remote || !*remote || *remote == '-' || path[1] != '/')
		log_warning("%s: expected the name of a remote and the absolute path of a git directory",
			    entry->name);
	else if (!follow_add(follows, jid, share, path + 1, remote))
		log_warning("%s: more than %d followed shares", entry->name, FOLLOWS_MAX);
	free(remote);
	free(name);
}

bool config_read_follows(struct follows *follows)
{
	git_config *all = config_open_global();
	git_config_iterator *it;
	git_config_entry *entry;

	if (!all)
		return false;
	if (git_config_iterator_new(&it, all) == 0) {
		while (git_config_next(&entry, it) == 0)
			if (is_follow(entry))
				take(follows, entry);
		git_config_iterator_free(it);
	}
	git_config_free(all);
	return true;
}
