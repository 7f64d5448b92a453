/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Settings of a user, who has them in files of a temporary directory, and of repositories there.
 * How often libgit2 is asked to read a file that is not a repository's own is counted: it must
 * not be for each push, because these files have the shares.
 */
#include "user-settings.h"

#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "alloc.h"
#include "buf.h"
#include "git-limits.h"
#include "repository.h"
#include "tap.h"

static char here[] = "/tmp/u-user-settings.XXXXXX";
static unsigned reads;

int __real_git_config_open_ondisk(git_config **out, const char *path);
int __wrap_git_config_open_ondisk(git_config **out, const char *path);
int __real_git_config_add_file_ondisk(git_config *config, const char *path,
				      git_config_level_t level, const git_repository *repo,
				      int force);
int __wrap_git_config_add_file_ondisk(git_config *config, const char *path,
				      git_config_level_t level, const git_repository *repo,
				      int force);
int __real_git_repository_open(git_repository **out, const char *path);
int __wrap_git_repository_open(git_repository **out, const char *path);
int __real_git_config_open_default(git_config **out);
int __wrap_git_config_open_default(git_config **out);

int __wrap_git_config_open_ondisk(git_config **out, const char *path)
{
	reads += !strstr(path, ".git/config");
	return __real_git_config_open_ondisk(out, path);
}

int __wrap_git_config_add_file_ondisk(git_config *config, const char *path,
				      git_config_level_t level, const git_repository *repo,
				      int force)
{
	reads += level != GIT_CONFIG_LEVEL_LOCAL;
	return __real_git_config_add_file_ondisk(config, path, level, repo, force);
}

int __wrap_git_repository_open(git_repository **out, const char *path)
{
	reads++;
	return __real_git_repository_open(out, path);
}

int __wrap_git_config_open_default(git_config **out)
{
	reads++;
	return __real_git_config_open_default(out);
}

/* A file of the user's, which was written long ago, but not before the one that it replaces. */
static void put(const char *name, const char *text)
{
	static time_t at = 1700000000;
	struct timespec times[2] = { { .tv_sec = at }, { .tv_sec = at } };
	char *path = xasprintf("%s/%s", here, name);
	FILE *file = fopen(path, "w");

	at++;
	if (!file || fputs(text, file) < 0 || fclose(file) || utimensat(AT_FDCWD, path, times, 0))
		abort();
	free(path);
}

static void on_setting(void *owner, const char *name, const char *value)
{
	if (!strcmp(name, "transfer.hiderefs"))
		buf_printf(owner, "%s%s", buf_len(owner) ? " " : "", value ? value : "-");
	else if (!strncmp(name, "xmpp", 4))
		buf_puts(owner, " a share");
}

/* The values of transfer.hideRefs in that repository. */
static const char *values(const char *name)
{
	static struct buf text;
	char *path = xasprintf("%s/%s", here, name);
	git_repository *repo;

	buf_reset(&text);
	if (repository_open(&repo, path) == 0)
		repository_settings(repo, on_setting, &text);
	git_repository_free(repo);
	free(path);
	return buf_str(&text);
}

static void make_repository(const char *name)
{
	char *path = xasprintf("%s/%s", here, name);
	git_repository *repo;
	git_config *config;

	git_repository_init(&repo, path, 1);
	git_repository_config(&config, repo);
	git_config_set_string(config, "transfer.hideRefs", "own");
	git_config_free(config);
	git_repository_free(repo);
	free(path);
}

static void test_kept(void)
{
	unsigned once;

	put(".gitconfig", "[transfer]\n\thideRefs = user\n[xmppShare \"p\"]\n\tpath = /p\n");
	is_str(values("a.git"), "user own", "the user's come first, and no shares");
	once = reads;
	ok(once > 0, "they are read once");
	for (unsigned n = 0; n < 100; n++)
		values(n % 2 ? "a.git" : "b.git");
	is_int(reads, once, "and not for each look at a repository");
	put(".gitconfig", "[transfer]\n\thideRefs = more\n\thideRefs = most\n");
	is_str(values("a.git"), "more most own", "a change is noticed");
}

static void test_includes(void)
{
	unsigned once;

	put(".gitconfig", "[include]\n\tpath = ~/one\n[transfer]\n\thideRefs = user\n");
	is_str(values("a.git"), "user own", "a file that is missing is left out");
	put("one", "[include]\n\tpath = two\n[transfer]\n\thideRefs = one\n");
	is_str(values("a.git"), "one user own", "until it is there");
	put("two", "[transfer]\n\thideRefs = two\n");
	is_str(values("a.git"), "two one user own", "as the one that it includes");
	once = reads;
	values("a.git");
	is_int(reads, once, "all of them are kept");
	put("two", "[transfer]\n\thideRefs = new\n");
	is_str(values("a.git"), "new one user own", "and each change is noticed");
}

static void test_conditional(void)
{
	char *text = xasprintf("[includeIf \"gitdir:%s/b.git\"]\n\tpath = two\n", here);

	put(".gitconfig", text);
	is_str(values("b.git"), "new own", "what is for one repository");
	is_str(values("a.git"), "own", "is not for another one");
	is_str(values("b.git"), "new own", "whichever was asked for last");
	free(text);
}

static void test_recent(void)
{
	char *path = xasprintf("%s/.gitconfig", here);
	unsigned once;

	put(".gitconfig", "[transfer]\n\thideRefs = user\n");
	utimensat(AT_FDCWD, path, NULL, 0);
	values("a.git");
	once = reads;
	is_str(values("a.git"), "user own", "what was written just now");
	ok(reads > once, "is read again, for it may change within the same tick");
	free(path);
}

static void test_limits(void)
{
	char *path = xasprintf("%s/a.git", here), *other = xasprintf("%s/other", here);
	struct git_limits limits;

	put(".gitconfig", "[receive]\n\tmaxInputSize = 1k\n[transfer]\n\tunpackLimit = 7\n");
	git_limits_settings(&limits, SERVICE_RECEIVE_PACK, path, 4096);
	for (unsigned i = 0; i < limits.n; i++)
		ok(!strstr(limits.args[i], "receive."), "what the user has set is left alone: %s",
		   limits.args[i]);
	git_limits_settings(&limits, SERVICE_RECEIVE_PACK, path, 512);
	is_str(limits.args[limits.n - 1], "receive.maxInputSize=512", "unless a share takes less");
	put("other", "[transfer]\n\thideRefs = other\n");
	setenv("GIT_CONFIG_GLOBAL", other, 1);
	is_str(values("a.git"), "other own", "GIT_CONFIG_GLOBAL names another file");
	unsetenv("GIT_CONFIG_GLOBAL");
	free(other);
	free(path);
}

int main(void)
{
	char *rm;

	if (!mkdtemp(here) || setenv("HOME", here, 1) || setenv("XDG_CONFIG_HOME", here, 1) ||
	    setenv("GIT_CONFIG_NOSYSTEM", "1", 1))
		return 1;
	repository_library_begin();
	make_repository("a.git");
	make_repository("b.git");
	test_kept();
	test_includes();
	test_conditional();
	test_recent();
	test_limits();
	repository_library_end();
	rm = xasprintf("rm -rf %s", here);
	ok(!system(rm), "tidied up");
	free(rm);
	return tap_done();
}
