/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Both report in the broker's loop; their answers are passed on unchanged. */
#include "announcer-port.h"

#include "refs.h"
#include "refwatch.h"

static struct refwatch *watch(void *arg, const char *path, announcer_moved_fn *moved, void *owner)
{
	return refwatch_create(arg, path, moved, owner);
}

static void unwatch(void *arg, struct refwatch *watch)
{
	refwatch_destroy(watch);
}

static struct refs_read *read_refs(void *arg, const char *path, announcer_tips_fn *done,
				   void *owner)
{
	return refs_read(arg, path, done, owner);
}

static void cancel(void *arg, struct refs_read *read)
{
	refs_cancel(read);
}

const struct announcer_ops announcer_ops = {
	.watch = watch,
	.unwatch = unwatch,
	.read = read_refs,
	.cancel = cancel,
};
