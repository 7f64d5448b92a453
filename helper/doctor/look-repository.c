/* SPDX-License-Identifier: GPL-3.0-or-later */
/* The repository in which the command is run: its remotes and its submodules. */
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "alloc.h"
#include "look.h"
#include "remote.h"

static const char helper[] = "xmpp::", scheme[] = "xmpp://", colon[] = "xmpp:";

struct remotes {
	struct look *look;
	size_t count;
};

/* The name in remote.<name>.url; malloc'd. */
static char *name_of(const char *key)
{
	const char *start = strchr(key, '.') + 1;

	return xstrndup(start, strrchr(key, '.') - start);
}

static void find_one_colon(struct look *look, const char *name, const char *url)
{
	char *better = xasprintf("%s%s", helper, url + strlen(colon));
	struct address address;
	const char *why;

	if (address_parse(&address, url + strlen(colon), &why))
		findings_add(look->found, FOUND_REMOTE_MALFORMED, "remote", name, "url", url,
			     "reason", why, NULL);
	else
		findings_add(look->found, FOUND_REMOTE_ONE_COLON, "remote", name, "url", url,
			     "better", better, NULL);
	free(better);
}

static void see_remote(void *arg, const char *file, const char *key, const char *url)
{
	struct remotes *r = arg;
	struct address address;
	const char *part = NULL, *why;
	char *name;

	if (!url || strncmp(url, colon, strlen(colon)) != 0)
		return;
	r->count++;
	if (!strncmp(url, helper, strlen(helper)))
		part = url + strlen(helper);
	else if (!strncmp(url, scheme, strlen(scheme)))
		part = url;
	name = name_of(key);
	if (!part)
		find_one_colon(r->look, name, url);
	else if (address_parse(&address, part, &why))
		findings_add(r->look->found, FOUND_REMOTE_MALFORMED, "remote", name, "url", url,
			     "reason", why, NULL);
	else if (look_is_nobody(r->look, address.jid))
		findings_add(r->look->found, FOUND_REMOTE_NOBODY, "remote", name, "jid",
			     address.jid, NULL);
	free(name);
}

/* What git makes of the settings of all protocols and of this one. */
static bool submodules_allowed(void)
{
	static const char *const one[] = { "config", "protocol.xmpp.allow", NULL };
	static const char *const all[] = { "config", "protocol.allow", NULL };
	char *value = git_line(one);
	bool allowed;

	if (!value)
		value = git_line(all);
	allowed = value && !strcmp(value, "always");
	free(value);
	return allowed;
}

static void look_at_submodules(struct look *look, const char *top)
{
	char *path = xasprintf("%s/.gitmodules", top);
	const char *const args[] = { "config",	"--file",  path, "--get-regexp",
				     "\\.url$", "^xmpp::", NULL };
	char *any = access(path, F_OK) ? NULL : git_line(args);

	if (any && !submodules_allowed())
		findings_add(look->found, FOUND_SUBMODULES, NULL);
	free(any);
	free(path);
}

void look_at_repository(struct look *look)
{
	static const char *const git_dir[] = { "rev-parse", "--git-dir", NULL };
	static const char *const top[] = { "rev-parse", "--show-toplevel", NULL };
	struct remotes r = { .look = look };
	char *is = git_line(git_dir), *work_tree;

	if (!is)
		return;
	look_each_setting("^remote\\..*\\.url$", NULL, see_remote, &r);
	findings_fact(look->found, AREA_REPOSITORY, "%zu remote%s with an xmpp address", r.count,
		      r.count == 1 ? "" : "s");
	work_tree = git_line(top);
	if (work_tree)
		look_at_submodules(look, work_tree);
	free(work_tree);
	free(is);
}
