/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "granting.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "log.h"
#include "notices.h"

struct granting {
	struct granting *next;		/* broker::grantings */
	struct broker *broker;		/* borrowed */
	struct git_run *git;		/* owned until it has ended */
	char *jid, *share;		/* owned */
	bool push;
};

static void tell_unwritten(const struct granting *g)
{
	notices_add(g->broker->context.notices, NOTICE_RIGHT_UNWRITTEN, g->jid, g->share,
		    g->push ? "push" : "fetch");
}

static void finish(struct granting *g)
{
	struct granting **at = &g->broker->grantings;

	while (*at != g)
		at = &(*at)->next;
	*at = g->next;
	free(g->jid);
	free(g->share);
	free(g);
}

static void on_done(void *owner, int status, const char *output, const char *error)
{
	struct granting *g = owner;

	if (status) {
		log_error("the right of %s in '%s' is not in the git configuration: %s", g->jid,
			  g->share, error);
		tell_unwritten(g);
	}
	finish(g);
}

static void start(struct granting *g, const struct share *share, bool push)
{
	char *name = xasprintf("--name=%s", share->name);
	char *right = xasprintf("--%s=%s", push ? "push" : "fetch", g->jid);
	const char *const args[] = { "xmpp", "share", name, right, NULL };
	const struct git_run_task task = { .args = args, .git_dir = share->path };

	g->git = git_run_start(&g->broker->host, &task, on_done, g);
	free(name);
	free(right);
}

void grant_right(struct broker *b, const struct invitation *invitation, const char *jid)
{
	struct share *share;
	struct granting *g;

	if (!policy_find(b->context.policy, invitation->share))
		return;
	share = policy_share(b->context.policy, invitation->share);
	if (!share->path)
		return;
	share_allow(share, jid, invitation->push);
	log_info("%s may %s '%s', as invited", jid, invitation->push ? "push to" : "fetch",
		 share->name);
	g = xcalloc(1, sizeof(*g));
	g->broker = b;
	g->jid = xstrdup(jid);
	g->share = xstrdup(share->name);
	g->push = invitation->push;
	g->next = b->grantings;
	b->grantings = g;
	start(g, share, invitation->push);
}

void grantings_end(struct broker *b)
{
	while (b->grantings) {
		git_run_destroy(b->grantings->git);
		tell_unwritten(b->grantings);
		finish(b->grantings);
	}
}

/* Whether the configuration gives the right of the notice, or has no such share any more. */
static bool is_settled(const struct broker *b, const struct notice *notice)
{
	bool push = !strcmp(notice->detail, "push");
	const struct buddy *buddy = presence_buddy(b->context.presence, notice->jid);
	const struct subject subject = { .jid = notice->jid, .verified = true, .buddy = buddy };
	const struct share *share;

	return !policy_find(b->context.policy, notice->item) ||
	       policy_check(b->context.policy, &subject,
			    push ? SERVICE_RECEIVE_PACK : SERVICE_UPLOAD_PACK, notice->item,
			    &share) == POLICY_ALLOWED;
}

void grantings_read(struct broker *b)
{
	struct notices *n = b->context.notices;
	struct notice *at = notices_next(n, NULL), *next;

	for (; at; at = next) {
		next = notices_next(n, at);
		if (at->kind == NOTICE_RIGHT_UNWRITTEN && is_settled(b, at)) {
			char *jid = xstrdup(at->jid), *item = xstrdup(at->item);

			notices_settle(n, NOTICE_RIGHT_UNWRITTEN, jid, item);
			free(jid);
			free(item);
		}
	}
}
