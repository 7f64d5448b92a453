/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The remote's fetch configuration is read by hand: git_remote_lookup() matches every entry
 * with patterns, and libgit2 1.5 leaks twenty kilobytes a match.
 */
#include "refcompare.h"

#include <git2.h>
#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "fields.h"
#include "fnv.h"
#include "repository.h"
#include "text.h"
#include "work.h"

enum { REFSPECS_MAX = 256 };

enum refcompare_verdict { SAME, DOUBTFUL, DIFFERENT };

/* A remote's fetch configuration. */
struct fetching {
	git_refspec *specs[REFSPECS_MAX];	/* owned */
	size_t count;
	bool no_tags;
	int prune, prune_tags;	/* refs gone at the remote are removed here; 1: yes; -1: not set
				   for this remote */
	bool odd;		/* there is a refspec that only git understands */
};

struct refcompare {
	uv_work_t work;
	char *path, *remote;		/* owned */
	char *last_version;		/* owned, or NULL */
	char *tips;			/* owned */
	size_t len;
	bool something_new;
	uint64_t refs;
	refcompare_fn *done;		/* NULL after refcompare_cancel() */
	void *owner;
};

static bool have(git_repository *repo, const char *name, const git_oid *oid)
{
	git_oid here;

	return git_reference_name_to_id(&here, repo, name) == 0 && git_oid_equal(&here, oid);
}

static bool exists(git_repository *repo, const char *name)
{
	git_oid here;

	return git_reference_name_to_id(&here, repo, name) == 0;
}

/* A source like "main" in "main:refs/remotes/origin/main": git resolves it during the fetch. */
static bool is_vague(const git_refspec *spec)
{
	const char *src = git_refspec_src(spec);

	return !starts_with(src, "refs/") && strcmp(src, "HEAD");
}

/* Compares a ref of theirs with the one that the refspec maps it to. */
static enum refcompare_verdict judge_mapped(git_repository *repo, const git_refspec *spec,
					    const char *name, const git_oid *oid)
{
	const char *dst = git_refspec_dst(spec);
	git_buf local = GIT_BUF_INIT;
	enum refcompare_verdict verdict = SAME;

	if (!dst || !*dst)
		return SAME;		/* fetched to FETCH_HEAD only, which leaves no ref
					   here */
	if (git_refspec_transform(&local, spec, name) < 0)
		verdict = DOUBTFUL;
	else if (!have(repo, local.ptr, oid))
		verdict = DIFFERENT;
	git_buf_dispose(&local);
	return verdict;
}

static void add_refspec(struct fetching *fetching, const char *text)
{
	git_refspec *spec;

	if (fetching->count == REFSPECS_MAX || git_refspec_parse(&spec, text, 1) < 0)
		fetching->odd = true;
	else
		fetching->specs[fetching->count++] = spec;
}

/*
 * The variable of an entry remote.<remote>.<variable>, or "". libgit2 gives the first and the
 * last part in lower case.
 */
static const char *variable_of(const char *entry, const char *remote)
{
	static const char section[] = "remote.";
	size_t n = strlen(remote);

	if (!starts_with(entry, section) || strncmp(entry + strlen(section), remote, n))
		return "";
	entry += strlen(section) + n;
	return *entry == '.' ? entry + 1 : "";
}

/*
 * A variable without a value is true. A value that is no boolean is left for git to complain
 * about.
 */
static void read_bool(int *out, const char *value)
{
	int truth;

	if (!value)
		*out = 1;
	else if (git_config_parse_bool(&truth, value) == 0)
		*out = truth;
}

struct fetch_reader {
	struct fetching *fetching;
	const char *remote;
	int prune, prune_tags;	/* of all remotes */
};

static void on_setting(void *owner, const char *name, const char *value)
{
	struct fetch_reader *reader = owner;
	struct fetching *fetching = reader->fetching;
	const char *variable = variable_of(name, reader->remote);

	if (value && !strcmp(variable, "fetch"))
		add_refspec(fetching, value);
	else if (value && !strcmp(variable, "tagopt"))
		fetching->no_tags = !strcmp(value, "--no-tags");
	else if (!strcmp(variable, "prune"))
		read_bool(&fetching->prune, value);
	else if (!strcmp(variable, "prunetags"))
		read_bool(&fetching->prune_tags, value);
	else if (!strcmp(name, "fetch.prune"))
		read_bool(&reader->prune, value);
	else if (!strcmp(name, "fetch.prunetags"))
		read_bool(&reader->prune_tags, value);
}

