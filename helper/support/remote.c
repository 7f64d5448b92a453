/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Only git knows what url.<base>.insteadOf makes of a URL, so git is asked. */
#include "remote.h"

#include <stdlib.h>
#include <string.h>

#include "alloc.h"
#include "buddy-name.h"
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

/*
 * Calls look() for each remote of the repository with an xmpp URL; the name is valid during the
 * call.
 */
static void each_remote(bool push, void (*look)(void *arg, const char *name, const char *part),
			void *arg)
{
	const char *const args[] = { "remote", NULL };
	struct buf names = { 0 };
	char *rest, *name;

	run_git(args, NULL, &names, GIT_ERRORS_SHOWN);
	rest = buf_detach(&names);
	for (char *p = rest; p && (name = strsep(&p, "\n"));) {
		char *url = *name ? url_of(name, push) : NULL;
		const char *part = url ? xmpp_part(url) : NULL;

		if (part)
			look(arg, name, part);
		free(url);
	}
	free(rest);
}

/* What a walk over the remotes has found. */
struct choice {
	const char *jid;	/* whose remotes count; NULL: all */
	char *name;		/* owned; the first, but origin goes before it */
	size_t count;
};

static void consider(void *arg, const char *name, const char *part)
{
	struct choice *c = arg;
	struct address address;
	const char *why;

	if (c->jid && (address_parse(&address, part, &why) || strcmp(address.jid, c->jid)))
		return;
	c->count++;
	if (c->count > 1 && strcmp(name, "origin"))
		return;
	free(c->name);
	c->name = xstrdup(name);
}

/*
 * The remote to use if the user names none. NULL, with the reason printed, if that is not
 * clear.
 */
static char *choose(bool push)
{
	struct choice c = { .count = 0 };

	each_remote(push, consider, &c);
	if (c.count == 1 || (c.count > 1 && !strcmp(c.name, "origin")))
		return c.name;
	if (c.count == 0)
		report("fatal", "no remote of this repository has an xmpp URL");
	else
		report("fatal", "there is more than one remote with an xmpp URL: name the one that "
				"is meant");
	free(c.name);
	return NULL;
}

static bool is_remote(const char *name)
{
	char *url = url_of(name, false);
	bool is = url;

	free(url);
	return is;
}

/*
 * The remote of that name, or the only one that leads to the buddy who is called so; malloc'd.
 * The name as it is if there is neither. NULL, with the reason printed, if that is not clear.
 */
static char *named(const char *name, bool push)
{
	struct choice c = { .count = 0 };
	struct message trouble;
	char jid[JID_MAX];

	if (is_remote(name) || !buddy_name_jid(name, jid, &trouble))
		return xstrdup(name);
	c.jid = jid;
	each_remote(push, consider, &c);
	if (c.count == 1)
		return c.name;
	if (c.count == 0)
		report("fatal", "no remote of this repository leads to %s", jid);
	else
		report("fatal", "more than one remote leads to %s: name the one that is meant",
		       jid);
	report("hint", "\"git remote -v\" shows them");
	free(c.name);
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
	remote->name = name ? named(name, push) : choose(push);
	return remote->name && read_url(remote, push);
}

void remote_finish(struct remote *remote)
{
	free(remote->name);
	free(remote->git_dir);
}
