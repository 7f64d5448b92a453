/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "policy.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

/*
 * Shares are found by name; they are in a list in the order in which they were made. Whom a
 * share is for is a short list, for the user wrote it. What is not in the table is
 * refused. A share that does not exist and one that is not for the asker are refused in
 * the same way.
 */

struct policy {
	char *own_jid;			/* bare, or NULL; owned */
	struct hashtable by_name;	/* shares */
	struct share *first, **tail;	/* owned */
	struct policy_group *groups;	/* owned */
	struct hashtable named;		/* people whom a share names; owned */
	struct named *first_named;	/* of them */
	bool open;			/* a share is for all buddies, or for a group */
};

struct named {
	struct hashtable_node node;	/* first: hashtable_find() leads back to the person */
	struct named *next;
	char jid[];
};

struct group_member {
	struct hashtable_node node;	/* first: hashtable_find() leads back to the member */
	struct group_member *next;
	char jid[];
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
		free(w);
	}
	ref_patterns_finish(&s->protect);
	free(s->path);
	free(s);
}

static void free_group(struct policy_group *g)
{
	while (g->first) {
		struct group_member *m = g->first;

		g->first = m->next;
		free(m);
	}
	hashtable_finish(&g->members);
	free(g);
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
	while (p->groups) {
		struct policy_group *g = p->groups;

		p->groups = g->next;
		free_group(g);
	}
	while (p->first_named) {
		struct named *n = p->first_named;

		p->first_named = n->next;
		free(n);
	}
	hashtable_finish(&p->named);
	hashtable_finish(&p->by_name);
	free(p->own_jid);
	free(p);
}

const struct share *policy_find(const struct policy *p, const char *name)
{
	/* NULL stays NULL: the node is the first member. */
	return (const struct share *)hashtable_find(&p->by_name, name);
}

const struct share *policy_first(const struct policy *p)
{
	return p->first;
}

struct share *policy_share(struct policy *p, const char *name)
{
	struct share *s;

	if (!share_name_valid(name))
		return NULL;
	s = (struct share *)hashtable_find(&p->by_name, name);
	if (s)
		return s;
	s = xcalloc(1, sizeof(*s));
	s->policy = p;
	memcpy(s->name, name, strlen(name) + 1);
	hashtable_add(&p->by_name, &s->node, s->name);
	*p->tail = s;
	p->tail = &s->next;
	return s;
}

void share_set_path(struct share *s, const char *path)
{
	free(s->path);
	s->path = xstrdup(path);
}

static void note_concerned(struct policy *p, const struct grantee *who)
{
	struct named *n;

	if (who->kind != GRANTEE_JID) {
		p->open = true;
		return;
	}
	if (hashtable_find(&p->named, who->name))
		return;
	n = xcalloc(1, sizeof(*n) + strlen(who->name) + 1);
	strcpy(n->jid, who->name);
	n->next = p->first_named;
	p->first_named = n;
	hashtable_add(&p->named, &n->node, n->jid);
}

bool share_allow(struct share *s, const char *text, bool push)
{
	struct share_who **at = &s->who;
	struct grantee who;

	if (!grantee_parse(&who, text) || (!push && *who.pattern))
		return false;
	while (*at &&
	       !(grantee_same(&(*at)->who, &who) && !strcmp((*at)->who.pattern, who.pattern)))
		at = &(*at)->next;
	if (!*at) {
		*at = xcalloc(1, sizeof(**at));
		(*at)->who = who;
		note_concerned(s->policy, &who);
	}
	(*at)->push |= push;
	return true;
}

static struct policy_group *find_group(const struct policy *p, const char *name)
{
	struct policy_group *g = p->groups;

	while (g && strcmp(g->name, name))
		g = g->next;
	return g;
}

bool policy_group_has(const struct policy_group *g, const char *jid)
{
	return hashtable_find(&g->members, jid);
}

/* Finds or makes the group. */
static struct policy_group *make_group(struct policy *p, const char *name)
{
	struct policy_group *g = find_group(p, name);

	if (g)
		return g;
	g = xcalloc(1, sizeof(*g));
	memcpy(g->name, name, strlen(name) + 1);
	g->next = p->groups;
	p->groups = g;
	return g;
}

