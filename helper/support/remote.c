/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Only git knows what url.<base>.insteadOf makes of a URL, so git is asked. */
#include "remote.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "output.h"
#include "run-git.h"

char *git_line(const char *const *args)
{
	struct buf out = { 0 };
	char *line = NULL;

	if (run_git(args, NULL, &out, GIT_ERRORS_HIDDEN) == 0)
		line = xstrndup(buf_str(&out), strcspn(buf_str(&out), "\n"));
	buf_finish(&out);
	return line;
}

char *repository_git_dir(void)
{
	const char *const args[] = { "rev-parse", "--path-format=absolute", "--git-common-dir",
				     NULL };
	struct buf out = { 0 };
	char *path = NULL;
	size_t n;

	if (run_git(args, NULL, &out, GIT_ERRORS_SHOWN) == 0) {
		/* Only the last newline is cut: a path may have others. */
		path = buf_detach(&out);
		n = strlen(path);
		if (n > 0 && path[n - 1] == '\n')
			path[n - 1] = '\0';
	}
	buf_finish(&out);
	return path;
}

/* What follows "xmpp::", or a whole xmpp:// URL; NULL for another kind of URL. */
static const char *xmpp_part(const char *url)
{
	static const char helper[] = "xmpp::", scheme[] = "xmpp://";

	if (!strncmp(url, helper, strlen(helper)))
		return url + strlen(helper);
	return !strncmp(url, scheme, strlen(scheme)) ? url : NULL;
}

static char *url_of(const char *name, bool push)
{
	const char *const fetching[] = { "remote", "get-url", "--", name, NULL };
	const char *const pushing[] = { "remote", "get-url", "--push", "--", name, NULL };

	return git_line(push ? pushing : fetching);
}

static bool is_xmpp(const char *name, bool push)
{
	char *url = url_of(name, push);
	bool is = url && xmpp_part(url);

	free(url);
	return is;
}

/*
 * The remote to use if the user names none. NULL, with the reason printed, if that is not
 * clear.
 */
static char *choose(bool push)
{
	const char *const args[] = { "remote", NULL };
	char *chosen = NULL, *name, *rest;
	struct buf names = { 0 };
	size_t count = 0;

	run_git(args, NULL, &names, GIT_ERRORS_SHOWN);
	rest = buf_detach(&names);
	for (char *p = rest; p && (name = strsep(&p, "\n"));) {
		if (!*name || !is_xmpp(name, push))
			continue;
		count++;
		if (count == 1 || !strcmp(name, "origin")) {
			free(chosen);
			chosen = xstrdup(name);
		}
	}
	free(rest);
	if (count == 1 || (count > 1 && !strcmp(chosen, "origin")))
		return chosen;
	if (count == 0)
		report("fatal", "no remote of this repository has an xmpp URL");
	else
		report("fatal", "there is more than one remote with an xmpp URL: name the one that "
				"is meant");
	free(chosen);
	return NULL;
}

static bool read_url(struct remote *remote, bool push)
{
	char *url = url_of(remote->name, push);
	const char *part = url ? xmpp_part(url) : NULL, *why = NULL;
	struct message trouble;

	if (!url) {
		report("fatal", "there is no remote '%s'", remote->name);
		report("hint", "\"git remote\" names them");
	} else if (!part) {
		report("fatal", "remote '%s' has no xmpp URL: %s", remote->name, url);
	} else if (address_parse(&remote->address, part, &why)) {
		message_set(&trouble, MSG_BAD_URL, "url", url, "reason", why, NULL);
		report_trouble(&trouble, false);
		part = NULL;
	}
	free(url);
	return part;
}

bool remote_find(struct remote *remote, const char *name, bool push)
{
	*remote = (struct remote){ .name = NULL };
	remote->git_dir = repository_git_dir();
	if (!remote->git_dir)
		return false;
	remote->name = name ? xstrdup(name) : choose(push);
	return remote->name && read_url(remote, push);
}

void remote_finish(struct remote *remote)
{
	free(remote->name);
	free(remote->git_dir);
}
