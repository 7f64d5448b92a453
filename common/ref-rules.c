/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A name that git would refuse is refused here first: a pattern must not be met by
 * "refs/heads/bob/../main". A list of patterns is short, so each is tried in turn.
 */
#include "ref-rules.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"

static bool begins(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

/* Whether the n bytes at part are good between two slashes. */
static bool is_component(const char *part, size_t n, unsigned *stars)
{
	static const char lock[] = ".lock";

	if (!n || *part == '.' || part[n - 1] == '.')
		return false;
	if (n >= sizeof(lock) - 1 && !memcmp(part + n - (sizeof(lock) - 1), lock, sizeof(lock) - 1))
		return false;
	for (size_t i = 0; i < n; i++) {
		unsigned char c = part[i];

		if (c <= ' ' || c == 0x7f || strchr("~^:?[\\", c))
			return false;
		if (i + 1 < n && ((c == '.' && part[i + 1] == '.') || !memcmp(part + i, "@{", 2)))
			return false;
		*stars += c == '*';
	}
	return true;
}

/* Whether text is like the name of a ref; *stars is how many "*" it has. */
static bool is_like_name(const char *text, unsigned *stars)
{
	const char *at = text;

	*stars = 0;
	if (!begins(text, "refs/") || strlen(text) >= REF_NAME_MAX)
		return false;
	for (;;) {
		size_t n = strcspn(at, "/");

		if (!is_component(at, n, stars))
			return false;
		if (!at[n])
			return true;
		at += n + 1;
	}
}

bool ref_name_valid(const char *name)
{
	unsigned stars;

	return is_like_name(name, &stars) && !stars;
}

bool ref_pattern_valid(const char *pattern)
{
	unsigned stars;

	return is_like_name(pattern, &stars) && stars <= 1;
}

bool ref_pattern_matches(const char *pattern, const char *name)
{
	size_t before = strcspn(pattern, "*"), after, n = strlen(name);

	if (!pattern[before])
		return !strcmp(pattern, name);
	after = strlen(pattern + before + 1);
	return n >= before + after && !strncmp(pattern, name, before) &&
	       !strcmp(pattern + before + 1, name + n - after);
}

bool ref_patterns_add(struct ref_patterns *patterns, const char *pattern)
{
	char *full =
		begins(pattern, "refs/") ? xstrdup(pattern) : xasprintf("refs/heads/%s", pattern);
	bool known = false, good = ref_pattern_valid(full);

	for (size_t i = 0; i < patterns->count; i++)
		known |= !strcmp(patterns->rows[i], full);
	good = good && (known || patterns->count < REF_PATTERNS_MAX);
	if (!good || known) {
		free(full);
		return good;
	}
	patterns->rows = xrealloc(patterns->rows, (patterns->count + 1) * sizeof(*patterns->rows));
	patterns->rows[patterns->count++] = full;
	return true;
}

bool ref_patterns_match(const struct ref_patterns *patterns, const char *name)
{
	for (size_t i = 0; i < patterns->count; i++)
		if (ref_pattern_matches(patterns->rows[i], name))
			return true;
	return false;
}

void ref_patterns_finish(struct ref_patterns *patterns)
{
	for (size_t i = 0; i < patterns->count; i++)
		free(patterns->rows[i]);
	free(patterns->rows);
	*patterns = (struct ref_patterns){ .count = 0 };
}

void ref_rules_finish(struct ref_rules *rules)
{
	ref_patterns_finish(&rules->push);
	ref_patterns_finish(&rules->protect);
}

bool ref_rules_allow_all(const struct ref_rules *rules)
{
	return rules->everywhere && !rules->protect.count;
}

/* Says where a push may go, without filling the report of somebody who may push to many. */
static void name_places(const struct ref_patterns *push, struct buf *why)
{
	enum { NAMED = 3 };

	if (!push->count)
		buf_puts(why, "nothing may be pushed");
	for (size_t i = 0; i < push->count && i < NAMED; i++)
		buf_printf(why, "%s%.100s", i ? ", " : "only ", push->rows[i]);
	if (push->count > NAMED)
		buf_printf(why, " and %zu more", push->count - NAMED);
	if (push->count)
		buf_puts(why, " may be pushed");
}

bool ref_rules_refuse(const struct ref_rules *rules, const char *name, enum ref_change change,
		      struct buf *why)
{
	if (!ref_name_valid(name)) {
		/* The words of receive-pack. */
		buf_puts(why, "funny refname");
		return true;
	}
	if (!rules->everywhere && !ref_patterns_match(&rules->push, name)) {
		name_places(&rules->push, why);
		return true;
	}
	if (change == REF_MADE || !ref_patterns_match(&rules->protect, name))
		return false;
	if (change == REF_DELETED)
		buf_puts(why, "protected: may not be deleted");
	else if (begins(name, "refs/tags/"))
		buf_puts(why, "protected: a tag may not be moved");
	else if (change == REF_REWOUND)
		buf_puts(why, "protected: not a fast-forward");
	else
		return false;
	return true;
}

/* Whether each of these patterns is among the others. */
static bool is_among(const struct ref_patterns *these, const struct ref_patterns *others)
{
	for (size_t i = 0; i < these->count; i++) {
		size_t k = 0;

		while (k < others->count && strcmp(these->rows[i], others->rows[k]))
			k++;
		if (k == others->count)
			return false;
	}
	return true;
}

bool ref_rules_narrower(const struct ref_rules *rules, const struct ref_rules *before)
{
	if (!is_among(&rules->protect, &before->protect))
		return true;
	return !rules->everywhere && (before->everywhere || !is_among(&before->push, &rules->push));
}

void ref_rules_write(const struct ref_rules *rules, struct buf *text)
{
	if (rules->everywhere)
		buf_puts(text, "push anywhere\n");
	for (size_t i = 0; !rules->everywhere && i < rules->push.count; i++)
		buf_printf(text, "push %s\n", rules->push.rows[i]);
	for (size_t i = 0; i < rules->protect.count; i++)
		buf_printf(text, "protect %s\n", rules->protect.rows[i]);
}

static bool read_line(struct ref_rules *rules, const char *line)
{
	if (!strcmp(line, "push anywhere"))
		return rules->everywhere = true;
	if (begins(line, "push refs/"))
		return ref_patterns_add(&rules->push, line + strlen("push "));
	return begins(line, "protect refs/") &&
	       ref_patterns_add(&rules->protect, line + strlen("protect "));
}

bool ref_rules_read(struct ref_rules *rules, const char *text)
{
	bool good = true;

	*rules = (struct ref_rules){ .everywhere = false };
	while (good && *text) {
		size_t n = strcspn(text, "\n");
		char *line = xstrndup(text, n);

		good = text[n] == '\n' && read_line(rules, line);
		free(line);
		text += n + (text[n] == '\n');
	}
	if (!good)
		ref_rules_finish(rules);
	return good;
}
