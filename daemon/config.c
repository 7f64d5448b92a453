/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <git2.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "jid.h"
#include "log.h"
#include "ways.h"

git_config *config_open_global(void)
{
	git_config *all = NULL, *snapshot = NULL;
	const char *file = getenv("GIT_CONFIG_GLOBAL");
	int error;

	/* libgit2 does not know this variable; "git config --global" writes where it says. */
	error = file && *file ? git_config_open_ondisk(&all, file) : git_config_open_default(&all);
	if (error == 0 && git_config_snapshot(&snapshot, all) < 0)
		snapshot = NULL;
	git_config_free(all);
	if (!snapshot) {
		const git_error *e = git_error_last();

		log_error("cannot read the git configuration: %s", e ? e->message : "unknown error");
	}
	return snapshot;
}

static char *get(git_config *all, const char *account, const char *key)
{
	char *name = account ? xasprintf("xmpp.%s.%s", account, key) : xasprintf("xmpp.%s", key);
	const char *value = NULL;
	char *copy = NULL;

	if (git_config_get_string(&value, all, name) == 0 && value && *value)
		copy = xstrdup(value);
	free(name);
	return copy;
}

/* The name in the middle of section.name.key; NULL if it has none. */
static char *subsection(const char *name)
{
	const char *first = strchr(name, '.'), *last = strrchr(name, '.');

	if (!first || first == last)
		return NULL;
	return xstrndup(first + 1, last - first - 1);
}

/* Whether a variable is section.<name>.key; with key NULL, any of the section's. */
static bool is_variable(const char *variable, const char *section, const char *key)
{
	size_t n = strlen(section);
	const char *last = strrchr(variable, '.');

	return !strncmp(variable, section, n) && variable[n] == '.' && last > variable + n &&
	       (!key || !strcmp(last + 1, key));
}

/* The only account there is, when xmpp.account does not name one. */
static char *only_account(git_config *all)
{
	git_config_iterator *it;
	git_config_entry *entry;
	char *account = NULL;

	/* Not the iterator with a pattern: it leaks what PCRE2 allocated. */
	if (git_config_iterator_new(&it, all))
		return NULL;
	while (git_config_next(&entry, it) == 0) {
		char *name;

		if (!is_variable(entry->name, "xmpp", "jid"))
			continue;
		name = subsection(entry->name);
		if (account && name && strcmp(account, name)) {
			log_warning("several accounts are configured; xmpp.account must say which to use");
			free(account);
			free(name);
			account = NULL;
			break;
		}
		free(account);
		account = name;
	}
	git_config_iterator_free(it);
	return account;
}

static int64_t get_int(git_config *all, const char *name, int64_t fallback, int64_t max)
{
	int64_t value;
	int error = git_config_get_int64(&value, all, name);

	if (error == GIT_ENOTFOUND)
		return fallback;
	if (error || value < 0 || value > max) {
		log_error("%s must be a number from 0 to %lld", name, (long long)max);
		return fallback;
	}
	return value;
}

static bool get_bool(git_config *all, const char *name, bool fallback)
{
	int value, error = git_config_get_bool(&value, all, name);

	if (error && error != GIT_ENOTFOUND) {
		log_error("%s must be true or false", name);
		return false;
	}
	return error ? fallback : value;
}

static void add_direct_address(struct config *c, const char *value)
{
	struct netaddr *a = &c->direct_extra[c->n_direct_extra];

	if (c->n_direct_extra == DIRECT_EXTRA_MAX)
		log_error("xmpp.directAddress: more than %d of them", DIRECT_EXTRA_MAX);
	else if (!value || !netaddr_parse(value, a))
		log_error("xmpp.directAddress: '%s' is not like 192.0.2.7:4711 or [2001:db8::7]:4711", value ? value : "");
	else
		c->n_direct_extra++;
}

static enum direct_addresses get_direct_addresses(git_config *all)
{
	char *value = get(all, NULL, "directaddresses");
	bool configured = value && !strcmp(value, "configured");

	free(value);
	if (configured)
		return DIRECT_CONFIGURED;
	return get_bool(all, "xmpp.directaddresses", true) ? DIRECT_ALL : DIRECT_NEVER;
}

