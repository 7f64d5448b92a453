/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * Memory is carved from chunks, from the front to the back. A block that was freed is the next
 * one of its size. A rewind forgets all blocks since the mark, so that each world takes the same
 * memory as the one before it, which is in the cache.
 *
 * Blocks are of one of BINS sizes: the multiples of STEP up to SMALL, and above it powers of
 * two. A header in front of each block says which, and whether the block is in use.
 */
#include "sim-memory.h"

#include <errno.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

enum {
	STEP = 16,
	SMALL = 1024,
	SMALL_BINS = SMALL / STEP,
	BINS = SMALL_BINS + 20,
	CHUNK = 4 * 1024 * 1024,
	CHUNKS_MAX = 512,
};

enum state { STATE_USED = 0x5553, STATE_FREE = 0x4652 };

struct header {
	struct header *next;		/* of a free block */
	uint32_t bin;
	uint32_t state;
} __attribute__((aligned(STEP)));

/* Memory from the system; it is never given back. */
struct chunk {
	char *base;
	size_t size;
};

static struct {
	struct header *free[BINS];
	size_t used;			/* blocks */
	char *at, *end;			/* what is left of the present chunk */
	unsigned chunk, chunks;		/* the number of the next chunk, and how many there are */
	/* the same three at the mark */
	size_t kept;
	char *mark, *mark_end;
	unsigned mark_chunk;
	struct chunk of[CHUNKS_MAX];
} memory;

static unsigned bin_of(size_t size)
{
	unsigned bin = SMALL_BINS;

	if (size <= SMALL)
		return size ? (size - 1) / STEP : 0;
	while (bin < BINS && size > (size_t)SMALL << (bin - SMALL_BINS + 1))
		bin++;
	return bin;
}

static size_t size_of(unsigned bin)
{
	return bin < SMALL_BINS ? (bin + 1) * (size_t)STEP
				: (size_t)SMALL << (bin - SMALL_BINS + 1);
}

static bool add_chunk(size_t least)
{
	struct chunk c = { .size = least > CHUNK ? least : CHUNK };

	if (memory.chunks == CHUNKS_MAX)
		return false;
	c.base = mmap(NULL, c.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (c.base == MAP_FAILED)
		return false;
	memory.of[memory.chunks++] = c;
	return true;
}

/* Goes on to the next chunk that has room for so many bytes. */
static bool next_chunk(size_t least)
{
	do {
		if (memory.chunk == memory.chunks && !add_chunk(least))
			return false;
		memory.at = memory.of[memory.chunk].base;
		memory.end = memory.at + memory.of[memory.chunk++].size;
	} while ((size_t)(memory.end - memory.at) < least);
	return true;
}

static struct header *carve(unsigned bin)
{
	size_t n = sizeof(struct header) + size_of(bin);
	struct header *h;

	if ((size_t)(memory.end - memory.at) < n && !next_chunk(n))
		return NULL;
	h = (struct header *)memory.at;
	memory.at += n;
	h->bin = bin;
	return h;
}

static void *take(size_t size)
{
	unsigned bin = bin_of(size);
	struct header *h = bin < BINS ? memory.free[bin] : NULL;

	if (h)
		memory.free[bin] = h->next;
	else if (bin < BINS)
		h = carve(bin);
	if (!h) {
		errno = ENOMEM;
		return NULL;
	}
	h->state = STATE_USED;
	memory.used++;
	return h + 1;
}

static struct header *header_of(void *block)
{
	struct header *h = (struct header *)block - 1;

	if (h->state != STATE_USED)
		abort();
	return h;
}

void *malloc(size_t size)
{
	return take(size);
}

void free(void *block)
{
	struct header *h;

	if (!block)
		return;
	h = header_of(block);
	h->state = STATE_FREE;
	h->next = memory.free[h->bin];
	memory.free[h->bin] = h;
	memory.used--;
}

void *calloc(size_t count, size_t size)
{
	size_t n;
	void *block;

	if (__builtin_mul_overflow(count, size, &n))
		n = SIZE_MAX;
	block = take(n);
	return block ? memset(block, 0, n) : NULL;
}

void *realloc(void *block, size_t size)
{
	size_t room;
	void *other;

	if (!block)
		return take(size);
	room = size_of(header_of(block)->bin);
	if (size <= room)
		return block;
	other = take(size);
	if (!other)
		return NULL;
	memcpy(other, block, room);
	free(block);
	return other;
}

void memory_mark(void)
{
	memory.kept = memory.used;
	memory.mark = memory.at;
	memory.mark_end = memory.end;
	memory.mark_chunk = memory.chunk;
}

size_t memory_in_use(void)
{
	return memory.used - memory.kept;
}

void memory_rewind(void)
{
	memset(memory.free, 0, sizeof(memory.free));
	memory.at = memory.mark;
	memory.end = memory.mark_end;
	memory.chunk = memory.mark_chunk;
}
