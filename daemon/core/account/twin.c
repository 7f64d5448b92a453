/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "twin.h"

#include <stdio.h>
#include <string.h>

static struct twin *find(struct twins *t, const char *full)
{
	for (int i = 0; i < TWINS_MAX; i++)
		if (t->list[i].state != TWIN_NONE && !strcmp(t->list[i].full, full))
			return &t->list[i];
	return NULL;
}

/* A free place, or that of a ghost, or NULL. */
static struct twin *make_place(struct twins *t)
{
	for (int i = 0; i < TWINS_MAX; i++)
		if (t->list[i].state == TWIN_NONE)
			return &t->list[i];
	for (int i = 0; i < TWINS_MAX; i++)
		if (t->list[i].state == TWIN_GHOST)
			return &t->list[i];
	return NULL;
}

bool twins_seen(struct twins *t, const char *full)
{
	struct twin *twin = find(t, full);

	if (!twin) {
		twin = strlen(full) < TWIN_JID_MAX ? make_place(t) : NULL;
		if (!twin)
			return false;
		snprintf(twin->full, sizeof(twin->full), "%s", full);
	} else if (twin->state != TWIN_GHOST) {
		return false;
	}
	/* A ghost that shows itself again may live. */
	twin->state = TWIN_ASKED;
	return true;
}

bool twins_answered(struct twins *t, const char *full, bool alive)
{
	struct twin *twin = find(t, full);

	if (!twin || twin->state != TWIN_ASKED)
		return false;
	twin->state = alive ? TWIN_ALIVE : TWIN_GHOST;
	return alive;
}

void twins_gone(struct twins *t, const char *full)
{
	struct twin *twin = find(t, full);

	if (twin)
		twin->state = TWIN_NONE;
}

void twins_reset(struct twins *t)
{
	for (int i = 0; i < TWINS_MAX; i++)
		t->list[i].state = TWIN_NONE;
}

static bool is_in_place(const char *device, const char *full)
{
	const char *resource = strchr(full, '/');

	return resource && !strncmp(resource, "/git.", 5) && !strcmp(resource + 5, device);
}

bool twins_we_stay(const char *device, const char *ours, const char *theirs)
{
	if (is_in_place(device, ours) != is_in_place(device, theirs))
		return is_in_place(device, ours);
	return strcmp(ours, theirs) < 0;
}
