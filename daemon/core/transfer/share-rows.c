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

/* Takes the fields of a row; the rule that one breaks, or NULL. */
static const char *take(struct share_row *row, struct fields f)
{
	const char *right = fields_get(f, "right"), *head = fields_get(f, "head");
	const char *object = fields_get(f, "object"), *changed = fields_get(f, "changed");

	row->push = right && !strcmp(right, "push");
	if (right && !row->push && strcmp(right, "fetch"))
		return "right: fetch or push";
	if (head && (strlen(head) >= sizeof(row->head) || strncmp(head, "refs/", 5)))
		return "head: a ref of at most 255 bytes";
	if (object && !is_object(object))
		return "object: 40 or 64 digits of lower-case hex";
	if (changed && !decimal_parse(changed, INT64_MAX, &row->changed))
		return "changed: seconds";
	strcpy(row->head, head ? head : "");
	strcpy(row->object, object ? object : "");
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
	size_t len, next, begin;

	*row = (struct share_row){ .push = false };
	*fault = NULL;
	if (!find_row(f, pos, &value))
		return 0;
	if (!share_name_valid(value)) {
		*fault = "share: a name of a share";
		return -1;
	}
	strcpy(row->name, value);
	begin = next = *pos;
	while (fields_next(f, &next, &key, &len, &value) && !field_is(key, len, "share"))
		*pos = next;
	*fault = take(row, (struct fields){ f.data + begin, *pos - begin });
	return *fault ? -1 : 1;
}
