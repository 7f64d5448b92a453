/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A repository with refs of every kind, and a git in front of the real one that counts how often
 * it is asked.
 */
#include "ref-store.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "tap.h"

static const char make[] =
	"exec >/dev/null 2>&1; set -e; git=$(command -v git); mkdir bin\n"
	"export HOME=$PWD GIT_CONFIG_NOSYSTEM=1\n"
	"printf '#!/bin/sh\\necho >>%s/calls\\nexec %s \"$@\"\\n' \"$PWD\" \"$git\" >bin/git\n"
	"chmod +x bin/git\n"
	"git init -q --bare r.git; cd r.git; tree=$(git mktree </dev/null)\n"
	"one=$(git -c user.name=a -c user.email=b commit-tree -m x $tree)\n"
	"git update-ref refs/heads/packed $one; git pack-refs --all\n"
	"git update-ref refs/heads/loose $one; git update-ref refs/heads/dir/one $one\n"
	"git symbolic-ref refs/heads/alias refs/heads/loose\n"
	"git symbolic-ref refs/heads/dangling refs/heads/none\n"
	"git symbolic-ref refs/heads/chain refs/heads/alias\n"
	"git -c core.preferSymlinkRefs=true symbolic-ref refs/heads/linked refs/heads/loose\n";

static size_t calls(void)
{
	FILE *file = fopen("../calls", "r");
	size_t n = 0;
	int c;

	while (file && (c = getc(file)) != EOF)
		n += c == '\n';
	if (file)
		fclose(file);
	return n;
}

static void is_target(const struct ref_store *s, const char *ref, const char *expected)
{
	struct buf target = { 0 };
	bool found = ref_store_target(s, ref, &target);

	is_str(found ? buf_str(&target) : "itself", expected, ref);
	buf_finish(&target);
}

static void each(const struct ref_store *s)
{
	is_target(s, "refs/heads/packed", "itself");
	is_target(s, "refs/heads/loose", "itself");
	is_target(s, "refs/heads/dir", "itself");
	is_target(s, "refs/heads/dir/one", "itself");
	is_target(s, "refs/heads/loose/below", "itself");
	is_target(s, "refs/heads/new", "itself");
	is_target(s, "refs/heads/alias", "refs/heads/loose");
	is_target(s, "refs/heads/chain", "refs/heads/loose");
	is_target(s, "refs/heads/linked", "refs/heads/loose");
	is_target(s, "refs/heads/dangling", "refs/heads/none");
}

int main(void)
{
	char directory[] = "/tmp/u-ref-store.XXXXXX", command[64], path[4096];
	struct ref_store s = { .directories = { NULL } };
	size_t before;

	if (!mkdtemp(directory) || chdir(directory) || system(make) || chdir("r.git"))
		return 1;
	snprintf(path, sizeof(path), "%s/bin:%s", directory, getenv("PATH"));
	setenv("PATH", path, 1);
	each(&s);
	is_int((int64_t)calls(), 10, "where refs are is not known: git is asked about each");
	ref_store_begin(&s);
	before = calls();
	each(&s);
	is_int((int64_t)(calls() - before), 4, "else about those that may be symbolic");
	before = calls();
	for (int i = 0; i < 1000; i++) {
		char ref[32];

		snprintf(ref, sizeof(ref), "refs/heads/b%d", i);
		if (ref_store_target(&s, ref, NULL))
			break;
	}
	is_int((int64_t)(calls() - before), 0, "a thousand new refs cost none");
	ref_store_finish(&s);
	ok(system("git config extensions.refStorage other") == 0, "refs are stored otherwise");
	ref_store_begin(&s);
	ok(!s.directories[0], "and no file is taken for one of them");
	ref_store_finish(&s);
	if (chdir("/"))
		return 1;
	snprintf(command, sizeof(command), "rm -rf %s", directory);
	return system(command) || tap_done();
}
