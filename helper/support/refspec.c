/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "refspec.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "output.h"
#include "queue-entry.h"
#include "remote.h"
#include "run-git.h"
#include "text.h"

static const char heads[] = "refs/heads/", tags[] = "refs/tags/";

/* The context in which refspecs are resolved. */
struct resolving {
	struct updates *updates;
	const char *remote;
	refspec_pending_fn *pending;
	void *arg;
};

/* One refspec, taken apart. */
struct parts {
	bool force, colon;
	char *src, *dst;	/* owned; dst "" without a colon */
};

static bool failed(const char *what, const char *refspec)
{
	report("fatal", "'%s': %s", refspec, what);
	return false;
}

/* The name of the object that a revision stands for, malloc'd; NULL if there is none. */
static char *object_of(const char *revision)
{
	const char *const args[] = { "rev-parse",	 "--verify", "-q",
				     "--end-of-options", revision,   NULL };

	return git_line(args);
}

/* The full name of a ref, like refs/heads/main of main; "" or NULL if the name is no ref. */
static char *full_name(const char *name)
{
	const char *const args[] = {
		"rev-parse", "--verify", "-q", "--symbolic-full-name", "--end-of-options", name,
		NULL,
	};
	const char *const head[] = { "symbolic-ref", "-q", "HEAD", NULL };

	return git_line(strcmp(name, "HEAD") ? args : head);
}

/* The object that a branch there had when we last fetched; malloc'd, NULL if not known. */
static char *last_seen(const char *remote, const char *dst)
{
	char *ref, *object;

	if (!starts_with(dst, heads))
		return NULL;
	ref = xasprintf("refs/remotes/%s/%s", remote, dst + strlen(heads));
	object = object_of(ref);
	free(ref);
	return object;
}

static bool is_ref_name(const char *name)
{
	const char *const args[] = { "check-ref-format", name, NULL };

	return starts_with(name, "refs/") && run_git(args, NULL, NULL, GIT_ERRORS_HIDDEN) == 0;
}

/*
 * The full name of the destination, like "main", there; malloc'd. A full name stays as it
 * is; otherwise the kind of the source decides, or what we know of the remote. NULL if
 * unclear.
 */
static char *full_dst(const struct resolving *r, const struct parts *p, const char *src_name)
{
	char *branch, *seen;

	if (!p->colon)
		return src_name && starts_with(src_name, "refs/") ? xstrdup(src_name) : NULL;
	if (starts_with(p->dst, "refs/"))
		return xstrdup(p->dst);
	if (src_name && starts_with(src_name, tags))
		return xasprintf("%s%s", tags, p->dst);
	branch = xasprintf("%s%s", heads, p->dst);
	if (src_name && starts_with(src_name, heads))
		return branch;
	seen = last_seen(r->remote, branch);
	if (!seen) {
		free(branch);
		branch = NULL;
	}
	free(seen);
	return branch;
}

/* Whether the new commit contains all of the old one's history. */
static bool is_fast_forward(const char *old, const char *new)
{
	const char *const args[] = { "merge-base", "--is-ancestor", old, new, NULL };

	return run_git(args, NULL, NULL, GIT_ERRORS_HIDDEN) == 0;
}

/* Whether the update may be made: without a "+" nothing that is there may be lost. */
static bool is_allowed(const struct parts *p, const struct update *u, const char *refspec)
{
	if (!*u->src && !*u->expect)
		return failed("it is not known to be there; fetch first", refspec);
	if (p->force || !*u->src || !*u->expect)
		return true;
	if (!starts_with(u->dst, heads))
		return failed("it is there already, and would be replaced", refspec);
	if (!is_fast_forward(u->expect, u->src)) {
		failed("not a fast-forward: commits that are there would be lost", refspec);
		report("hint", "Fetch and merge first, or say that it is meant with '+%s'",
		       refspec);
		return false;
	}
	return true;
}

static void free_update(struct update *u)
{
	free(u->src);
	free(u->dst);
	free(u->expect);
}

