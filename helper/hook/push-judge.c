/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git runs pre-receive while the pack is in quarantine, for all refs at once, and update
 * after that, for each. So all refs are judged in pre-receive, and what update has to say is
 * what was found there.
 *
 * The old object is as the pusher gave it. That is enough: git compares it with the ref, when
 * it has the lock. What is in refs/replace does not count here, since somebody who may push
 * there could make any commit the parent of any other.
 */
#include "push-judge.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "hook-env.h"
#include "io.h"
#include "ref-rules.h"
#include "ref-store.h"
#include "run-git.h"

enum { VERDICTS_MAX = 8 * 1024 * 1024 };	/* bytes that are read of the file */

struct judge {
	struct ref_rules rules;
	/* Where capitals make no other name: what is protected, in small letters. */
	struct ref_rules folded;
	struct ref_store store;
};

static bool is_null(const char *object)
{
	return object[strspn(object, "0")] == '\0';
}

/* Whether the new object has all of the commits that the old one has. */
static bool is_forward(const char *old, const char *new)
{
	const char *const args[] = {
		"--no-replace-objects", "merge-base", "--is-ancestor", old, new, NULL
	};

	return run_git(args, NULL, NULL, GIT_ERRORS_HIDDEN) == 0;
}

static bool refuses(const struct ref_rules *rules, const char *ref, const char *old,
		    const char *new, struct buf *why)
{
	enum ref_change change = is_null(new) ? REF_DELETED : is_null(old) ? REF_MADE : REF_CHANGED;

	if (change == REF_CHANGED && ref_patterns_match(&rules->protect, ref))
		change = is_forward(old, new) ? REF_FORWARD : REF_REWOUND;
	return ref_rules_refuse(rules, ref, change, why);
}

static char *small_letters(const char *text)
{
	char *copy = xstrdup(text);

	for (char *at = copy; *at; at++)
		if (*at >= 'A' && *at <= 'Z')
			*at += 'a' - 'A';
	return copy;
}

/* Whether the rules refuse a ref, also under the name of one that is the same file. */
static bool refuses_any(const struct judge *judge, const char *ref, const char *old,
			const char *new, struct buf *why)
{
	char *small;
	bool refused;

	if (refuses(&judge->rules, ref, old, new, why))
		return true;
	small = small_letters(ref);
	refused = refuses(&judge->folded, small, old, new, why);
	free(small);
	return refused;
}

/* Whether the rules refuse a ref, or the one that it stands for. */
static bool is_refused(const struct judge *judge, const char *ref, const char *old, const char *new,
		       struct buf *why)
{
	struct buf target = { 0 };
	bool refused = refuses_any(judge, ref, old, new, why);

	if (!refused && ref_store_target(&judge->store, ref, &target)) {
		refused = refuses_any(judge, buf_str(&target), old, new, why);
		if (refused)
			buf_printf(why, " (it stands for %.200s)", buf_str(&target));
	}
	buf_finish(&target);
	return refused;
}

/* False if they cannot be written: then update would not know of them. */
static bool tell(struct buf *verdicts)
{
	const char *path = getenv(HOOK_ENV_VERDICTS);
	int fd = path ? open(path, O_WRONLY | O_APPEND | O_CLOEXEC) : -1;
	bool good =
		!path || (fd >= 0 && io_write_all(fd, buf_data(verdicts), buf_len(verdicts)) == 0);

	if (!good || !path)
		fputs(buf_str(verdicts), stderr);
	if (fd >= 0)
		close(fd);
	return good;
}

/* What the broker and this program have written so far; false if there is no file. */
static bool read_verdicts(struct buf *out)
{
	const char *path = getenv(HOOK_ENV_VERDICTS);
	int fd = path ? open(path, O_RDONLY | O_CLOEXEC) : -1;
	bool good =
		fd >= 0 && io_read_all(fd, out, VERDICTS_MAX) == 0 && buf_len(out) <= VERDICTS_MAX;

	if (fd >= 0)
		close(fd);
	return good;
}

