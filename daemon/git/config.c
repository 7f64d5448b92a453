/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "config.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "candidates.h"
#include "command-line.h"
#include "jid.h"
#include "log.h"

/*
 * The value of xmpp.<account>.<key>, or of xmpp.<key> if account is NULL. malloc'd; NULL if
 * not set.
 */
static char *get(const struct gitconfig *all, const char *account, const char *key)
{
	char *name = account ? xasprintf("xmpp.%s.%s", account, key) : xasprintf("xmpp.%s", key);
	char *copy = xstrdup(gitconfig_get(all, name));

	free(name);
	return copy;
}

/*
 * The key of a setting that each account may have of its own: xmpp.<account>.<key> if that is
 * set, else xmpp.<key>. malloc'd.
 */
static char *own_key(const struct config *c, const char *key)
{
	char *own = c->account ? xasprintf("xmpp.%s.%s", c->account, key) : NULL;

	if (own && gitconfig_find(&c->all, own))
		return own;
	free(own);
	return xasprintf("xmpp.%s", key);
}

static int64_t get_int(const struct gitconfig *all, const char *key, int64_t fallback, int64_t max)
{
	const struct gitconfig_entry *e = gitconfig_find(all, key);
	int64_t value;

	if (!e)
		return fallback;
	if (!gitconfig_number(e->value, &value) || value < 0 || value > max) {
		log_error("%s must be a number from 0 to %lld", key, (long long)max);
		return fallback;
	}
	return value;
}

static bool get_bool(const struct gitconfig *all, const char *key, bool fallback)
{
	const struct gitconfig_entry *e = gitconfig_find(all, key);
	bool value;

	if (!e)
		return fallback;
	if (gitconfig_bool(e->value, &value))
		return value;
	log_error("%s must be true or false", key);
	return false;
}

static void add_direct_address(struct config *c, const char *value)
{
	struct netaddr *a = &c->direct_extra[c->n_direct_extra];

	if (c->n_direct_extra == DIRECT_EXTRA_MAX)
		log_error("xmpp.directAddress: more than %d of them", DIRECT_EXTRA_MAX);
	else if (!value || !netaddr_parse(value, a))
		log_error(
			"xmpp.directAddress: '%s' is not like 192.0.2.7:4711 or [2001:db8::7]:4711",
			value ? value : "");
	else
		c->n_direct_extra++;
}

static enum direct_addresses get_direct_addresses(const struct config *c)
{
	char *key = own_key(c, "directaddresses");
	const char *value = gitconfig_get(&c->all, key);
	enum direct_addresses result;

	if (value && !strcmp(value, "configured"))
		result = DIRECT_CONFIGURED;
	else
		result = get_bool(&c->all, key, true) ? DIRECT_ALL : DIRECT_NEVER;
	free(key);
	return result;
}

/* One port cannot be that of two accounts: without one of its own, only the default has it. */
static uint16_t get_direct_port(const struct config *c)
{
	char *key = own_key(c, "directport");
	uint16_t port = 0;

	if (c->preferred || strcmp(key, "xmpp.directport"))
		port = get_int(&c->all, key, 0, UINT16_MAX);
	free(key);
	return port;
}

static bool get_port_mapping(const struct config *c)
{
	char *key = own_key(c, "portmapping");
	const struct gitconfig_entry *e = gitconfig_find(&c->all, key);
	bool value = !e || (e->value && !strcmp(e->value, "auto")), no;

	if (!value && (!gitconfig_bool(e->value, &no) || no))
		log_error("%s must be auto or false", key);
	free(key);
	return value;
}

static void read_direct_extra(struct config *c)
{
	char *key = own_key(c, "directaddress");

	for (size_t i = 0; i < c->all.count; i++)
		if (!strcmp(c->all.rows[i].key, key))
			add_direct_address(c, c->all.rows[i].value);
	free(key);
}

static void read_kinds(struct config *c)
{
	char *key = own_key(c, "transport");
	const char *transport = gitconfig_get(&c->all, key);

	if (transport) {
		c->transport = transport_kinds(transport);
		if (!c->transport) {
			log_error("%s must be auto, direct, proxy or inband", key);
			c->transport = PATH_MASK(PATH_INBAND);
		}
	}
	free(key);
}

