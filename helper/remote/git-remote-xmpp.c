/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * git-remote-xmpp NAME ADDRESS: git runs this for an address of xmpp::. See
 * gitremote-helpers(7). It offers only "connect", so that git speaks its own protocol with
 * its own programs at the far side, and "option" for how much to print. After "connect",
 * standard input and output belong to the far service. opening.c gets there, pump.c does
 * the rest.
 */

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "address.h"
#include "advice.h"
#include "alloc.h"
#include "client-config.h"
#include "client.h"
#include "descriptors.h"
#include "io.h"
#include "opening.h"
#include "password-prompt.h"
#include "pump.h"
#include "text.h"

enum {
	COMMAND_MAX = 64 * 1024,	/* bytes in a line; filters can be long */
	STATUS_FAILED = 128,		/* git exits with this for any failure of a helper */
};

struct helper {
	const char *url;			/* borrowed from argv */
	struct client_config_query config;
	struct early_input input;		/* bytes that git sent and that are not yet
						   parsed */
	int verbosity;
	bool progress;
};

static bool set_progress(struct helper *h, const char *value)
{
	h->progress = !strcmp(value, "true");
	return true;
}

static bool set_verbosity(struct helper *h, const char *value)
{
	if (strlen(value) != 1 || *value < '0' || *value > '9')
		return false;
	h->verbosity = *value - '0';
	return true;
}

/*
 * All other options travel in git's own protocol, or are refused: servpath would let a
 * client choose which program runs at the far side.
 */
static const struct {
	const char *name;
	bool (*set)(struct helper *h, const char *value);
} options[] = {
	{ "progress", set_progress },
	{ "verbosity", set_verbosity },
};

static const struct {
	const char *asked, *service;
} services[] = {
	{ "git-upload-pack", "upload-pack" },
	{ "git-receive-pack", "receive-pack" },
	{ "git-upload-archive", "upload-archive" },
};

/* Reads a line, without its newline. False at the end, or if the line is too long. */
static bool read_command(struct early_input *in, struct buf *line)
{
	const char *newline;

	buf_reset(line);
	while (!buf_len(&in->data) ||
	       !(newline = memchr(buf_data(&in->data), '\n', buf_len(&in->data)))) {
		ssize_t n;

		if (buf_len(&in->data) > COMMAND_MAX)
			return false;
		n = read(0, buf_reserve(&in->data, 4096), 4096);
		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			return false;
		buf_added(&in->data, n);
	}
	buf_append(line, buf_data(&in->data), newline - buf_data(&in->data));
	buf_consume(&in->data, buf_len(line) + 1);
	return true;
}

/* False when git has gone. */
static bool answer(const char *text)
{
	return io_write_all(1, text, strlen(text)) == 0;
}

static const char *set_option(struct helper *h, const char *option)
{
	for (size_t i = 0; i < ARRAY_SIZE(options); i++) {
		size_t n = strlen(options[i].name);

		if (!strncmp(option, options[i].name, n) && option[n] == ' ')
			return options[i].set(h, option + n + 1) ? "ok\n" : "unsupported\n";
	}
	return "unsupported\n";
}

static const char *find_service(const char *asked)
{
	for (size_t i = 0; i < ARRAY_SIZE(services); i++)
		if (!strcmp(asked, services[i].asked))
			return services[i].service;
	return NULL;
}

static int fatal(const struct message *trouble)
{
	message_print(trouble, "fatal: ");
	return STATUS_FAILED;
}

/* Whether git has gone: nobody reads our standard output. */
static bool git_has_gone(void)
{
	struct pollfd fd = { .fd = 1, .events = 0 };

	return poll(&fd, 1, 0) > 0 && fd.revents;
}

/*
 * Opens the service; if the broker lacks the password, asks the user for it and opens again.
 * The caller finishes *broker, whatever the result.
 */
static enum opening_result open_service(struct helper *h, const struct opening *opening,
					struct client *broker, struct message *trouble)
{
	struct password_prompt prompt;
	enum opening_result result;

	password_prompt_init(&prompt);
	for (;;) {
		*broker = (struct client){ .fd = -1 };
		result = OPENING_REFUSED;
		if (client_connect(broker, "git-remote-xmpp/" PROGRAM_VERSION,
				   opening->config->autostart, trouble) == 0)
			result = opening_run(opening, broker, &h->input, trouble);
		if (result != OPENING_REFUSED ||
		    !password_prompt_again(&prompt, trouble, git_has_gone))
			break;
		client_finish(broker);
	}
	password_prompt_finish(&prompt);
	return result;
}

