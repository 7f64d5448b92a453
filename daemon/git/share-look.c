/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share-look.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "hidden-refs.h"
#include "repository.h"
#include "work.h"

enum { BRANCHES_MAX = 4096 }; /* branches whose commits are looked at */

struct share_look {
	uv_work_t work;
	char *path; /* owned */
	struct share_row row;
	bool opened;	       /* libgit2 could read it */
	share_looked_fn *done; /* NULL after cancel() */
	void *owner;
};

/* Where HEAD leads: the branch, which may not be born yet, and its commit. */
static void read_head(struct share_row *row, git_repository *repo, const struct hidden_refs *hidden)
{
	const char *target;
	git_reference *head;
	git_oid oid;

	if (git_reference_lookup(&head, repo, "HEAD") < 0)
		return;
	target = git_reference_symbolic_target(head);
	if (!target || (!ref_is_private(target) && !hidden_refs_have(hidden, target))) {
		if (target && strlen(target) < sizeof(row->head))
			strcpy(row->head, target);
		if (git_reference_name_to_id(&oid, repo, "HEAD") == 0)
			git_oid_tostr(row->object, sizeof(row->object), &oid);
	}
	git_reference_free(head);
}

static uint64_t time_of(git_repository *repo, const char *name)
{
	git_commit *commit;
	git_time_t at = 0;
	git_oid oid;

	if (git_reference_name_to_id(&oid, repo, name) < 0 ||
	    git_commit_lookup(&commit, repo, &oid) < 0)
		return 0;
	at = git_commit_time(commit);
	git_commit_free(commit);
	return at > 0 ? (uint64_t)at : 0;
}

static void read_changed(struct share_row *row, git_repository *repo,
			 const struct hidden_refs *hidden)
{
	git_reference_iterator *it;
	const char *name;

	if (git_reference_iterator_new(&it, repo) < 0)
		return;
	for (unsigned n = 0; n < BRANCHES_MAX && git_reference_next_name(&name, it) == 0;) {
		uint64_t at;

		if (strncmp(name, "refs/heads/", 11) || hidden_refs_have(hidden, name))
			continue;
		n++;
		at = time_of(repo, name);
		row->changed = at > row->changed ? at : row->changed;
	}
	git_reference_iterator_free(it);
}

static void look_in_pool(uv_work_t *work)
{
	struct share_look *l = (struct share_look *)work;
	struct hidden_refs hidden = { .count = 0 };
	git_repository *repo;

	if (repository_open(&repo, l->path) < 0)
		return;
	l->opened = true;
	hidden_refs_read(&hidden, repo);
	read_head(&l->row, repo, &hidden);
	read_changed(&l->row, repo, &hidden);
	hidden_refs_finish(&hidden);
	git_repository_free(repo);
}

static void on_looked(uv_work_t *work, int status)
{
	struct share_look *l = (struct share_look *)work;

	if (l->done)
		l->done(l->owner, l->opened ? &l->row : NULL);
	free(l->path);
	free(l);
}

static struct share_look *look(void *arg, const char *path, share_looked_fn *done, void *owner)
{
	struct share_look *l = xcalloc(1, sizeof(*l));

	l->path = xstrdup(path);
	l->done = done;
	l->owner = owner;
	work_start(arg, &l->work, look_in_pool, on_looked);
	return l;
}

static void cancel(void *arg, struct share_look *l)
{
	l->done = NULL;
	uv_cancel((uv_req_t *)&l->work);
}

const struct share_answers_ops share_look_ops = {
	.look = look,
	.cancel = cancel,
};