static bool read_fetching(struct fetching *fetching, git_repository *repo, const char *remote)
{
	struct fetch_reader reader = { .fetching = fetching, .remote = remote };

	fetching->prune = fetching->prune_tags = -1;
	if (repository_settings(repo, on_setting, &reader) < 0)
		return false;
	if (fetching->prune < 0)
		fetching->prune = reader.prune;
	if (fetching->prune_tags < 0)
		fetching->prune_tags = reader.prune_tags;
	return true;
}

static void free_fetching(struct fetching *fetching)
{
	for (size_t i = 0; i < fetching->count; i++)
		git_refspec_free(fetching->specs[i]);
}

static enum refcompare_verdict judge_tip(git_repository *repo, const struct fetching *fetching,
					 const char *name, const git_oid *oid)
{
	enum refcompare_verdict worst = SAME;
	bool mapped = false;

	for (size_t i = 0; i < fetching->count; i++) {
		const git_refspec *spec = fetching->specs[i];
		enum refcompare_verdict verdict = SAME;

		if (git_refspec_src_matches(spec, name)) {
			mapped = true;
			verdict = judge_mapped(repo, spec, name, oid);
		} else if (is_vague(spec)) {
			verdict = DOUBTFUL;
		}
		if (verdict > worst)
			worst = verdict;
	}
	/*
	 * git fetch takes tags that point into what it fetches. Only git knows whether it
	 * takes this one.
	 */
	if (!mapped && !fetching->no_tags && worst == SAME && starts_with(name, "refs/tags/") &&
	    !exists(repo, name))
		worst = DOUBTFUL;
	return worst;
}

/* text is "<object> <ref>" and comes from outside. */
static enum refcompare_verdict judge_text(git_repository *repo, const struct fetching *fetching,
					  const char *text)
{
	const char *space = strchr(text, ' ');
	char hex[GIT_OID_HEXSZ + 1];
	git_oid oid;

	if (!space || space - text != GIT_OID_HEXSZ || !git_reference_is_valid_name(space + 1))
		return DOUBTFUL;
	memcpy(hex, text, GIT_OID_HEXSZ);
	hex[GIT_OID_HEXSZ] = '\0';
	if (git_oid_fromstr(&oid, hex) < 0)
		return DOUBTFUL;
	return judge_tip(repo, fetching, space + 1, &oid);
}

/*
 * Whether the tips have this ref. They should be sorted by name (announcements.h), but the
 * announcer may not do so, so all are searched.
 */
static bool is_tip(struct fields tips, const char *name)
{
	const char *key, *value;
	size_t pos = 0, key_len;

	while (fields_next(tips, &pos, &key, &key_len, &value)) {
		const char *space = field_is(key, key_len, "tip") ? strchr(value, ' ') : NULL;

		if (space && !strcmp(space + 1, name))
			return true;
	}
	return false;
}

/*
 * Whether the refspec maps a ref of theirs to this ref of ours, and that ref still exists.
 * *mapped is set if it maps one at all.
 */
static bool has_source(const git_refspec *spec, const char *name, struct fields tips, bool *mapped)
{
	const char *dst = git_refspec_dst(spec);
	git_buf source = GIT_BUF_INIT;
	bool there = true;

	if (!dst || !*dst || !git_refspec_dst_matches(spec, name))
		return false;
	*mapped = true;
	if (git_refspec_rtransform(&source, spec, name) == 0)
		there = is_tip(tips, source.ptr);
	git_buf_dispose(&source);
	return there;
}

/* Whether git would prune this ref of ours: all refs of theirs that map to it are gone. */
static bool would_be_pruned(const struct fetching *fetching, const char *name, struct fields tips)
{
	bool mapped = false;

	for (size_t i = 0; i < fetching->count; i++)
		if (has_source(fetching->specs[i], name, tips, &mapped))
			return false;
	if (fetching->prune_tags > 0 && starts_with(name, "refs/tags/"))
		return !is_tip(tips, name);
	return mapped;
}