/* Whether there is a line about the ref. */
static bool has_verdict(const char *verdicts, const char *ref)
{
	const char *line = verdicts;
	size_t n = strlen(ref);

	while (line && !(!strncmp(line, ref, n) && line[n] == ' ')) {
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	return line != NULL;
}

/*
 * Whether one ref that is refused takes the others with it: the broker has said that the push
 * is atomic, or there is a certificate, or some refs are for the proc-receive hook, for
 * which git does not run update.
 */
static bool is_all_or_nothing(void)
{
	const char *const args[] = { "config", "--get-all", "receive.procReceiveRefs", NULL };
	struct buf verdicts = { 0 }, out = { 0 };
	bool atomic = getenv("GIT_PUSH_CERT") != NULL;

	if (read_verdicts(&verdicts))
		atomic |= !strncmp(buf_str(&verdicts), HOOK_VERDICT_ATOMIC,
				   strlen(HOOK_VERDICT_ATOMIC));
	buf_finish(&verdicts);
	if (!atomic)
		atomic = run_git(args, NULL, &out, GIT_ERRORS_HIDDEN) == 0 && buf_len(&out);
	buf_finish(&out);
	return atomic;
}

/* Whether the files of refs are in a file system that does not tell capitals apart. */
static bool ignores_case(void)
{
	const char *const args[] = { "config", "--type=bool", "core.ignoreCase", NULL };
	struct buf out = { 0 };
	bool ignores = run_git(args, NULL, &out, GIT_ERRORS_HIDDEN) == 0 &&
		       !strcmp(buf_str(&out), "true\n");

	buf_finish(&out);
	return ignores;
}

static void fold(struct judge *judge)
{
	for (size_t i = 0; i < judge->rules.protect.count; i++) {
		char *small = small_letters(judge->rules.protect.rows[i]);

		ref_patterns_add(&judge->folded.protect, small);
		free(small);
	}
}

static bool judge_begin(struct judge *judge)
{
	const char *text = getenv(HOOK_ENV_RULES);

	*judge = (struct judge){ .folded = { .everywhere = true } };
	if (!text || !ref_rules_read(&judge->rules, text)) {
		fputs("fatal: the rules of the share cannot be read\n", stderr);
		return false;
	}
	if (judge->rules.protect.count && ignores_case())
		fold(judge);
	ref_store_begin(&judge->store);
	return true;
}

static void judge_finish(struct judge *judge)
{
	ref_rules_finish(&judge->rules);
	ref_rules_finish(&judge->folded);
	ref_store_finish(&judge->store);
}

/* Cuts the next "<old> <new> <ref>" off; false at the end, or if the line is something else. */
static bool next_line(char **at, const char *fields[3])
{
	char *line = *at, *end = line ? strchr(line, '\n') : NULL;

	if (!end)
		return false;
	*end = '\0';
	*at = end + 1;
	for (int i = 0; i < 3; i++) {
		fields[i] = line;
		line = i < 2 ? strchr(line, ' ') : NULL;
		if (i < 2 && !line)
			return false;
		if (line)
			*line++ = '\0';
	}
	return true;
}

/* The refs that nothing was said of are refused, too. */
static void refuse_rest(const char *list, const char *first, struct buf *verdicts)
{
	char *copy = xstrdup(list), *at = copy;
	struct buf all = { 0 };
	const char *fields[3];

	while (next_line(&at, fields))
		if (!has_verdict(buf_str(verdicts), fields[2]))
			buf_printf(&all, "%s all or nothing: %.200s is refused\n", fields[2],
				   first);
	buf_append(verdicts, buf_data(&all), buf_len(&all));
	buf_finish(&all);
	free(copy);
}

bool push_judge_list(struct buf *list)
{
	char *copy, *at, *first = NULL;
	size_t count = 0, refused = 0;
	struct buf verdicts = { 0 };
	const char *fields[3];
	struct judge judge;

	if (!judge_begin(&judge))
		return false;
	copy = at = xstrdup(buf_str(list));
	for (; next_line(&at, fields); count++) {
		struct buf why = { 0 };

		if (is_refused(&judge, fields[2], fields[0], fields[1], &why)) {
			buf_printf(&verdicts, "%s %s\n", fields[2], buf_str(&why));
			first = first ? first : xstrdup(fields[2]);
			refused++;
		}
		buf_finish(&why);
	}
	if (refused && refused < count && is_all_or_nothing()) {
		refuse_rest(buf_str(list), first, &verdicts);
		refused = count;
	}
	if (!tell(&verdicts))
		refused = count;
	judge_finish(&judge);
	buf_finish(&verdicts);
	free(first);
	free(copy);
	return count && refused < count;
}

bool push_judge_ref(const char *ref, const char *old, const char *new)
{
	struct buf verdicts = { 0 }, why = { 0 };
	struct judge judge;
	bool refused = true;

	if (read_verdicts(&verdicts)) {
		refused = has_verdict(buf_str(&verdicts), ref);
	} else if (judge_begin(&judge)) {
		refused = is_refused(&judge, ref, old, new, &why);
		if (refused)
			fprintf(stderr, "%s: %s\n", ref, buf_str(&why));
		judge_finish(&judge);
	}
	buf_finish(&verdicts);
	buf_finish(&why);
	return !refused;
}
