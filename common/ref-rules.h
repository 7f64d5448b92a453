/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_REF_RULES_H
#define COMMON_REF_RULES_H

/*
 * The rules of a push: into which refs somebody may push, and which refs are protected. A
 * pattern is the full name of a ref with at most one "*", as in a refspec (gitglossary(7));
 * the "*" stands for any characters, "/" too.
 *
 * Nobody deletes a protected ref or takes commits from it: a branch only moves forward, and
 * a tag does not move. Anybody who may push into it may make it.
 *
 * The broker judges names and deletions before it takes a pack, and git-xmpp-hook judges
 * the rest while git holds the pack in quarantine. Pure.
 */

#include <stdbool.h>
#include <stddef.h>

#include "buf.h"

enum {
	REF_NAME_MAX = 1024,	/* bytes of a name or a pattern, NUL included */
	REF_PATTERNS_MAX = 64,	/* patterns in one list */
};

struct ref_patterns {
	char **rows;		/* owned */
	size_t count;
};

struct ref_rules {
	bool everywhere;		/* pushes into any ref; push is of no use then */
	struct ref_patterns push;	/* a push goes into these and no others */
	struct ref_patterns protect;
};

/* What a push does with a ref. */
enum ref_change {
	REF_MADE,
	REF_DELETED,
	REF_CHANGED,		/* moved, and it is not known where to */
	REF_FORWARD,		/* moved to what has all of its commits */
	REF_REWOUND,		/* moved to anything else */
};

/* Whether git would take this as the name of a ref: "refs/" and git-check-ref-format(1). */
bool ref_name_valid(const char *name);
bool ref_pattern_valid(const char *pattern);
/* Both are valid. */
bool ref_pattern_matches(const char *pattern, const char *name);

/*
 * Adds a pattern, once. False if it is not valid, or there are REF_PATTERNS_MAX. A name
 * that does not begin with "refs/" is that of a branch.
 */
bool ref_patterns_add(struct ref_patterns *patterns, const char *pattern);
bool ref_patterns_match(const struct ref_patterns *patterns, const char *name);
void ref_patterns_finish(struct ref_patterns *patterns);

void ref_rules_finish(struct ref_rules *rules);

/* Whether everything is allowed, so that nothing has to be judged. */
bool ref_rules_allow_all(const struct ref_rules *rules);

/*
 * Judges one ref of a push. True if the rules refuse it: *why gets the rule in words, as
 * "protected: may not be deleted", for the report of receive-pack.
 */
bool ref_rules_refuse(const struct ref_rules *rules, const char *name, enum ref_change change,
		      struct buf *why);

/* Whether the rules forbid anything that the ones before allowed. */
bool ref_rules_narrower(const struct ref_rules *rules, const struct ref_rules *before);

/*
 * The rules as text, for the environment of git-xmpp-hook: a line for each, "push anywhere",
 * "push <pattern>" or "protect <pattern>". ref_rules_read() is false if text is something
 * else; nothing may be pushed then.
 */
void ref_rules_write(const struct ref_rules *rules, struct buf *text);
bool ref_rules_read(struct ref_rules *rules, const char *text);

#endif
