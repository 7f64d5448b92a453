/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "repository.h"

#include <stdlib.h>

#include "alloc.h"

void repository_library_begin(void)
{
	git_libgit2_init();
}

void repository_library_end(void)
{
	git_libgit2_shutdown();
}

/* core.repositoryformatversion of the git directory's own file; 0 if it does not say. */
static int32_t format_version(const char *path)
{
	char *file = xasprintf("%s/config", path);
	git_config *config;
	int32_t version = 0;

	if (git_config_open_ondisk(&config, file) == 0) {
		if (git_config_get_int32(&version, config, "core.repositoryformatversion") < 0)
			version = 0;
		git_config_free(config);
	}
	free(file);
	return version;
}

int repository_open(git_repository **repo, const char *path)
{
	if (format_version(path) > 0)
		return GIT_EINVALID;
	return git_repository_open(repo, path);
}
