/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The files of the user: the key, what is trusted, the queue. Modes are judged by their bits and
 * not by trying, because root may do everything.
 */
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "alloc.h"
#include "look.h"
#include "state-format.h"
#include "userfile.h"

enum {
	DEPTH_MAX = 4,	  /* accounts/<directory>/<directory>/<file> */
	FILES_MAX = 4096, /* that are looked at */
	FREE_MIN = 1024,  /* kB that a broker needs to keep what it has to */
};

struct walk {
	struct look *look;
	size_t files;
};

static void look_at_file(struct walk *w, const char *path, const char *name, mode_t mode)
{
	char text[8];

	snprintf(text, sizeof(text), "%04o", (unsigned int)(mode & 07777));
	if ((mode & 0600) != 0600)
		findings_add(w->look->found, FOUND_FILE_MODE, "path", path, "mode", text, NULL);
	else if (!strcmp(name, "key") && mode & 077)
		findings_add(w->look->found, FOUND_KEY_MODE, "path", path, NULL);
}

static void look_at_directory(struct walk *w, const char *path, int depth)
{
	DIR *directory = opendir(path);
	const struct dirent *e;
	struct stat st;

	if (!stat(path, &st) && (st.st_mode & 0700) != 0700)
		findings_add(w->look->found, FOUND_DIRECTORY_MODE, "path", path, NULL);
	while (directory && w->files < FILES_MAX && (e = readdir(directory))) {
		char *below = xasprintf("%s/%s", path, e->d_name);

		if (e->d_name[0] != '.' && !lstat(below, &st)) {
			w->files++;
			if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
				look_at_directory(w, below, depth + 1);
			else if (S_ISREG(st.st_mode))
				look_at_file(w, below, e->d_name, st.st_mode);
		}
		free(below);
	}
	if (directory)
		closedir(directory);
}

static void look_at_disk(struct look *look, const char *path)
{
	struct statvfs fs;
	uint64_t left;
	char text[24];

	if (statvfs(path, &fs))
		return;
	left = (uint64_t)fs.f_bavail * fs.f_frsize / 1024;
	snprintf(text, sizeof(text), "%llu", (unsigned long long)left);
	if (left < FREE_MIN)
		findings_add(look->found, FOUND_DISK_FULL, "path", path, "free", text, NULL);
}

static void look_at_format(struct look *look)
{
	char *path = userfile_name(USERFILE_STATE, "format");
	struct message trouble;

	if (path && state_format_check(&trouble) < 0 && trouble.id == MSG_STATE_NEWER)
		findings_add(look->found, FOUND_STATE_FORMAT, "path", path, "reason", trouble.text,
			     NULL);
	free(path);
}

void look_at_files(struct look *look)
{
	static const enum userfile_place places[] = { USERFILE_DATA, USERFILE_STATE };
	struct walk w = { .look = look };

	for (size_t i = 0; i < ARRAY_SIZE(places); i++) {
		char *path = userfile_name(places[i], "");
		size_t n = path ? strlen(path) : 0;

		if (n > 1)
			path[n - 1] = '\0';
		if (path) {
			look_at_directory(&w, path, 0);
			look_at_disk(look, path);
		}
		free(path);
	}
	look_at_format(look);
	findings_fact(look->found, AREA_FILES, "%zu of yours", w.files);
}
