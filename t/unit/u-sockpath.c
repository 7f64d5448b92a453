/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "sockpath.h"

#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

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

int main(void)
{
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
	snprintf(theirs, sizeof(theirs), "%s/theirs", ours);
	rmdir(theirs);
	rmdir(ours);
	return tap_done();
}