/* A value that is no name of a host has nobody asked. */
static void read_stun(struct config *c)
{
	const struct gitconfig_entry *e = gitconfig_find(&c->all, "xmpp.stun");
	bool wanted;

	if (!e)
		return;
	if (!gitconfig_bool(e->value, &wanted))
		c->stun = xstrdup(e->value);
	else
		c->stun_never = !wanted;
}

/*
 * Which paths links may use. Privacy fails closed: a value that is not understood reveals no
 * address.
 */
static void read_transport(struct config *c)
{
	const struct gitconfig *all = &c->all;

	read_kinds(c);
	c->direct_addresses = get_direct_addresses(c);
	c->direct_local = get_bool(all, "xmpp.directlocal", false);
	c->direct_port = get_direct_port(c);
	c->port_mapping = get_port_mapping(c);
	c->bandwidth = get_int(all, "xmpp.bandwidth", 0, INT64_MAX);
	c->receive_memory = get_int(all, "xmpp.receivememory", RECEIVE_MEMORY, INT64_MAX);
	c->upload_memory = get_int(all, "xmpp.uploadmemory", UPLOAD_MEMORY, INT64_MAX);
	c->path_timeout = get_int(all, "xmpp.pathtimeout", PATH_TIMEOUT, PATH_TIMEOUT_MAX);
	read_direct_extra(c);
	read_stun(c);
}

static void read_account(struct config *c, const struct account_entry *entry)
{
	c->account = xstrdup(entry->name);
	c->jid = xstrdup(entry->jid);
	c->server = get(&c->all, c->account, "server");
	c->ca_file = get(&c->all, c->account, "cafile");
	c->password_command = get(&c->all, c->account, "passwordcommand");
	c->proxy = get(&c->all, c->account, "proxy");
	c->pins = get(&c->all, c->account, "pinnedpubkey");
}

static bool says_for_whom(const struct gitconfig_entry *e)
{
	const char *share, *follow, *name;
	size_t len;

	share = gitconfig_variable(e, "xmppshare", &name, &len);
	follow = share ? NULL : gitconfig_variable(e, "xmppfollow", &name, &len);
	return (share && !strcmp(share, "account")) || (follow && !strcmp(follow, "account"));
}

/*
 * Behind a proxy nothing else of ours may be seen: no address is told, and no path but the
 * one through the server is used, unless the user says that addresses may be.
 */
static void hide_behind_proxy(struct config *c)
{
	char *key = own_key(c, "directaddresses");
	bool said = gitconfig_get(&c->all, key);

	free(key);
	if (!c->proxy || (said && c->direct_addresses != DIRECT_NEVER))
		return;
	c->direct_addresses = DIRECT_NEVER;
	c->transport = PATH_MASK(PATH_INBAND);
}

static void read_notify_command(struct config *c)
{
	const char *value = gitconfig_get(&c->all, "xmpp.notifycommand");

	if (!value || !*value)
		return;
	c->notify_command = command_line_split(value);
	if (!c->notify_command)
		log_error("xmpp.notifyCommand is no command line: a quote is not closed, or it is "
			  "too long");
}

struct config *config_make(const struct gitconfig *all, const struct account_list *list, size_t row)
{
	struct config *c = xcalloc(1, sizeof(*c));

	c->transport = PATH_MASK_ALL;
	c->path_timeout = PATH_TIMEOUT;
	c->receive_memory = RECEIVE_MEMORY;
	c->upload_memory = UPLOAD_MEMORY;
	c->preferred = row == list->preferred;
	gitconfig_copy(&c->all, all);
	if (row < list->count && list->rows[row].jid)
		read_account(c, &list->rows[row]);
	for (size_t i = 0; i < all->count; i++)
		c->divided |= says_for_whom(&all->rows[i]);
	read_transport(c);
	hide_behind_proxy(c);
	read_notify_command(c);
	return c;
}

void config_free(struct config *c)
{
	if (!c)
		return;
	gitconfig_finish(&c->all);
	free(c->account);
	free(c->jid);
	free(c->server);
	free(c->ca_file);
	free(c->password_command);
	free(c->proxy);
	free(c->pins);
	free(c->stun);
	command_line_free(c->notify_command);
	free(c);
}

