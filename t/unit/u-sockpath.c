/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sockpath.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "said.h"
#include "tap.h"

static char ours[] = "/tmp/u-sockpath.XXXXXX";

/* Where the socket is, with that runtime directory. */
static const char *with(const char *runtime)
{
	static char path[SOCKPATH_MAX];
	struct message trouble;

	if (runtime)
		setenv("XDG_RUNTIME_DIR", runtime, 1);
	else
		unsetenv("XDG_RUNTIME_DIR");
	return sockpath_find(path, &trouble) ? NULL : path;
}

/* Why the directory of this socket is none for us. */
static enum message_id trouble_of(const char *dir)
{
	struct message trouble = { .id = MSG_NONE };
	char path[SOCKPATH_MAX];

	snprintf(path, sizeof(path), "%s/socket", dir);
	sockpath_check_dir(path, false, &trouble);
	return trouble.id;
}

static enum message_id trouble_of_path(const char *path)
{
	struct message trouble = { .id = MSG_NONE };
	char found[SOCKPATH_MAX];

	setenv("GIT_XMPP_SOCKET", path, 1);
	sockpath_find(found, &trouble);
	return trouble.id;
}

int main(void)
{
	char long_path[SOCKPATH_MAX + 1] = "/";
	char theirs[64], expected[SOCKPATH_MAX], elsewhere[SOCKPATH_MAX], last[SOCKPATH_MAX];

	unsetenv("GIT_XMPP_SOCKET");
	if (!mkdtemp(ours))
		return 1;
	/* Root owns what others do not, so it gives one away. */
	snprintf(theirs, sizeof(theirs), "%s/theirs", ours);
	mkdir(theirs, 0700);
	if (geteuid() != 0 || chown(theirs, 4711, 4711))
		snprintf(theirs, sizeof(theirs), "/");
	snprintf(elsewhere, sizeof(elsewhere), "%s", with(NULL));
	sockpath_last_resort(last);

	snprintf(expected, sizeof(expected), "%s/git-xmpp/socket", ours);
	is_str(with(ours), expected, "a runtime directory of our own is used");
	is_str(with(theirs), elsewhere,
	       "that of another user is not, whatever the environment says");
	is_str(with("/nonexistent"), elsewhere, "nor one that is not there");
	is_str(with("run"), elsewhere, "nor one that is relative");
	ok(!strncmp(last, "/tmp/git-xmpp-", 14), "the last resort has our number");
	setenv("GIT_XMPP_SOCKET", "/somewhere/else", 1);
	is_str(with(ours), "/somewhere/else", "what the user names is used as it is");

	memset(long_path + 1, 'x', sizeof(long_path) - 2);
	says(trouble_of_path(long_path), MSG_SOCKET_PATH, "a path that no socket can have");
	says(trouble_of_path("run/socket"), MSG_SOCKET_PATH, "... or that is relative");
	says(trouble_of(geteuid() ? "/" : theirs), MSG_SOCKET_OWNER, "a directory of another user");
	chmod(ours, 0755);
	says(trouble_of(ours), MSG_SOCKET_PERMISSIONS, "a directory that others may enter");
	snprintf(theirs, sizeof(theirs), "%s/theirs", ours);
	rmdir(theirs);
	rmdir(ours);
	return tap_done();
}
