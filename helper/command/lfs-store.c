/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * An object that was fetched has a ref of this process for a moment, so that no repository keeps
 * twice what git-lfs keeps anyway: the blob goes with the next "git gc".
 *
 * What a remote has under an oid may be anything that somebody with the right to push has put
 * there. So the own object replaces it: git-lfs has looked at that one.
 */
#include "lfs-store.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "run-git.h"

bool lfs_oid_valid(const char *oid)
{
	return strspn(oid, "0123456789abcdef") == 64 && !oid[64];
}

/* Keeps one line of what git has said; start is where it begins. */
static void keep_line(struct buf *said, const char *start)
{
	char *line = xstrndup(start, strcspn(start, "\n"));

	buf_reset(said);
	buf_puts(said, line);
	free(line);
}

static void keep_last_line(struct buf *said)
{
	const char *text = buf_str(said), *start;
	size_t end = strlen(text);

	while (end > 0 && text[end - 1] == '\n')
		end--;
	for (start = text + end; start > text && start[-1] != '\n'; start--)
		;
	keep_line(said, start);
}

/*
 * Keeps the line that says why git has failed: the first that is fatal, for git's own comes behind
 * that of git-remote-xmpp; else what became of the ref; else the last one.
 */
static void keep_reason(struct buf *said)
{
	static const char *const marks[] = { "fatal: ", "! [" };

	for (size_t i = 0; i < ARRAY_SIZE(marks); i++) {
		const char *at = strstr(buf_str(said), marks[i]);

		if (at) {
			keep_line(said, i == 0 ? at + strlen(marks[i]) : at);
			return;
		}
	}
	keep_last_line(said);
	if (!buf_len(said))
		buf_puts(said, "git failed");
}

/* Runs git; its output replaces *said, and is a line that says why if this is false. */
static bool git_says(const char *const *args, struct buf *said)
{
	buf_reset(said);
	if (run_git(args, "", said, GIT_ERRORS_TAKEN) == 0) {
		keep_last_line(said);
		return true;
	}
	keep_reason(said);
	return false;
}

static bool make_blob(const char *path, struct buf *blob)
{
	const char *const args[] = { "hash-object", "-w", "--no-filters", "--", path, NULL };

	return git_says(args, blob);
}

static bool set_ref(const char *ref, const char *blob, struct buf *why)
{
	const char *const args[] = { "update-ref", ref, blob, NULL };

	return git_says(args, why);
}

static bool push_ref(const char *remote, const char *refspec, struct buf *why)
{
	const char *const args[] = {
		"push",
		"--quiet",
		"--no-verify",
		"--no-mirror",
		"--no-follow-tags",
		"--recurse-submodules=no",
		"--",
		remote,
		refspec,
		NULL,
	};

	return git_says(args, why);
}

bool lfs_publish(const char *oid, const char *path, struct buf *why)
{
	char *ref = xasprintf(LFS_REFS "%s", oid), *blob;
	bool done = make_blob(path, why);

	if (done) {
		blob = buf_detach(why);
		done = set_ref(ref, blob, why);
		free(blob);
	}
	free(ref);
	return done;
}

bool lfs_push(const char *remote, const char *oid, const char *path, struct buf *why)
{
	char *refspec;
	bool done = make_blob(path, why);

	if (done) {
		refspec = xasprintf("+%s:" LFS_REFS "%s", buf_str(why), oid);
		done = push_ref(remote, refspec, why);
		free(refspec);
	}
	return done;
}

/* The directory in which git-lfs expects what is not complete, made if need be. */
static bool find_directory(struct buf *path)
{
	const char *const args[] = {
		"rev-parse",
		"--path-format=absolute",
		"--git-common-dir",
		NULL,
	};

	if (!git_says(args, path))
		return false;
	buf_puts(path, "/lfs");
	mkdir(buf_str(path), 0777);
	buf_puts(path, "/tmp");
	mkdir(buf_str(path), 0777);
	return true;
}

/* Writes a blob to a new file. */
static bool write_out(const char *ref, struct buf *path, struct buf *why)
{
	const char *const args[] = { "cat-file", "blob", ref, NULL };
	char *template;
	bool done;
	int fd;

	buf_reset(path);
	if (!find_directory(path)) {
		buf_reset(why);
		buf_puts(why, buf_str(path));
		return false;
	}
	buf_puts(path, "/xmpp-XXXXXX");
	template = xstrdup(buf_str(path));
	fd = mkstemp(template);
	buf_reset(path);
	buf_puts(path, template);
	done = fd >= 0 && run_git_to(args, fd, GIT_ERRORS_HIDDEN) == 0;
	if (!done) {
		buf_reset(why);
		buf_printf(why, "'%s' cannot be written", template);
	}
	if (fd >= 0 && close(fd) < 0)
		done = false;
	if (fd >= 0 && !done)
		unlink(template);
	free(template);
	return done;
}

/* Whether a ref is there; false with *why if not, or if its blob has another size. */
static bool has_size(const char *ref, uint64_t size, bool *there, struct buf *why)
{
	const char *const args[] = { "cat-file", "-s", ref, NULL };
	struct buf found = { 0 };
	bool good;
	char *expected = xasprintf("%" PRIu64, size);

	*there = run_git(args, "", &found, GIT_ERRORS_HIDDEN) == 0;
	keep_last_line(&found);
	good = *there && !strcmp(buf_str(&found), expected);
	if (*there && !good) {
		buf_reset(why);
		buf_printf(why, "what is there has %s bytes and not %s", buf_str(&found), expected);
	}
	free(expected);
	buf_finish(&found);
	return good;
}

static bool fetch(const char *remote, const char *from, const char *to, struct buf *why)
{
	char *refspec = xasprintf("+%s:%s", from, to);
	const char *const args[] = {
		"fetch",
		"--quiet",
		"--no-tags",
		"--no-write-fetch-head",
		"--no-auto-maintenance",
		"--no-recurse-submodules",
		"--no-prune",
		"--refmap=",
		"--",
		remote,
		refspec,
		NULL,
	};
	bool done = git_says(args, why);

	free(refspec);
	if (!done && strstr(buf_str(why), "find remote ref")) {
		buf_reset(why);
		buf_puts(why, "it is not there; who has it runs \"git xmpp lfs publish\" there");
	}
	return done;
}

static void drop(const char *ref)
{
	const char *const args[] = { "update-ref", "-d", ref, NULL };
	struct buf unused = { 0 };

	git_says(args, &unused);
	buf_finish(&unused);
}

bool lfs_fetch(const char *remote, const char *oid, uint64_t size, struct buf *path,
	       struct buf *why)
{
	char *kept = xasprintf(LFS_REFS "%s", oid);
	char *incoming = xasprintf("refs/xmpp/incoming/%s-%ld", oid, (long)getpid());
	bool there, done;

	if (has_size(kept, size, &there, why)) {
		done = write_out(kept, path, why);
	} else {
		done = fetch(remote, kept, incoming, why) &&
		       has_size(incoming, size, &there, why) && write_out(incoming, path, why);
		drop(incoming);
	}
	free(kept);
	free(incoming);
	return done;
}
