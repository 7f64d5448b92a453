/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "granting.h"

#include <stdlib.h>

#include "alloc.h"
#include "log.h"

struct granting {
	struct granting *next;		/* broker::grantings */
	struct broker *broker;		/* borrowed */
	struct git_run *git;		/* owned until it has ended */
	char *jid, *share;		/* owned */
};

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

	if (status)
		log_error("the right of %s in '%s' is not in the git configuration: %s", g->jid,
			  g->share, error);
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
	g->next = b->grantings;
	b->grantings = g;
	start(g, share, invitation->push);
}

void grantings_end(struct broker *b)
{
	while (b->grantings) {
		git_run_destroy(b->grantings->git);
		finish(b->grantings);
	}
}