static bool is_named(const struct policy *p, const char *group)
{
	for (const struct share *s = p->first; s; s = s->next)
		for (const struct share_who *w = s->who; w; w = w->next)
			if (w->who.kind == GRANTEE_GROUP && !strcmp(w->who.name, group))
				return true;
	return false;
}

void policy_groups_settle(struct policy *p)
{
	struct policy_group **at = &p->groups;

	while (*at) {
		struct policy_group *g = *at;

		if (is_named(p, g->name)) {
			at = &g->next;
			continue;
		}
		*at = g->next;
		free_group(g);
	}
	for (const struct share *s = p->first; s; s = s->next)
		for (const struct share_who *w = s->who; w; w = w->next)
			if (w->who.kind == GRANTEE_GROUP)
				make_group(p, w->who.name);
}

bool policy_group_add(struct policy *p, const char *group, const char *jid)
{
	struct policy_group *g;
	struct group_member *m;
	char bare[JID_MAX];

	if (!group_name_valid(group) || !jid_bare(jid, bare))
		return false;
	g = make_group(p, group);
	if (policy_group_has(g, bare))
		return true;
	m = xcalloc(1, sizeof(*m) + strlen(bare) + 1);
	strcpy(m->jid, bare);
	m->next = g->first;
	g->first = m;
	hashtable_add(&g->members, &m->node, m->jid);
	return true;
}

const struct policy_group *policy_groups(const struct policy *p)
{
	return p->groups;
}

/* jid: the asker's JID, bare. */
static bool is_meant(const struct policy *p, const struct grantee *who,
		     const struct subject *subject, const char *jid)
{
	const struct policy_group *g;

	switch (who->kind) {
	case GRANTEE_BUDDIES:
		return true;
	case GRANTEE_JID:
		return !strcmp(who->name, jid);
	default:
		g = find_group(p, who->name);
		return g && policy_group_has(g, jid) && buddy_in_group(subject->buddy, who->name);
	}
}

static bool is_own(const struct policy *p, const char *jid)
{
	return p->own_jid && !strcmp(jid, p->own_jid);
}

bool policy_concerns(const struct policy *p, const char *jid)
{
	return p->open || is_own(p, jid) || hashtable_find(&p->named, jid);
}

enum policy_verdict policy_check(const struct policy *p, const struct subject *subject,
				 enum service service, const char *name, const struct share **share)
{
	const struct share *s = policy_find(p, name);
	char jid[JID_MAX];
	bool fetch, push;

	*share = NULL;
	if (!s || !s->path || !jid_bare(subject->jid, jid))
		return POLICY_NOT_SHARED;
	fetch = push = is_own(p, jid);
	for (const struct share_who *w = s->who; w; w = w->next) {
		if (!is_meant(p, &w->who, subject, jid))
			continue;
		fetch = true;
		push |= w->push;
	}
	if (!fetch || (s->fetch_verified && !subject->verified))
		return POLICY_NOT_SHARED;
	if (service == SERVICE_RECEIVE_PACK && (!push || s->faulty))
		return POLICY_PUSH_DENIED;
	if (service == SERVICE_RECEIVE_PACK && s->push_verified && !subject->verified)
		return POLICY_UNVERIFIED;
	*share = s;
	return POLICY_ALLOWED;
}

void policy_ref_rules(const struct policy *p, const struct subject *subject,
		      const struct share *share, struct ref_rules *rules)
{
	char jid[JID_MAX];

	*rules = (struct ref_rules){ .everywhere = false };
	if (!jid_bare(subject->jid, jid))
		return;
	rules->everywhere = is_own(p, jid);
	for (const struct share_who *w = share->who; w; w = w->next) {
		if (!w->push || !is_meant(p, &w->who, subject, jid))
			continue;
		if (*w->who.pattern)
			ref_patterns_add(&rules->push, w->who.pattern);
		else
			rules->everywhere = true;
	}
	if (rules->everywhere)
		ref_patterns_finish(&rules->push);
	for (size_t i = 0; i < share->protect.count; i++)
		ref_patterns_add(&rules->protect, share->protect.rows[i]);
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