/* How links may travel. Privacy fails closed: what cannot be understood shows no address. */
static void read_transport(struct config *c, git_config *all)
{
	char *transport = get(all, NULL, "transport");
	git_config_iterator *it;
	git_config_entry *entry;

	if (transport) {
		c->transport = ways_transport(transport);
		if (!c->transport) {
			log_error("xmpp.transport must be auto, direct, proxy or inband");
			c->transport = ROUTE_MASK(PATH_INBAND);
		}
		free(transport);
	}
	c->direct_addresses = get_direct_addresses(all);
	c->direct_local = get_bool(all, "xmpp.directlocal", false);
	c->direct_port = get_int(all, "xmpp.directport", 0, UINT16_MAX);
	c->bandwidth = get_int(all, "xmpp.bandwidth", 0, INT64_MAX);
	c->receive_memory = get_int(all, "xmpp.receivememory", RECEIVE_MEMORY, INT64_MAX);
	c->upload_memory = get_int(all, "xmpp.uploadmemory", UPLOAD_MEMORY, INT64_MAX);
	c->path_timeout = get_int(all, "xmpp.pathtimeout", PATH_TIMEOUT, PATH_TIMEOUT_MAX);
	if (git_config_iterator_new(&it, all))
		return;
	while (git_config_next(&entry, it) == 0)
		if (!strcmp(entry->name, "xmpp.directaddress"))
			add_direct_address(c, entry->value);
	git_config_iterator_free(it);
}

struct config *config_read(void)
{
	struct config *c = xcalloc(1, sizeof(*c));
	git_config *all = config_open_global();
	char bare[JID_MAX], *jid;

	c->transport = ROUTE_ALL;
	c->path_timeout = PATH_TIMEOUT;
	c->receive_memory = RECEIVE_MEMORY;
	c->upload_memory = UPLOAD_MEMORY;
	if (!all)
		return c;
	read_transport(c, all);
	c->account = get(all, NULL, "account");
	if (!c->account)
		c->account = only_account(all);
	if (c->account) {
		jid = get(all, c->account, "jid");
		if (jid && jid_bare(jid, bare)) {
			c->jid = xstrdup(bare);
		} else {
			log_error("xmpp.%s.jid is not an address like alice@example.org", c->account);
			free(c->account);
			c->account = NULL;
		}
		free(jid);
	}
	if (c->account) {
		c->server = get(all, c->account, "server");
		c->ca_file = get(all, c->account, "cafile");
		c->password_command = get(all, c->account, "passwordcommand");
	}
	git_config_free(all);
	return c;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	free(c->account);
	free(c->jid);
	free(c->server);
	free(c->ca_file);
	free(c->password_command);
	free(c);
}

static void read_share(struct policy *policy, const git_config_entry *entry)
{
	const char *key = strrchr(entry->name, '.') + 1;
	char *name = subsection(entry->name);
	struct share *share = name ? policy_share(policy, name) : NULL;

	if (!share)
		log_warning("'%s' is not a name for a share", name ? name : entry->name);
	else if (!strcmp(key, "path") && entry->value[0] == '/')
		share_set_path(share, entry->value);
	else if (!strcmp(key, "path"))
		log_warning("xmppShare.%s.path must be absolute", name);
	else if ((!strcmp(key, "fetch") || !strcmp(key, "push")) &&
		 !share_allow(share, entry->value, !strcmp(key, "push")))
		log_warning("xmppShare.%s.%s: '%s' is not an address", name, key, entry->value);
	free(name);
}

void config_read_shares(struct policy *policy)
{
	git_config *all = config_open_global();
	git_config_iterator *it;
	git_config_entry *entry;

	if (!all)
		return;
	if (git_config_iterator_new(&it, all) == 0) {
		while (git_config_next(&entry, it) == 0)
			if (entry->value && is_variable(entry->name, "xmppshare", NULL))
				read_share(policy, entry);
		git_config_iterator_free(it);
	}
	git_config_free(all);
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

bool config_same_account(const struct config *a, const struct config *b)
{
	return same(a->account, b->account) && same(a->jid, b->jid) && same(a->server, b->server) &&
	       same(a->ca_file, b->ca_file) && same(a->password_command, b->password_command);
}