/* The share cannot be pushed to: what its owner wants to forbid is not known. */
static void doubt(struct share *share, const char *key, const char *value)
{
	log_error("xmppShare.%s.%s: '%s' is not understood; nobody may push to it", share->name,
		  key, value);
	share->faulty = true;
}

/* A value that is not known is the strict one. */
static bool demands_verified(const struct share *share, const char *key, const char *value)
{
	if (!strcmp(value, "trusted"))
		return false;
	if (strcmp(value, "verified") != 0)
		log_error("xmppShare.%s.%s must be trusted or verified", share->name, key);
	return true;
}

static void read_path(struct share *share, const char *path)
{
	if (path[0] == '/')
		share_set_path(share, path);
	else
		log_warning("xmppShare.%s.path must be absolute", share->name);
}

static void read_max_pack(struct share *share, const char *value)
{
	int64_t size;

	if (gitconfig_number(value, &size) && size >= 0)
		share->max_pack = size;
	else
		doubt(share, "maxPack", value);
}

static void read_share(struct policy *policy, const struct gitconfig_entry *e, const char *key,
		       const char *name)
{
	struct share *share = policy_share(policy, name);
	bool push = !strcmp(key, "push");

	if (!share)
		log_warning("'%s' is not a name for a share", name);
	else if (!strcmp(key, "path"))
		read_path(share, e->value);
	else if ((push || !strcmp(key, "fetch")) && !share_allow(share, e->value, push))
		log_warning("xmppShare.%s.%s: '%s' is not an address", name, key, e->value);
	else if (!strcmp(key, "protect") && !ref_patterns_add(&share->protect, e->value))
		doubt(share, "protect", e->value);
	else if (!strcmp(key, "fetchrequires"))
		share->fetch_verified = demands_verified(share, "fetchRequires", e->value);
	else if (!strcmp(key, "pushrequires"))
		share->push_verified = demands_verified(share, "pushRequires", e->value);
	else if (!strcmp(key, "maxpack"))
		read_max_pack(share, e->value);
}

static void read_group(struct policy *policy, const struct gitconfig_entry *e, const char *key,
		       const char *name)
{
	if (!strcmp(key, "member") && !policy_group_add(policy, name, e->value))
		log_warning("xmppGroup.%s.member: '%s' is not an address", name, e->value);
}

/* Whether a value means our account: by its name, or by its address. */
static bool means_us(const struct config *c, const char *value)
{
	char bare[JID_MAX];

	return value && c->account &&
	       (!strcmp(value, c->account) || (jid_bare(value, bare) && !strcmp(bare, c->jid)));
}

bool config_is_ours(const struct config *c, const char *section, const char *name)
{
	bool named = false, ours = false;
	char *key;

	if (!c->divided)
		return c->preferred;
	key = xasprintf("%s.%s.account", section, name);
	for (size_t i = 0; i < c->all.count; i++) {
		const struct gitconfig_entry *e = &c->all.rows[i];

		if (strcmp(e->key, key))
			continue;
		named = true;
		ours |= means_us(c, e->value);
	}
	free(key);
	return named ? ours : c->preferred;
}

void config_read_shares(const struct config *c, struct policy *policy)
{
	for (size_t i = 0; i < c->all.count; i++) {
		const struct gitconfig_entry *e = &c->all.rows[i];
		const char *name, *share_key, *key;
		size_t len;
		char *copy;

		share_key = gitconfig_variable(e, "xmppshare", &name, &len);
		key = share_key ? share_key : gitconfig_variable(e, "xmppgroup", &name, &len);
		if (!key || !e->value)
			continue;
		copy = xstrndup(name, len);
		if (share_key && config_is_ours(c, "xmppshare", copy))
			read_share(policy, e, key, copy);
		else if (!share_key)
			read_group(policy, e, key, copy);
		free(copy);
	}
	policy_groups_settle(policy);
}

static bool same(const char *a, const char *b)
{
	return a && b ? !strcmp(a, b) : a == b;
}

bool config_same_account(const struct config *a, const struct config *b)
{
	return same(a->account, b->account) && same(a->jid, b->jid) && same(a->server, b->server) &&
	       same(a->ca_file, b->ca_file) && same(a->pins, b->pins) && same(a->proxy, b->proxy) &&
	       same(a->password_command, b->password_command);
}
