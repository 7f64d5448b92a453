/* SPDX-License-Identifier: GPL-3.0-or-later */
/* git xmpp lfs: has git-lfs send and get its objects with git itself (lfs-store.h). */

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "commands.h"
#include "lfs-agent.h"
#include "lfs-store.h"
#include "output.h"
#include "run-git.h"

static const char usage[] =
	"usage: git xmpp lfs setup | publish | agent\n"
	"\n"
	"    setup    have git-lfs use this for the addresses of buddies, in all repositories\n"
	"    publish  let those who may fetch from this repository have its objects, too\n"
	"    agent    what git-lfs runs\n"
	"\n"
	"    git xmpp lfs setup\n";

/*
 * git-lfs compares a URL with the keys. "xmpp::" is the beginning of one form of ours; the other,
 * "xmpp://bob@...", is "https://xmpp///bob@..." to git-lfs.
 */
static int set_up(void)
{
	static const char *const rows[][2] = {
		{ "lfs.customtransfer.xmpp.path", "git-xmpp" },
		{ "lfs.customtransfer.xmpp.args", "lfs agent" },
		{ "lfs.customtransfer.xmpp.concurrent", "false" },
		{ "lfs.xmpp::.standalonetransferagent", "xmpp" },
		{ "lfs.https://xmpp///.standalonetransferagent", "xmpp" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(rows); i++) {
		const char *const args[] = { "config", "--global", rows[i][0], rows[i][1], NULL };

		if (run_git(args, NULL, NULL, GIT_ERRORS_SHOWN) != 0)
			return STATUS_FATAL;
	}
	puts("git-lfs sends to buddies, and gets from them");
	return STATUS_OK;
}

/* Where git-lfs keeps its objects; malloc'd, NULL with the reason printed. */
static char *find_store(void)
{
	static const char *const args[] = { "lfs", "env", NULL };
	static const char label[] = "LocalMediaDir=";
	struct buf out = { 0 };
	const char *at = NULL;
	char *store = NULL;

	if (run_git(args, NULL, &out, GIT_ERRORS_SHOWN) == 0)
		at = strstr(buf_str(&out), label);
	if (at && at[strlen(label)] == '/') {
		at += strlen(label);
		store = xstrndup(at, strcspn(at, "\n"));
	} else {
		report("fatal", "no repository of git-lfs is here");
	}
	buf_finish(&out);
	return store;
}

/* False, with the reason printed, if an object cannot be published. One that is not here counts
 * not. */
static bool publish_one(const char *store, const char *oid, unsigned *count)
{
	char *path = xasprintf("%s/%.2s/%.2s/%s", store, oid, oid + 2, oid);
	char *ref = xasprintf(LFS_REFS "%s", oid);
	const char *const args[] = { "rev-parse", "--verify", "--quiet", ref, NULL };
	struct buf unused = { 0 }, why = { 0 };
	bool good = true;

	if (access(path, R_OK) == 0 && run_git(args, NULL, &unused, GIT_ERRORS_HIDDEN) != 0) {
		good = lfs_publish(oid, path, &why);
		*count += good;
	}
	if (!good)
		report("fatal", "'%s' is not published: %s", oid, buf_str(&why));
	buf_finish(&unused);
	buf_finish(&why);
	free(ref);
	free(path);
	return good;
}

/* All that a ref needs, of what is here: a line each, which begins with the oid. */
static int publish(void)
{
	static const char *const args[] = { "lfs", "ls-files", "--all", "--long", NULL };
	struct buf out = { 0 };
	char *store = find_store(), *lines, *line;
	unsigned count = 0;
	bool good;

	good = store && run_git(args, NULL, &out, GIT_ERRORS_SHOWN) == 0;
	lines = buf_detach(&out);
	for (char *p = lines; good && (line = strsep(&p, "\n"));) {
		line[strcspn(line, " ")] = '\0';
		if (lfs_oid_valid(line))
			good = publish_one(store, line, &count);
	}
	free(lines);
	free(store);
	if (!good)
		return STATUS_FATAL;
	fputs("published ", stdout);
	print_count(count, "object");
	putchar('\n');
	return STATUS_OK;
}

int cmd_lfs(int argc, char **argv)
{
	static const struct option options[] = { { NULL, 0, NULL, 0 } };

	if (cmd_option(argc, argv, options, usage) != -1)
		return STATUS_USAGE;
	if (argc - optind != 1)
		return cmd_misused(usage, "expected setup, publish or agent");
	if (!strcmp(argv[optind], "setup"))
		return set_up();
	if (!strcmp(argv[optind], "publish"))
		return publish();
	if (!strcmp(argv[optind], "agent"))
		return lfs_agent_run();
	return cmd_misused(usage, "expected setup, publish or agent");
}
