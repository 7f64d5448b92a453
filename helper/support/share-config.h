/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef HELPER_SHARE_CONFIG_H
#define HELPER_SHARE_CONFIG_H

/* The shares of the configuration, with the broker's rules of what is valid. */

#include <stdbool.h>
#include <stddef.h>

#include "gitconfig.h"
#include "grantee.h"

enum share_right { SHARE_FETCH, SHARE_PUSH };

struct share_entry {
	enum share_right right;
	char *text;	/* owned; as it stands in the file */
	char *who;	/* owned; whom it means, as grantee_put() writes them; NULL: invalid, it
			   gives no right to anybody */
	struct grantee grantee;	/* the same; valid if who is not NULL */
};

enum share_rule_kind {
	RULE_PROTECT,
	RULE_FETCH_REQUIRES,
	RULE_PUSH_REQUIRES,
	RULE_MAX_PACK,
};

struct share_rule {
	enum share_rule_kind kind;
	char *text;	/* owned; as it stands in the file */
	bool valid;	/* a rule that is not forbids all pushes, or is the strict one */
};

struct share_config {
	char *name;		/* owned */
	char *path;		/* owned; NULL: none is set */
	char **accounts;	/* owned; names or addresses of the accounts that serve it; none:
				   the default one */
	size_t accounts_count;
	struct share_entry *entries;	/* owned */
	size_t count;
	struct share_rule *rules;	/* owned; of two of a kind the last counts, but
					   RULE_PROTECT, of which all do */
	size_t rules_count;
};

/* A member of a group, as the user has accepted it. */
struct group_member {
	char *group;	/* owned */
	char *text;	/* owned; as it stands in the file */
	char *jid;	/* owned; bare; NULL: invalid */
};

struct share_configs {
	struct share_config *rows;	/* owned */
	size_t count;
	struct group_member *members;	/* owned */
	size_t members_count;
};

void share_configs_take(struct share_configs *shares, const struct gitconfig *configuration);
void share_configs_finish(struct share_configs *shares);

/* A share by its name, or by its path; NULL if there is none. */
const struct share_config *share_configs_find(const struct share_configs *shares, const char *name);
const struct share_config *share_configs_find_path(const struct share_configs *shares,
						   const char *path);

/* The variable of a rule, like "pushRequires". */
const char *share_rule_variable(enum share_rule_kind kind);
/* The rule of a kind that counts; NULL if there is none. Not for RULE_PROTECT. */
const struct share_rule *share_rule_find(const struct share_config *share,
					 enum share_rule_kind kind);

bool share_configs_has_member(const struct share_configs *shares, const char *group,
			      const char *jid);

/*
 * Whether an entry gives this right to exactly this name. "buddies" is a name like others
 * here.
 */
bool share_allows(const struct share_config *share, enum share_right right, const char *who);

/*
 * Why the broker does not serve a share like this, as "its path is not absolute"; NULL if
 * it does. path may be NULL.
 */
const char *share_fault(const char *name, const char *path);

#endif
