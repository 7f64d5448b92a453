/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

/*
 * The user makes the table, and it is small, so lists are enough. What is not in it is
 * refused. A share that does not exist and one that is not for the asker are refused in
 * the same way.
 */

static const char everyone[] = "buddies";

struct policy {
	char *own_jid;			/* bare, or NULL; owned */
	struct share *first, **tail;	/* owned */
};

struct policy *policy_create(const char *own_jid)
{
	struct policy *p = xcalloc(1, sizeof(*p));
	char bare[JID_MAX];

	p->tail = &p->first;
	if (own_jid && jid_bare(own_jid, bare))
		p->own_jid = xstrdup(bare);
	return p;
}

static void free_share(struct share *s)
{
	while (s->who) {
		struct share_who *w = s->who;

		s->who = w->next;
		free(w->jid);
		free(w);
	}
	free(s->path);
	free(s);
}

void policy_destroy(struct policy *p)
{
	if (!p)
		return;
	while (p->first) {
		struct share *s = p->first;

		p->first = s->next;
		free_share(s);
	}
	free(p->own_jid);
	free(p);
}

const struct share *policy_find(const struct policy *p, const char *name)
{
	const struct share *s = p->first;

	while (s && strcmp(s->name, name))
		s = s->next;
	return s;
}

const struct share *policy_first(const struct policy *p)
{
	return p->first;
}

struct share *policy_share(struct policy *p, const char *name)
{
	struct share *s = p->first;

	if (!share_name_valid(name))
		return NULL;
	while (s && strcmp(s->name, name))
		s = s->next;
	if (s)
		return s;
	s = xcalloc(1, sizeof(*s));
	memcpy(s->name, name, strlen(name) + 1);
	*p->tail = s;
	p->tail = &s->next;
	return s;
}

void share_set_path(struct share *s, const char *path)
{
	free(s->path);
	s->path = xstrdup(path);
}

bool share_allow(struct share *s, const char *who, bool push)
{
	struct share_who **at = &s->who;
	char bare[JID_MAX];

	if (!strcmp(who, everyone))
		memcpy(bare, everyone, sizeof(everyone));
	else if (!jid_bare(who, bare))
		return false;
	while (*at && strcmp((*at)->jid, bare))
		at = &(*at)->next;
	if (!*at) {
		*at = xcalloc(1, sizeof(**at));
		(*at)->jid = xstrdup(bare);
	}
	(*at)->push |= push;
	return true;
}

enum policy_verdict policy_check(const struct policy *p, const char *jid, enum service service,
				 const char *name, const struct share **share)
{
	const struct share *s = policy_find(p, name);
	bool fetch, push, own;
	char bare[JID_MAX];

	*share = NULL;
	if (!s || !s->path || !jid_bare(jid, bare))
		return POLICY_NOT_SHARED;
	own = p->own_jid && !strcmp(bare, p->own_jid);
	fetch = push = own;
	for (const struct share_who *w = s->who; w; w = w->next) {
		if (strcmp(w->jid, bare) && strcmp(w->jid, everyone))
			continue;
		fetch = true;
		push |= w->push;
	}
	if (!fetch)
		return POLICY_NOT_SHARED;
	if (service == SERVICE_RECEIVE_PACK && !push)
		return POLICY_PUSH_DENIED;
	*share = s;
	return POLICY_ALLOWED;
}

static const char *const service_names[SERVICE_COUNT] = {
	[SERVICE_UPLOAD_PACK] = "upload-pack",
	[SERVICE_RECEIVE_PACK] = "receive-pack",
	[SERVICE_UPLOAD_ARCHIVE] = "upload-archive",
};

int service_by_name(const char *name)
{
	for (int i = 0; i < SERVICE_COUNT; i++)
		if (!strcmp(name, service_names[i]))
			return i;
	return -1;
}

const char *service_name(enum service service)
{
	return service_names[service];
}