static int serve(struct helper *h, const struct opening *opening)
{
	struct message trouble = { .id = MSG_NONE };
	struct client broker;
	int status = 0;

	switch (open_service(h, opening, &broker, &trouble)) {
	case OPENING_READY:
		/* By the protocol of helpers an empty line says: connected. */
		if (answer("\n"))
			status = pump_run(&broker, opening, &h->input);
		break;
	case OPENING_REFUSED:
		status = fatal(&trouble);
		break;
	case OPENING_ABANDONED:
		break;
	}
	client_finish(&broker);
	return status;
}

/* git says this itself where it has no helper, in these words. */
static int unknown_protocol(const char *value)
{
	struct buf shown = { 0 };

	text_escape(&shown, value, strlen(value), false);
	fprintf(stderr, "fatal: unknown value for config 'protocol.version': %s\n",
		buf_str(&shown));
	buf_finish(&shown);
	return STATUS_FAILED;
}

static int connect_to(struct helper *h, const char *asked)
{
	struct message trouble = { .id = MSG_NONE };
	struct client_config config;
	struct address address;
	const char *service = find_service(asked);
	const char *why;

	if (!service) {
		message_set(&trouble, MSG_BAD_SERVICE, "service", asked, NULL);
		return fatal(&trouble);
	}
	if (address_parse(&address, h->url, &why) < 0) {
		message_set(&trouble, MSG_BAD_URL, "url", h->url, "reason", why, NULL);
		return fatal(&trouble);
	}
	client_config_read(&h->config, &config);
	if (*config.bad_protocol)
		return unknown_protocol(config.bad_protocol);

	return serve(h, &(struct opening){
		.address = &address,
		.config = &config,
		.service = service,
		.verbosity = h->verbosity,
		.progress = h->progress,
	});
}

static int unknown_command(const char *line, size_t n)
{
	struct buf shown = { 0 };

	text_escape(&shown, line, n, false);
	fprintf(stderr, "fatal: git-remote-xmpp does not know the command '%s'\n", buf_str(&shown));
	buf_finish(&shown);
	return STATUS_FAILED;
}

/*
 * Answers git's commands, up to "connect", an empty line or the end. Returns the exit
 * status.
 */
static int converse(struct helper *h, struct buf *line)
{
	while (read_command(&h->input, line)) {
		const char *command = buf_str(line);
		bool alive;

		if (!*command && !buf_len(line))
			return 0;
		if (strlen(command) != buf_len(line))
			return unknown_command(buf_data(line), buf_len(line));

		if (!strcmp(command, "capabilities"))
			alive = answer("connect\noption\n\n");
		else if (!strncmp(command, "option ", 7))
			alive = answer(set_option(h, command + 7));
		else if (!strncmp(command, "connect ", 8))
			return connect_to(h, command + 8);
		else
			return unknown_command(command, buf_len(line));
		if (!alive)
			return 0;
	}
	if (buf_len(&h->input.data) <= COMMAND_MAX)
		return 0;
	return unknown_command(buf_data(&h->input.data), 40);
}

int main(int argc, char **argv)
{
	struct helper h = { .verbosity = 1 };
	struct buf line = { 0 };
	int status;

	descriptors_sanitize();
	if (argc == 2 && !strcmp(argv[1], "--version")) {
		printf("git-remote-xmpp %s\n", PROGRAM_VERSION);
		return 0;
	}
	if (argc != 3) {
		fprintf(stderr,
			"usage: git-remote-xmpp <remote> <address>\n"
			"git runs this for addresses like xmpp::bob@example.org/project.\n");
		return STATUS_FAILED;
	}

	h.url = argv[2];
	client_config_ask(&h.config, argv[1]);
	signal(SIGPIPE, SIG_IGN);
	message_filter_hints(advice_wanted);
	/* Without a remote git names it by its address. */
	if (!strchr(argv[1], ':'))
		message_name_remote(argv[1]);
	status = converse(&h, &line);

	client_config_forget(&h.config);
	buf_finish(&h.input.data);
	buf_finish(&line);
	return status;
}
