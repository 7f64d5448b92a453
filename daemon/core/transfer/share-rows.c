/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "share-rows.h"

#include <string.h>

#include "decimal.h"

void share_row_write(const struct share_row *row, struct buf *fields)
{
	fields_add(fields, "share", row->name);
	fields_add(fields, "right", row->push ? "push" : "fetch");
	if (*row->head)
		fields_add(fields, "head", row->head);
	if (*row->object)
		fields_add(fields, "object", row->object);
	if (row->changed)
		fields_add_u64(fields, "changed", row->changed);
}

const char *shares_id(struct fields f)
{
	const char *id = fields_get(f, "id");

	if (!id || strlen(id) != SHARES_ID_LEN || strspn(id, "0123456789abcdef") != SHARES_ID_LEN)
		return NULL;
	return id;
}

static bool is_object(const char *text)
{
	size_t n = strlen(text);

	return (n == 40 || n == 64) && strspn(text, "0123456789abcdef") == n;
}

enum row_key { RIGHT, HEAD, OBJECT, CHANGED, OTHER };

static enum row_key row_key(const char *key, size_t len)
{
	static const char *const names[] = {
		[RIGHT] = "right",
		[HEAD] = "head",
		[OBJECT] = "object",
		[CHANGED] = "changed",
	};
	unsigned i = 0;

	while (i < OTHER && !field_is(key, len, names[i]))
		i++;
	return (enum row_key)i;
}

/* Takes one field of a row; the rule that it breaks, or NULL. */
static const char *take(struct share_row *row, enum row_key key, const char *value)
{
	switch (key) {
	case RIGHT:
		row->push = !strcmp(value, "push");
		return row->push || !strcmp(value, "fetch") ? NULL : "right: fetch or push";
	case HEAD:
		if (strlen(value) >= sizeof(row->head) || strncmp(value, "refs/", 5))
			return "head: a ref of at most 255 bytes";
		strcpy(row->head, value);
		break;
	case OBJECT:
		if (!is_object(value))
			return "object: 40 or 64 digits of lower-case hex";
		strcpy(row->object, value);
		break;
	case CHANGED:
		if (!decimal_parse(value, INT64_MAX, &row->changed))
			return "changed: seconds";
		break;
	case OTHER:
		break;
	}
	return NULL;
}

/* Moves *pos to the next row, and reads its name; false if there is none. */
static bool find_row(struct fields f, size_t *pos, const char **name)
{
	const char *key;
	size_t len;

	while (fields_next(f, pos, &key, &len, name))
		if (field_is(key, len, "share"))
			return true;
	return false;
}

int share_rows_next(struct fields f, size_t *pos, struct share_row *row, const char **fault)
{
	const char *key, *value;
	size_t len, next;
	unsigned taken = 0;

	*row = (struct share_row){ .push = false };
	*fault = NULL;
	if (!find_row(f, pos, &value))
		return 0;
	if (!share_name_valid(value)) {
		*fault = "share: a name of a share";
		return -1;
	}
	strcpy(row->name, value);
	next = *pos;
	while (fields_next(f, &next, &key, &len, &value) && !field_is(key, len, "share")) {
		enum row_key which = row_key(key, len);

		*pos = next;
		/* Of equal keys the first counts. */
		if (taken & 1u << which)
			continue;
		taken |= 1u << which;
		*fault = take(row, which, value);
		if (*fault)
			return -1;
	}
	return 1;
}
