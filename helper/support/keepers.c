/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git finds a credential helper "x" as the program git-credential-x in its own directory, or
 * in PATH. The helper "cache" is not named: it forgets within minutes. Nor is "osxkeychain",
 * which ignores all protocols but those of web and mail.
 */

#include "keepers.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "buf.h"
#include "run-git.h"

static const struct keeper known[] = {
	{ .name = "libsecret", .what = "the keyring of the desktop", .is_helper = true },
	{ .name = "manager", .what = "Git Credential Manager", .is_helper = true },
	{ .name = "keepassxc", .what = "KeePassXC", .is_helper = true },
	{ .name = "gopass", .is_helper = true },
	{ .name = "pass", .store = "pass insert --multiline --force git-xmpp/%s >/dev/null",
	  .print = "pass show git-xmpp/%s" },
	{ .name = "secret-tool", .what = "the keyring of the desktop",
	  .store = "secret-tool store --label=git-xmpp git-xmpp %s",
	  .print = "secret-tool lookup git-xmpp %s" },
	{ .name = "store", .what = "a file of yours, in plain text", .is_helper = true,
	  .is_plain = true },
};

_Static_assert(ARRAY_SIZE(known) <= KEEPERS_MAX, "every keeper has a place");

/* The directories, with ':' between them, in which git finds a helper; malloc'd. */
static char *search_path(void)
{
	static const char *const args[] = { "--exec-path", NULL };
	const char *path = getenv("PATH");
	struct buf own = { 0 };
	char *both;

	run_git(args, NULL, &own, GIT_ERRORS_HIDDEN);
	both = xasprintf("%.*s:%s", (int)strcspn(buf_str(&own), "\n"), buf_str(&own),
			 path ? path : "");
	buf_finish(&own);
	return both;
}

static bool is_in(const char *directories, const char *program)
{
	char *all = xstrdup(directories), *rest = all, *directory;
	bool found = false;

	while (!found && (directory = strsep(&rest, ":"))) {
		char *path = xasprintf("%s/%s", directory, program);

		found = *directory == '/' && access(path, X_OK) == 0;
		free(path);
	}
	free(all);
	return found;
}

/* pass has keys to encrypt with only after "pass init". */
static bool pass_has_keys(void)
{
	const char *store = getenv("PASSWORD_STORE_DIR"), *home = getenv("HOME");
	char *path = store && *store ? xasprintf("%s/.gpg-id", store)
				     : xasprintf("%s/.password-store/.gpg-id", home ? home : "");
	bool has = access(path, R_OK) == 0;

	free(path);
	return has;
}

static bool is_there(const struct keeper *keeper, const char *directories)
{
	char *program = xasprintf("%s%s", keeper->is_helper ? "git-credential-" : "", keeper->name);
	bool there = is_in(keeper->is_helper ? directories : strchr(directories, ':') + 1, program);

	free(program);
	return there && (strcmp(keeper->name, "pass") || pass_has_keys());
}

size_t keepers_find(const struct keeper *found[KEEPERS_MAX])
{
	char *directories = search_path();
	size_t n = 0;

	for (size_t i = 0; i < ARRAY_SIZE(known); i++)
		if (is_there(&known[i], directories))
			found[n++] = &known[i];
	free(directories);
	return n;
}

bool keepers_has_helper(const char *configured)
{
	char *word, *program, *directories;
	bool there;

	if (*configured == '!')
		return true;
	word = xstrndup(configured, strcspn(configured, " \t"));
	if (*word == '/') {
		there = access(word, X_OK) == 0;
		free(word);
		return there;
	}
	program = xasprintf("git-credential-%s", word);
	directories = search_path();
	there = is_in(directories, program);
	free(directories);
	free(program);
	free(word);
	return there;
}
