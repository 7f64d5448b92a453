/* SPDX-License-Identifier: GPL-3.0-or-later */
#ifndef COMMON_HOOK_ENV_H
#define COMMON_HOOK_ENV_H

/*
 * What the broker tells git-xmpp-hook by the environment of a push. A hook of the
 * repository's own sees none of it.
 */

#define HOOK_ENV_RULES "GIT_XMPP_RULES" /* as ref_rules_write() has them */
#define HOOK_ENV_VERDICTS                                                                          \
	"GIT_XMPP_VERDICTS"		/* a file; gets "<ref> <rule>" for each ref that           \
					   is declined */
#define HOOK_ENV_HOOKS "GIT_XMPP_HOOKS" /* the directory of the repository's own hooks */

/* The first line of that file, if all refs of the push change or none. */
#define HOOK_VERDICT_ATOMIC "atomic\n"

#endif
