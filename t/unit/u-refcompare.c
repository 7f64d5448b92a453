/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * What a buddy has is compared with a repository of ours, which is made in a
 * temporary directory.
 */
#include "refcompare.h"

#include <stdlib.h>
#include <unistd.h>

#include "alloc.h"
#include "buf.h"
#include "fields.h"
#include "repository.h"
#include "tap.h"

static uv_loop_t loop;
static git_repository *repo;
static char here[] = "/tmp/u-refcompare.XXXXXX";
static git_oid commit;

static void on_compared(void *owner, bool something_new, uint64_t refs)
{
	*(int *)owner = something_new;
}

/* Whether a fetch would bring something, of these refs there: names, up to a NULL. */
static bool brings(const char *first, ...)
{
	struct buf tips = { 0 };
	char hex[GIT_OID_HEXSZ + 1];
	int answer = -1;
	va_list ap;

	git_oid_tostr(hex, sizeof(hex), &commit);
	fields_add(&tips, "version", "1");
	va_start(ap, first);
	for (const char *name = first; name; name = va_arg(ap, const char *))
		fields_addf(&tips, "tip", "%s %s", hex, name);
	va_end(ap);
	refcompare_start(&loop, here, "origin", buf_data(&tips), buf_len(&tips), NULL, on_compared,
			 &answer);
	uv_run(&loop, UV_RUN_DEFAULT);
	buf_finish(&tips);
	return answer == 1;
}

static void set(const char *key, const char *value)
{
	git_config *config;

	git_repository_config(&config, repo);
	if (value)
		git_config_set_string(config, key, value);
	else
		git_config_delete_entry(config, key);
	git_config_free(config);
}

static void make_ref(const char *name)
{
	git_reference *ref;

	ok(git_reference_create(&ref, repo, name, &commit, 1, NULL) == 0, "%s is there", name);
	git_reference_free(ref);
}

static void make_repository(void)
{
	git_treebuilder *builder;
	git_signature *who;
	git_tree *tree;
	git_oid id;

	git_repository_init(&repo, here, 1);
	git_treebuilder_new(&builder, repo, NULL);
	git_treebuilder_write(&id, builder);
	git_treebuilder_free(builder);
	git_tree_lookup(&tree, repo, &id);
	git_signature_new(&who, "A U Thor", "author@example.com", 0, 0);
	git_commit_create_v(&commit, repo, NULL, who, who, NULL, "one", tree, 0);
	git_signature_free(who);
	git_tree_free(tree);
	set("remote.origin.url", "xmpp::bob@example.org/p");
	set("remote.origin.fetch", "+refs/heads/*:refs/remotes/origin/*");
}

#define MAIN "refs/heads/main"

int main(void)
{
	char *rm;

	if (!mkdtemp(here) || setenv("HOME", here, 1) || setenv("XDG_CONFIG_HOME", here, 1))
		return 1;
	repository_library_begin();
	uv_loop_init(&loop);
	make_repository();
	make_ref("refs/remotes/origin/main");
	ok(!brings("HEAD", MAIN, NULL), "what is here already");
	ok(brings(MAIN, "refs/heads/new", NULL), "a branch that is new");
	make_ref("refs/remotes/origin/old");
	ok(!brings(MAIN, NULL), "one that is gone there stays");
	set("fetch.prune", "true");
	ok(brings(MAIN, NULL), "with fetch.prune it goes");
	ok(!brings(MAIN, "refs/heads/old", NULL), "unless it is there");
	set("remote.origin.prune", "no");
	ok(!brings(MAIN, NULL), "or the remote says otherwise");
	set("fetch.prune", NULL);
	set("remote.origin.prune", "true");
	ok(brings(MAIN, NULL), "it may also say so by itself");
	set("fetch.prune", "false");
	ok(brings(MAIN, NULL), "against all others");
	make_ref("refs/tags/mine");
	make_ref(MAIN);
	ok(!brings(MAIN, "refs/heads/old", NULL), "what is not the remote's stays");
	set("fetch.pruneTags", "true");
	ok(brings(MAIN, "refs/heads/old", NULL), "fetch.pruneTags takes tags, too");
	ok(!brings(MAIN, "refs/heads/old", "refs/tags/mine", NULL), "that are not there");
	set("remote.origin.pruneTags", "false");
	ok(!brings(MAIN, "refs/heads/old", NULL), "for this remote or not");
	git_repository_free(repo);
	uv_loop_close(&loop);
	repository_library_end();
	rm = xasprintf("rm -rf %s", here);
	ok(!system(rm), "tidied up");
	free(rm);
	return tap_done();
}
