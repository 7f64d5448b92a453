/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git xmpp purge: removes all that these programs keep for the user, as before an uninstallation.
 * What starts the broker ends first, then the broker, which would write its files again; the
 * configuration goes before the files, so that one which cannot be changed leaves the key alone.
 */

#include <errno.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "alloc.h"
#include "amend.h"
#include "commands.h"
#include "monotonic.h"
#include "output.h"
#include "question.h"
#include "session-start.h"
#include "session-state.h"
#include "text.h"
#include "userfile.h"

static const char usage[] =
	"usage: git xmpp purge [--dry-run] [--yes]\n"
	"\n"
	"    -n, --dry-run  list what would be removed, and remove nothing\n"
	"    -y, --yes      do not ask\n"
	"\n"
	"Removes the account, the shares, the key of this device, whom it trusts, and\n"
	"what starts the broker. Repositories and their remotes stay.\n"
	"\n"
	"    git xmpp purge --dry-run\n";

enum {
	PLACES = 2,
	OPEN_DIRECTORIES = 16,
	ASK_MS = 10 * 1000, /* for systemd to answer */
};

struct purge {
	struct gitconfig configuration;
	char *directories[PLACES]; /* owned; NULL: there is none */
	char *autostart;	   /* owned; NULL: there is none */
	bool unit;
	unsigned count; /* of things to remove */
};

/* Prints a line of the list. */
static void list(struct purge *p, const char *what, const char *name)
{
	printf("  %-14s", what);
	print_text(name);
	putchar('\n');
	p->count++;
}

/* The section of an entry, malloc'd: "xmppshare.project". */
static char *section_of(const struct gitconfig_entry *e)
{
	return xstrndup(e->key, (size_t)(strrchr(e->key, '.') - e->key));
}

/* Whether an entry before this one, of those that can be changed, has the same section. */
static bool is_repeated(const struct gitconfig *c, size_t n, const char *section)
{
	bool repeated = false;

	for (size_t i = 0; i < n && !repeated; i++) {
		char *other = section_of(&c->rows[i]);

		repeated = !c->rows[i].system && !strcmp(other, section);
		free(other);
	}
	return repeated;
}

/* Lists the sections of the user's files, and makes it a wish that they go. */
static void list_configuration(struct purge *p, struct amendment *amendment)
{
	const struct gitconfig *c = &p->configuration;

	for (size_t i = 0; i < c->count; i++) {
		char *section = section_of(&c->rows[i]);

		if (c->rows[i].system || is_repeated(c, i, section)) {
			free(section);
			continue;
		}
		list(p, "configuration", section);
		amendment_wish(amendment, WISH_GONE, section, NULL);
	}
}

/* The directory of the programs' files there, malloc'd; NULL if there is none. */
static char *directory(enum userfile_place place)
{
	char *path = userfile_name(place, "x");
	struct stat st;

	if (path)
		*strrchr(path, '/') = '\0';
	if (path && !lstat(path, &st))
		return path;
	free(path);
	return NULL;
}

static void list_all(struct purge *p, struct amendment *amendment)
{
	char *autostart = session_autostart_file();

	list_configuration(p, amendment);
	p->directories[0] = directory(USERFILE_DATA);
	p->directories[1] = directory(USERFILE_STATE);
	if (p->directories[0])
		list(p, "key", p->directories[0]);
	if (p->directories[1])
		list(p, "state, trust", p->directories[1]);
	if (autostart && session_autostart_is_ours(autostart))
		p->autostart = xstrdup(autostart);
	if (p->autostart)
		list(p, "autostart", p->autostart);
	p->unit = session_has_unit(monotonic_ms() + ASK_MS);
	if (p->unit)
		list(p, "systemd", "the broker is not started with your session any more");
	free(autostart);
}

static bool is_sure(void)
{
	return question_sure("remove all of that", "Remove all of it? The key cannot be had back.");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *at)
{
	if (remove(path) == 0)
		return 0;
	report("error", "cannot remove '%s': %s", path, strerror(errno));
	return 1;
}

/* Links are removed, and not followed. */
static bool remove_directories(const struct purge *p)
{
	bool good = true;

	for (size_t i = 0; i < PLACES; i++)
		if (p->directories[i] && nftw(p->directories[i], remove_one, OPEN_DIRECTORIES,
					      FTW_DEPTH | FTW_PHYS | FTW_MOUNT))
			good = false;
	return good;
}

static int remove_all(const struct purge *p, struct amendment *amendment)
{
	char *stop[] = { (char *)"daemon", (char *)"stop", (char *)"--now", NULL };
	int status = STATUS_OK;

	if (p->unit || p->autostart)
		status = session_start_disable(false);
	if (status == STATUS_OK) {
		session_start_stop_socket();
		optind = 0;
		status = cmd_daemon(3, stop);
	}
	if (status != STATUS_OK && status != STATUS_NO)
		return status;
	if (amendment->count && !amendment_write(amendment))
		return STATUS_FATAL;
	if (!remove_directories(p))
		return STATUS_FATAL;
	printf("removed\n");
	printf("What a credential helper keeps is there still, and so are remotes in "
	       "repositories.\n");
	return STATUS_OK;
}

static int purge(struct purge *p, struct amendment *amendment, bool dry, bool yes)
{
	printf("%s\n", dry ? "would remove:" : "to be removed:");
	list_all(p, amendment);
	if (!p->count) {
		printf("  nothing\n");
		return STATUS_OK;
	}
	fflush(stdout);
	if (dry)
		return STATUS_OK;
	return yes || is_sure() ? remove_all(p, amendment) : STATUS_NO;
}

int cmd_purge(int argc, char **argv)
{
	static const struct option options[] = {
		{ "dry-run", no_argument, NULL, 'n' },
		{ "n", no_argument, NULL, 'n' },
		{ "yes", no_argument, NULL, 'y' },
		{ "y", no_argument, NULL, 'y' },
		{ NULL, 0, NULL, 0 },
	};
	struct amendment amendment = { .count = 0 };
	struct purge p = { .count = 0 };
	struct message trouble;
	bool dry = false, yes = false;
	int c, status;

	while ((c = cmd_option(argc, argv, options, usage)) != -1) {
		if (c != 'n' && c != 'y')
			return STATUS_USAGE;
		dry |= c == 'n';
		yes |= c == 'y';
	}
	if (optind < argc)
		return cmd_misused(usage, "purge takes no arguments");
	if (gitconfig_read(&p.configuration, &trouble) < 0)
		status = report_trouble(&trouble, false);
	else
		status = purge(&p, &amendment, dry, yes);
	amendment_finish(&amendment);
	gitconfig_finish(&p.configuration);
	for (size_t i = 0; i < PLACES; i++)
		free(p.directories[i]);
	free(p.autostart);
	return status;
}