/* Adds an update. Takes what u owns, also on failure. */
static bool add(const struct resolving *r, struct update *u, const char *refspec)
{
	struct updates *all = r->updates;

	if (!strcmp(u->src, u->expect)) {
		free_update(u);
		return true;
	}
	for (size_t i = 0; i < all->count; i++) {
		if (strcmp(all->rows[i].dst, u->dst))
			continue;
		free_update(u);
		return failed("it was named before", refspec);
	}
	if (all->count == QUEUE_UPDATES_MAX) {
		free_update(u);
		return failed("too many refs at once", refspec);
	}
	all->rows = xrealloc(all->rows, (all->count + 1) * sizeof(*all->rows));
	all->rows[all->count++] = *u;
	return true;
}

static bool resolve_parts(const struct resolving *r, const struct parts *p, const char *refspec)
{
	char *src_name = *p->src ? full_name(p->src) : NULL;
	struct update u = { .dst = full_dst(r, p, src_name) };
	bool good = false;

	free(src_name);
	u.src = *p->src ? object_of(p->src) : xstrdup("");
	if (!u.src) {
		failed("no such branch, tag or commit", refspec);
	} else if (!u.dst && !*p->src) {
		failed("it is not known to be there; fetch first", refspec);
	} else if (!u.dst) {
		failed("cannot tell which ref is meant there; give it as <src>:refs/heads/<name>",
		       refspec);
	} else if (!is_ref_name(u.dst)) {
		failed("not the name of a ref", refspec);
	} else {
		u.expect = r->pending(r->arg, u.dst);
		if (!u.expect)
			u.expect = last_seen(r->remote, u.dst);
		if (!u.expect)
			u.expect = xstrdup("");
		good = is_allowed(p, &u, refspec);
	}
	if (good)
		return add(r, &u, refspec);
	free_update(&u);
	return false;
}

static bool resolve(const struct resolving *r, const char *refspec)
{
	const char *text = refspec + (*refspec == '+'), *colon = strchr(text, ':');
	struct parts p = { .force = text != refspec, .colon = colon };
	bool good;

	if (!*text || strpbrk(text, "*^") || !strcmp(text, ":") || (colon && !colon[1]))
		return failed("only single refs can be queued", refspec);
	p.src = colon ? xstrndup(text, colon - text) : xstrdup(text);
	p.dst = xstrdup(colon ? colon + 1 : "");
	good = resolve_parts(r, &p, refspec);
	free(p.src);
	free(p.dst);
	return good;
}

/* The value of branch.<name>.<variable>, malloc'd; NULL if it is not set. */
static char *branch_config(const char *branch, const char *variable)
{
	char *key = xasprintf("branch.%s.%s", branch, variable);
	const char *const args[] = { "config", "--get", key, NULL };
	char *value = git_line(args);

	free(key);
	return value;
}

/* Pushes the current branch to its upstream on this remote, else to its own name. */
static bool resolve_current(const struct resolving *r)
{
	const char *const args[] = { "symbolic-ref", "-q", "HEAD", NULL };
	char *branch = git_line(args), *upstream = NULL, *merge = NULL, *refspec;
	bool good;

	if (!branch || !starts_with(branch, heads)) {
		free(branch);
		report("fatal", "you are not on a branch: name what is to be pushed");
		return false;
	}
	upstream = branch_config(branch + strlen(heads), "remote");
	if (upstream && !strcmp(upstream, r->remote))
		merge = branch_config(branch + strlen(heads), "merge");
	refspec = xasprintf("%s:%s", branch, merge ? merge : branch);
	good = resolve(r, refspec);
	free(refspec);
	free(merge);
	free(upstream);
	free(branch);
	return good;
}

bool refspecs_resolve(struct updates *updates, const char *remote, char *const *refspecs,
		      size_t count, refspec_pending_fn *pending, void *arg)
{
	struct resolving r = {
		.updates = updates, .remote = remote, .pending = pending, .arg = arg
	};

	*updates = (struct updates){ .count = 0 };
	if (count == 0)
		return resolve_current(&r);
	for (size_t i = 0; i < count; i++)
		if (!resolve(&r, refspecs[i]))
			return false;
	return true;
}

void updates_finish(struct updates *updates)
{
	for (size_t i = 0; i < updates->count; i++)
		free_update(&updates->rows[i]);
	free(updates->rows);
}