static enum refcompare_verdict judge_ours(git_repository *repo, const struct fetching *fetching,
					  struct fields tips)
{
	enum refcompare_verdict verdict = SAME;
	git_reference_iterator *it;
	git_reference *ref;

	if (fetching->prune <= 0)
		return SAME;
	if (git_reference_iterator_new(&it, repo) < 0)
		return DOUBTFUL;
	while (verdict == SAME && git_reference_next(&ref, it) == 0) {
		if (git_reference_type(ref) == GIT_REFERENCE_DIRECT &&
		    would_be_pruned(fetching, git_reference_name(ref), tips))
			verdict = DIFFERENT;
		git_reference_free(ref);
	}
	git_reference_iterator_free(it);
	return verdict;
}

static enum refcompare_verdict judge_all(const struct refcompare *c, git_repository *repo,
					 const struct fetching *fetching)
{
	struct fields f = { .data = c->tips, .len = c->len };
	enum refcompare_verdict worst = fields_get(f, "cut") || fetching->odd ? DOUBTFUL : SAME;
	const char *key, *value;
	size_t pos = 0, key_len;

	while (worst < DIFFERENT && fields_next(f, &pos, &key, &key_len, &value)) {
		enum refcompare_verdict verdict;

		if (!field_is(key, key_len, "tip"))
			continue;
		verdict = judge_text(repo, fetching, value);
		if (verdict > worst)
			worst = verdict;
	}
	/* Only if all their refs are known: otherwise only git can tell what is gone. */
	if (worst == SAME)
		worst = judge_ours(repo, fetching, f);
	return worst;
}

/*
 * A digest of names and their objects. It need not resist collisions: one would only hold up
 * the refs of the person who caused it.
 */
static uint64_t digest_refs(git_repository *repo)
{
	uint64_t hash = FNV_START;
	git_reference_iterator *it;
	git_reference *ref;

	if (git_reference_iterator_new(&it, repo) < 0)
		return 0;
	while (git_reference_next(&ref, it) == 0) {
		const char *name = git_reference_name(ref);
		const git_oid *oid = git_reference_target(ref);

		hash = fnv_bytes(hash, name, strlen(name) + 1);
		if (oid)
			hash = fnv_bytes(hash, oid, sizeof(*oid));
		git_reference_free(ref);
	}
	git_reference_iterator_free(it);
	return hash;
}

static void compare_in_pool(uv_work_t *work)
{
	struct refcompare *c = (struct refcompare *)work;
	struct fields f = { .data = c->tips, .len = c->len };
	const char *version = fields_get(f, "version");
	/* if it cannot be read here, git decides */
	enum refcompare_verdict verdict = DOUBTFUL;
	git_repository *repo = NULL;
	struct fetching fetching = { .count = 0 };

	if (repository_open(&repo, c->path) == 0 && read_fetching(&fetching, repo, c->remote))
		verdict = judge_all(c, repo, &fetching);
	if (repo)
		c->refs = digest_refs(repo);
	free_fetching(&fetching);
	git_repository_free(repo);
	if (verdict == DOUBTFUL && version && c->last_version && !strcmp(version, c->last_version))
		verdict = SAME;
	c->something_new = verdict != SAME;
}

static void on_compared(uv_work_t *work, int status)
{
	struct refcompare *c = (struct refcompare *)work;

	if (c->done)
		c->done(c->owner, c->something_new, c->refs);
	free(c->tips);
	free(c->last_version);
	free(c->remote);
	free(c->path);
	free(c);
}

struct refcompare *refcompare_start(uv_loop_t *loop, const char *path, const char *remote,
				    const void *tips, size_t len, const char *last_version,
				    refcompare_fn *done, void *owner)
{
	struct refcompare *c = xcalloc(1, sizeof(*c));

	c->path = xstrdup(path);
	c->remote = xstrdup(remote);
	c->last_version = xstrdup(last_version);
	c->tips = xmalloc(len);
	memcpy(c->tips, tips, len);
	c->len = len;
	c->something_new = true;
	c->done = done;
	c->owner = owner;
	work_start(loop, &c->work, compare_in_pool, on_compared);
	return c;
}

void refcompare_cancel(struct refcompare *c)
{
	if (!c)
		return;
	c->done = NULL;
	uv_cancel((uv_req_t *)&c->work);
}
