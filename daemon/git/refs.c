/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * In the pool: opens the repository and lists its refs. If libgit2 cannot open it, git is
 * asked instead, from the loop. The refs are then sorted and written as fields. Hidden refs
 * are left out by the rules of git's upload-pack: an announcement must not tell what a fetch
 * would not show.
 */
#include "refs.h"

#include <git2.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "bounds.h"
#include "buf.h"
#include "fields.h"
#include "fnv.h"
#include "git-run.h"
#include "hidden-refs.h"
#include "repository.h"
#include "work.h"

enum { OBJECT_HEX_MAX = 64, REF_MAX = 1024, LINE_BYTES_MAX = 8192 };

struct ref {
	char *name;		/* owned */
	char object[OBJECT_HEX_MAX + 1];
};

struct ref_list {
	struct ref *refs;	/* owned */
	size_t count, room;
};

struct refs_read {
	uv_work_t work;
	char *path;		/* owned */
	struct ref_list list;
	bool opened;		/* libgit2 could read it */
	struct git_run *git;	/* owned; reads it instead */
	struct buf line;	/* git's unfinished line; what is too long of it is dropped */
	refs_fn *done;		/* NULL after refs_cancel() */
	void *owner;
};

static void add_ref(struct ref_list *list, const char *name, const char *object)
{
	if (list->count == list->room) {
		list->room = list->room ? 2 * list->room : 64;
		list->refs = xrealloc(list->refs, list->room * sizeof(*list->refs));
	}
	list->refs[list->count].name = xstrdup(name);
	strcpy(list->refs[list->count].object, object);
	list->count++;
}

static void free_list(struct ref_list *list)
{
	for (size_t i = 0; i < list->count; i++)
		free(list->refs[i].name);
	free(list->refs);
}

/*
 * Fills in the object that a ref leads to; false if it leads nowhere, like HEAD before the
 * first commit.
 */
static bool object_of(git_repository *repo, const char *name, char object[OBJECT_HEX_MAX + 1])
{
	git_oid oid;

	if (git_reference_name_to_id(&oid, repo, name) < 0)
		return false;
	git_oid_tostr(object, OBJECT_HEX_MAX + 1, &oid);
	return true;
}

/* 0, or -1 when they cannot be listed. */
static int list_refs(struct ref_list *list, git_repository *repo)
{
	struct hidden_refs hidden = { .count = 0 };
	git_reference_iterator *it;
	char object[OBJECT_HEX_MAX + 1];
	const char *name = "HEAD";
	int error;

	error = git_reference_iterator_new(&it, repo);
	if (error < 0)
		return -1;
	hidden_refs_read(&hidden, repo);
	do {
		if (!ref_is_private(name) && !hidden_refs_have(&hidden, name) &&
		    object_of(repo, name, object))
			add_ref(list, name, object);
		error = git_reference_next_name(&name, it);
	} while (error == 0);
	hidden_refs_finish(&hidden);
	git_reference_iterator_free(it);
	return error == GIT_ITEROVER ? 0 : -1;
}

static void read_in_pool(uv_work_t *work)
{
	struct refs_read *r = (struct refs_read *)work;
	git_repository *repo;

	if (repository_open(&repo, r->path) == 0) {
		r->opened = list_refs(&r->list, repo) == 0;
		git_repository_free(repo);
	}
}

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct ref *)a)->name, ((const struct ref *)b)->name);
}

/*
 * A digest of all refs but HEAD: a switch of branches brings nothing new to fetch. It need
 * not resist collisions: one would only hide the refs of the person who caused it.
 */
static uint64_t version_of(const struct ref_list *list)
{
	uint64_t hash = FNV_START;

	for (size_t i = 0; i < list->count; i++) {
		if (!strcmp(list->refs[i].name, "HEAD"))
			continue;
		hash = fnv_text(hash, list->refs[i].object);
		hash = fnv_text(hash, list->refs[i].name);
		hash = fnv_text(hash, "\n");
	}
	return hash;
}

static void write_tips(struct ref_list *list, struct buf *tips)
{
	bool cut = false;

	if (list->count)
		qsort(list->refs, list->count, sizeof(*list->refs), by_name);
	fields_addf(tips, "version", "%016llx", (unsigned long long)version_of(list));
	for (size_t i = 0, n = 0; i < list->count; i++) {
		const struct ref *ref = &list->refs[i];

		if (n == ANNOUNCE_TIPS_MAX || strlen(ref->name) > REF_MAX ||
		    buf_len(tips) + strlen(ref->name) + OBJECT_HEX_MAX + 16 > REFS_BYTES_MAX) {
			cut = true;
			continue;
		}
		fields_addf(tips, "tip", "%s %s", ref->object, ref->name);
		n++;
	}
	if (cut)
		fields_add(tips, "cut", "1");
}

static void finish(struct refs_read *r, const char *error)
{
	struct buf tips = { 0 };

	if (r->done && !error) {
		write_tips(&r->list, &tips);
		r->done(r->owner, buf_data(&tips), buf_len(&tips), NULL);
	} else if (r->done) {
		r->done(r->owner, NULL, 0, error);
	}
	buf_finish(&tips);
	free_list(&r->list);
	buf_finish(&r->line);
	free(r->path);
	free(r);
}

/*
 * line is "<object>\t<ref>" of git ls-remote. Names with ^{} are the objects that tags point
 * at.
 */
static void take_line(struct ref_list *list, const char *line)
{
	char object[OBJECT_HEX_MAX + 1] = "";
	const char *name = strchr(line, '\t');

	if (!name || name - line > OBJECT_HEX_MAX)
		return;
	memcpy(object, line, name - line);
	name++;
	if (!ref_is_private(name) && !strstr(name, "^{}"))
		add_ref(list, name, object);
}

/* The output may be megabytes long, so it is taken line by line. */
static void on_printed(void *owner, const char *data, size_t n)
{
	struct refs_read *r = owner;

	for (size_t i = 0; i < n; i++) {
		if (data[i] == '\n') {
			take_line(&r->list, buf_str(&r->line));
			buf_reset(&r->line);
		} else if (buf_len(&r->line) < LINE_BYTES_MAX) {
			buf_append(&r->line, data + i, 1);
		}
	}
}

static void on_listed(void *owner, int status, const char *output, const char *error)
{
	struct refs_read *r = owner;

	r->git = NULL;
	finish(r, status == 0 ? NULL : error);
}

static void on_read(uv_work_t *work, int status)
{
	struct refs_read *r = (struct refs_read *)work;
	const char *const args[] = { "ls-remote", "-q", "--", r->path, NULL };
	const struct git_run_host host = { .loop = work->loop };
	const struct git_run_task task = {
		.args = args, .git_dir = r->path, .only_reads = true, .printed = on_printed,
	};

	if (r->opened || !r->done) {
		finish(r, NULL);
		return;
	}
	free_list(&r->list);
	r->list = (struct ref_list){ .count = 0 };
	r->git = git_run_start(&host, &task, on_listed, r);
}

struct refs_read *refs_read(uv_loop_t *loop, const char *path, refs_fn *done, void *owner)
{
	struct refs_read *r = xcalloc(1, sizeof(*r));

	r->path = xstrdup(path);
	r->done = done;
	r->owner = owner;
	work_start(loop, &r->work, read_in_pool, on_read);
	return r;
}

void refs_cancel(struct refs_read *r)
{
	if (!r)
		return;
	r->done = NULL;
	if (r->git) {
		git_run_destroy(r->git);
		finish(r, NULL);
		return;
	}
	uv_cancel((uv_req_t *)&r->work);
}
