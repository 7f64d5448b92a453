/* SPDX-License-Identifier: GPL-3.0-or-later */
#include "message.h"

#include <assert.h>
#include <ctype.h>
#include <stdarg.h>
#include <string.h>
#include <unistd.h>

#include "alloc.h"
#include "text.h"

/*
 * The catalogue of messages. A text is one line, lower case, without a full stop, its
 * subject in single quotes. A hint says what to do; if that is a command, the command
 * stands in double quotes. {name} stands for an argument, which is quoted for a shell
 * inside a command. Ids are stable, texts are not.
 */

static const struct message_row rows[MSG_COUNT] = {
	[MSG_NONE] = { "none", "", "" },

	[MSG_BROKER_UNREACHABLE] = { "broker-unreachable",
		"cannot connect to the XMPP broker at '{path}': {reason}",
		"Start it with \"git xmpp daemon start\"" },
	[MSG_BROKER_START_FAILED] = { "broker-start-failed",
		"the XMPP broker did not start: {reason}",
		"Run \"git xmpp daemon run\" to watch it" },
	[MSG_BROKER_HUNG] = { "broker-hung",
		"the XMPP broker at '{path}' accepted the connection but did not answer within "
		"5 seconds",
		"End it with \"git xmpp daemon stop\"; the next command starts a new one" },
	[MSG_BROKER_FULL] = { "broker-full",
		"the XMPP broker at '{path}' takes no more connections for now",
		"Run the same command again; \"git xmpp daemon restart\" starts a new broker" },
	[MSG_BROKER_LOST] = { "broker-lost",
		"the connection to the XMPP broker was lost",
		"Run the same command again; \"git xmpp status\" shows whether the broker runs" },
	[MSG_BROKER_STOPPING] = { "broker-stopping",
		"the XMPP broker was told to stop; it lets transfers end, and begins none",
		"Run the same command again when it has ended; \"git xmpp status\" shows what it "
		"waits for, \"git xmpp daemon stop --now\" does not wait" },
	[MSG_BROKER_VERSION] = { "broker-version",
		"the XMPP broker ({program}) speaks protocol {theirs}, this program protocol "
		"{ours}",
		"End it with \"git xmpp daemon stop\"; the next command starts a new one" },
	[MSG_SOCKET_PERMISSIONS] = { "socket-permissions",
		"refusing to use '{path}': others can access it (mode {mode})",
		"Run \"chmod 0700 {path}\"" },
	[MSG_SOCKET_OWNER] = { "socket-owner",
		"refusing to use '{path}': it belongs to somebody else",
		"Set GIT_XMPP_SOCKET to a path in a directory of your own" },
	[MSG_SOCKET_PATH] = { "socket-path",
		"cannot use '{path}' for the broker's socket: {reason}",
		"Set GIT_XMPP_SOCKET to a path in a directory of your own" },
	[MSG_CANNOT_BEGIN] = { "cannot-begin",
		"the broker cannot begin: {reason}",
		"Raise the limits of the system (ulimit -n, ulimit -u), then run \"git xmpp "
		"daemon start\"" },

	[MSG_NO_ACCOUNT] = { "no-account",
		"no XMPP account configured",
		"Run \"git xmpp setup\", which asks for your address" },
	[MSG_UNKNOWN_ACCOUNT] = { "unknown-account",
		"no account '{account}' is configured",
		"\"git xmpp setup --list\" names them" },
	[MSG_WHICH_ACCOUNT] = { "which-account",
		"there are several accounts, and none of them is the default",
		"Choose it with \"git xmpp setup --default=<account>\", or name one in the command "
		"with --account=<account>; \"git xmpp setup --list\" names them" },
	[MSG_BAD_ACCOUNT] = { "bad-account",
		"account '{account}' cannot be used: {reason}",
		"Set it up again with \"git xmpp setup <user>@<domain> --name={account}\", or "
		"remove it with \"git xmpp setup --remove={account}\"" },
	[MSG_ACCOUNT_GONE] = { "account-gone",
		"the account '{jid}' is not configured any more",
		"\"git xmpp setup --list\" names those that are" },
	[MSG_PASSWORD_NEEDED] = { "password-needed",
		"no password for '{jid}'",
		"Store it with \"git xmpp setup {jid}\"" },
	[MSG_PASSWORD_COMMAND] = { "password-command",
		"passwordCommand of account '{account}' failed: '{command}'",
		"{reason}" },
	[MSG_AUTH_FAILED] = { "auth-failed",
		"authentication failed for '{jid}': {reason}",
		"Store another password with \"git xmpp setup {jid}\"; "
		"accounts with two-factor login need an app password" },
	[MSG_REGISTER_REFUSED] = { "register-refused",
		"'{domain}' does not make an account '{jid}': {reason}",
		"If the account is yours already: \"git xmpp setup {jid}\"; else another name or "
		"another server may do" },
	[MSG_REGISTER_ELSEWHERE] = { "register-elsewhere",
		"'{domain}' does not make an account '{jid}' here: {reason}",
		"It is made at {url}; then run \"git xmpp setup {jid}\"" },
	[MSG_CERT_INVALID] = { "cert-invalid",
		"certificate of '{domain}' is not trusted: {reason}",
		"Nothing was sent; if this is your own server, make this machine trust its "
		"authority, or pin its key, once its owner has told you this one by another way: "
		"\"git xmpp setup --pin={key}\"" },
	[MSG_CERT_UNCHECKED] = { "cert-unchecked",
		"certificate of '{domain}' cannot be checked: {reason}",
		"Nothing was sent; \"git xmpp setup --ca-file=<path>\" names the file of trusted "
		"authorities" },
	[MSG_KEY_CHANGED] = { "server-key-changed",
		"the key of '{domain}' is {key}, and {pinned} is pinned",
		"Nothing was sent; somebody may be in between. If its owner has told you the new "
		"key by another way: \"git xmpp setup --pin={key}\"" },
	[MSG_SERVER_UNREACHABLE] = { "server-unreachable",
		"cannot reach XMPP server '{domain}': {reason}",
		"The broker keeps trying; \"git xmpp status\" shows how it goes" },
	[MSG_NO_TLS] = { "no-tls",
		"'{domain}' offers no encryption; refusing to send a password",
		"Nothing was sent; ask those who run the server, or have an account elsewhere" },
	[MSG_REPLACED] = { "replaced",
		"connection of '{jid}' was replaced by another client",
		"Another broker uses the same device key; this one comes back when that has ended, "
		"which \"git xmpp daemon stop\" does there" },
	[MSG_COPIED] = { "copied",
		"another machine is online as this device of '{jid}': its key was copied",
		"End the broker of one of the two with \"git xmpp daemon stop\"; "
		"remove its key file, which git-xmpp-daemon(1) names, to make it a device of "
		"its own" },
	[MSG_KEY_IN_USE] = { "key-in-use",
		"another broker is this device of '{jid}' already: it holds '{path}'",
		"It was started with another HOME or XDG_STATE_HOME; "
		"end it there with \"git xmpp daemon stop\"" },
	[MSG_DEVICE_EXPORTED] = { "device-exported",
		"the device of '{jid}' on this machine was exported and is not used here any more",
		"Go on where it was imported. To have it back: \"git xmpp device import "
		"<file>\", of a file that was exported there. For a new device here: remove "
		"'{path}', then run \"git xmpp daemon restart\"" },
	[MSG_ACCOUNT_MOVED] = { "account-moved",
		"the device of '{jid}' on this machine is one of '{to}' now",
		"\"git xmpp move {jid} {to}\" goes on, if that was cut off; \"git xmpp move {to} "
		"{jid}\" takes it back. For a new device here: remove '{path}', then run "
		"\"git xmpp daemon restart\"" },
	[MSG_NO_RESOURCES] = { "no-resources",
		"cannot log in as '{jid}': the broker gets no more files or threads of the system",
		"Raise its limits (ulimit -n, ulimit -u), then run \"git xmpp daemon restart\"" },
	[MSG_PASSWORD_AWAITED] = { "password-awaited",
		"the password of '{jid}' is waited for: '{command}' has not answered yet",
		"It may be asking you for something; after 30 seconds it is ended" },
	[MSG_NOT_ONLINE] = { "not-online",
		"the XMPP broker is not yet online as '{jid}'",
		"Try again in a minute; \"git xmpp status\" shows what it waits for" },

	[MSG_BAD_URL] = { "bad-url",
		"invalid xmpp URL '{url}': {reason}",
		"Expected xmpp::<user>@<domain>/<repository>" },
	[MSG_NOT_BUDDY] = { "not-buddy",
		"'{jid}' is not your buddy",
		"Ask them with \"git xmpp add {jid}\"" },
	[MSG_NOT_ACCEPTED] = { "not-accepted",
		"'{jid}' has not accepted your request yet",
		"They answer it with \"git xmpp accept {me}\"" },
	[MSG_NO_LONGER_BUDDY] = { "no-longer-buddy",
		"'{jid}' is no longer your buddy: they do not let you see them",
		"Ask them again with \"git xmpp add {jid}\"" },
	[MSG_REMOVED] = { "removed",
		"'{jid}' has removed you from their buddies",
		"Ask them again with \"git xmpp add {jid}\"" },
	[MSG_SUBSCRIPTION_REFUSED] = { "subscription-refused",
		"the request to '{jid}' was refused: {condition}",
		"Check the address; \"git xmpp remove {jid}\" takes it back" },
	[MSG_BLOCKED] = { "blocked",
		"'{jid}' is blocked",
		"\"git xmpp unblock {jid}\" ends that" },
	[MSG_BUDDY_OFFLINE] = { "buddy-offline",
		"'{jid}' is offline",
		"Try again when they are online, or deliver later with "
		"\"git xmpp queue push <remote> <branch>\"" },
	[MSG_BUDDY_UNSEEN] = { "buddy-unseen",
		"the server of '{jid}' cannot be reached now; they may be online or not",
		"Try again in a minute, or deliver later with "
		"\"git xmpp queue push <remote> <branch>\"" },
	[MSG_BUDDY_NO_GIT] = { "buddy-no-git",
		"'{jid}' is online, but not with git-xmpp",
		"Their broker must run: \"git xmpp daemon start\" on their side" },
	[MSG_NO_SUCH_DEVICE] = { "no-such-device",
		"'{jid}' has no device '{device}' online",
		"\"git xmpp buddies\" shows who is online; without \"?device=\" any device "
		"will do" },
	[MSG_NOT_SHARED] = { "not-shared",
		"'{jid}' does not share a repository '{share}' with you",
		"See what they share with \"git xmpp list {jid}\"; they allow it, in the "
		"repository, with \"git xmpp share --name={share} --fetch={me}\"" },
	[MSG_DEVICE_WAITS] = { "device-waits",
		"no device of '{jid}' that you trust shares a repository '{share}' with you; "
		"their device '{device}' is not compared yet",
		"If that one has it: \"git xmpp verify {jid}\"; what the others share is shown by "
		"\"git xmpp list {jid}\"" },
	[MSG_SHARE_AWAY] = { "share-away",
		"no device of '{jid}' that is online shares a repository '{share}' with you; their "
		"device '{device}' is not online",
		"If that one has it, try again when it is online, or deliver later with \"git xmpp "
		"queue push <remote> <branch>\"; what the others share is shown by \"git xmpp list "
		"{jid}\"" },
	[MSG_PUSH_DENIED] = { "push-denied",
		"'{jid}' lets you fetch from '{share}', but not push to it",
		"They allow it, in the repository, with \"git xmpp share --name={share} "
		"--push={me}\"" },
	[MSG_UNVERIFIED] = { "unverified",
		"'{jid}' takes pushes to '{share}' only from devices whose keys they have compared",
		"They compare yours with \"git xmpp verify {me}\"" },
	[MSG_RULES_CHANGED] = { "rules-changed",
		"'{jid}' has changed what may be pushed to '{share}'",
		"Run the same command again: it is judged by the new rules" },
	[MSG_DEVICE_UNTRUSTED] = { "device-untrusted",
		"no trusted device of '{jid}' is online",
		"Compare fingerprints with \"git xmpp verify {jid}\"" },
	[MSG_NOT_TRUSTED_THERE] = { "not-trusted-there",
		"'{jid}' does not trust this device",
		"Ask them to run \"git xmpp verify {me}\"" },
	[MSG_TIMEOUT] = { "timeout",
		"'{jid}' did not answer within {seconds} seconds",
		"Their machine may be asleep; try again later" },
	[MSG_BUSY] = { "busy",
		"'{jid}' is busy with other transfers",
		"Try again in a minute" },
	[MSG_PEER_VERSION] = { "peer-version",
		"'{jid}' speaks protocol {theirs}, this side protocol {ours}",
		"The older side needs a newer git-xmpp" },
	[MSG_UNSUPPORTED] = { "unsupported",
		"the broker of '{jid}' does not know this request",
		"It is older than yours: they need a newer git-xmpp" },
	[MSG_RELAYED] = { "relayed",
		"what answers as '{jid}' is somebody else's device; nothing was told to it",
		"'{jid}' passes your connection on to another person; ask them why" },
	[MSG_SHARE_BROKEN] = { "share-broken",
		"'{jid}' cannot serve '{share}' right now",
		"On their side \"git xmpp doctor\" says why" },
	[MSG_STREAM_LOST] = { "stream-lost",
		"connection to '{jid}' lost: {reason}",
		"Run the same command again" },
	[MSG_ENDED_HERE] = { "ended-by-user",
		"the transfer with '{jid}' was ended here by \"git xmpp cancel\"",
		"" },
	[MSG_ENDED_THERE] = { "ended-there",
		"'{jid}' has ended the transfer",
		"Ask them why before you run the same command again" },
	[MSG_PUSH_UNKNOWN] = { "push-unknown",
		"the push to '{share}' of '{jid}' was sent, but what became of it is not known: "
		"{reason}",
		"Fetch, and look whether it arrived; pushing again does no harm" },
	[MSG_CANNOT_REACH] = { "cannot-reach",
		"'{jid}' is online, but cannot be reached: {reason}",
		"Try again in a minute" },
	[MSG_NO_PATH] = { "no-path",
		"'{jid}' is online, but not by the path that xmpp.transport asks for: "
		"'{transport}'",
		"\"git -c xmpp.transport=auto ...\" takes any path; \"git xmpp status\" shows "
		"which one there is" },
	[MSG_BAD_TRANSPORT] = { "bad-transport",
		"xmpp.transport is '{transport}', which is no kind of path",
		"Expected auto, direct, proxy or inband" },
	[MSG_OWN_ACCOUNT] = { "own-account",
		"'{jid}' is your own account",
		"Use the path of the repository; another device of yours serves it when "
		"\"git xmpp verify {jid}\" has admitted it" },
	[MSG_BAD_SERVICE] = { "bad-service",
		"no such service: '{service}'",
		"" },

	[MSG_BAD_COMMAND] = { "bad-command",
		"no such command: '{verb}'",
		"\"git xmpp help\" lists them" },
	[MSG_BAD_JID] = { "bad-jid",
		"not an XMPP address: '{jid}'",
		"Expected <user>@<domain>" },
	[MSG_NOBODY_CALLED] = { "nobody-called",
		"nobody is called '{name}'",
		"Use the whole address, or say who it is: \"git xmpp nickname {name} <jid>\"" },
	[MSG_WHICH_BUDDY] = { "which-buddy",
		"more than one buddy is called '{name}'",
		"Use the whole address, or say who it is: \"git xmpp nickname {name} <jid>\"" },
	[MSG_BAD_FINGERPRINT] = { "bad-fingerprint",
		"not a fingerprint: '{fingerprint}'",
		"Expected 64 hexadecimal digits, 13 words or 40 digits, as \"git xmpp verify "
		"--self\" shows them on the other device" },
	[MSG_NO_DEVICE_KNOWN] = { "no-device-known",
		"no device of '{jid}' is known",
		"Their key becomes known when both of you are online with git-xmpp; \"git xmpp "
		"buddies {jid}\" "
		"shows whether they are" },
	[MSG_MOVE_NOTHING] = { "move-nothing",
		"there is nothing to move: you have decided about no device of '{jid}'",
		"\"git xmpp add {to}\" asks the new address, as for somebody new" },
	[MSG_MOVE_TAKEN] = { "move-taken",
		"you have decided about devices of '{jid}' already",
		"Give them their rights with \"git xmpp share\"; \"git xmpp device {jid}\" "
		"shows the devices" },
	[MSG_BAD_DEVICE_NAME] = { "bad-device-name",
		"'{name}' cannot be the name of a device",
		"A name has 1 to 63 bytes, no control characters and no space at either end" },
	[MSG_WHICH_DEVICE] = { "which-device",
		"'{device}' is not one device",
		"\"git xmpp device\" shows them; give the id, or the first letters of it" },
	[MSG_EXPORT_FOREIGN] = { "export-foreign",
		"'{path}' is not an exported device, or one of another version",
		"\"git xmpp device export <file>\" writes one, on the machine that has the "
		"device" },
	[MSG_EXPORT_LOCKED] = { "export-locked",
		"'{path}' cannot be opened with this passphrase, or is damaged",
		"Try the passphrase again; if it is the right one, copy the file once more" },
	[MSG_EXPORT_OTHER] = { "export-other",
		"'{path}' is a device of '{jid}', and the account here is '{me}'",
		"Set up that account first: \"git xmpp setup {jid}\"" },
	[MSG_ACCOUNT_IN_USE] = { "account-in-use",
		"this machine has a device of '{jid}' already, which trusts others or shuts them "
		"out",
		"Nothing was changed. \"git xmpp setup {jid}\" uses that one" },
	[MSG_NOT_THIS_ACCOUNT] = { "not-this-account",
		"'{jid}' is an account of yours, and not the one that is in use ('{me}')",
		"Name it: \"git xmpp --account={jid} move {jid} {to}\"" },
	[MSG_DEVICE_IN_USE] = { "device-in-use",
		"this machine is device {device} of '{jid}' already, which trusts others or shuts "
		"them out",
		"Nothing was changed. To take the other one's place here, export this one first: "
		"\"git xmpp device export <file>\"" },
	[MSG_BAD_PASSPHRASE] = { "bad-passphrase",
		"no passphrase: {reason}",
		"It has 8 to 1024 bytes in one line; --passphrase-file=<file> reads it "
		"from a file" },
	[MSG_NOT_SEEN] = { "not-seen",
		"no device of '{jid}' with this fingerprint has been seen yet",
		"Its key becomes known when both of you are online: run the same command again "
		"then" },
	[MSG_NOT_SHOWN] = { "not-shown",
		"the device of '{jid}' with this fingerprint is online, and has not shown its "
		"key yet",
		"Run the same command again in a minute" },
	[MSG_FINGERPRINT_MISMATCH] = { "fingerprint-mismatch",
		"none of the devices with which '{jid}' is online has this fingerprint",
		"If it is that of one of them, somebody could be in between: compare again, by "
		"voice or in person" },
	[MSG_WORDS_CHANGED] = { "words-changed",
		"the words that were compared with '{jid}' are not shown any more",
		"Compare again: \"git xmpp verify {jid}\"" },
	[MSG_NOT_ASKED] = { "not-asked",
		"'{jid}' has not asked to be your buddy",
		"Ask them with \"git xmpp add {jid}\"" },
	[MSG_NO_SUCH_BUDDY] = { "no-such-buddy",
		"'{jid}' is not among your buddies",
		"\"git xmpp buddies\" lists them" },
	[MSG_NOT_BLOCKED] = { "not-blocked",
		"'{jid}' is not blocked",
		"\"git xmpp buddies\" shows who is" },
	[MSG_STILL_BLOCKED] = { "still-blocked",
		"'{jid}' is still blocked, as '{entry}': {reason}",
		"Another program of this account may lift that" },
	[MSG_BAD_INVITATION] = { "bad-invitation",
		"not an invitation: {reason}",
		"Paste the whole link, in quotes: \"git xmpp join '<link>'\"; or run "
		"\"git xmpp join\", which asks for it" },
	[MSG_INVITATION_USED] = { "invitation-used",
		"the invitation of '{jid}' was used before, by another device",
		"If that was not one of yours, somebody else has read the link: tell them by "
		"another way, so that they shut out who came, with \"git xmpp distrust <jid>\", "
		"and invite you again" },
	[MSG_INVITATION_EXPIRED] = { "invitation-expired",
		"the invitation of '{jid}' has expired",
		"They make another one with \"git xmpp invite\"" },
	[MSG_INVITATION_REVOKED] = { "invitation-revoked",
		"'{jid}' has taken this invitation back",
		"They make another one with \"git xmpp invite\"" },
	[MSG_INVITATION_REFUSED] = { "invitation-refused",
		"'{jid}' does not accept this invitation",
		"Check that the link is whole; they make another one with \"git xmpp invite\"" },
	[MSG_INVITATION_KEY] = { "invitation-key",
		"what answers as '{jid}' has another key than the one that the invitation names; "
		"nothing was told to it",
		"The link was changed on its way, or somebody is in between: have them give it to "
		"you by another way" },
	[MSG_INVITATION_UNANSWERED] = { "invitation-unanswered",
		"'{jid}' does not answer to this invitation: {reason}",
		"The machine that made it must be online: run the same command again when it is; "
		"if it is, the link was changed on its way" },
	[MSG_INVITATION_OWN] = { "invitation-own",
		"this is an invitation of your own account, '{jid}', for another person",
		"Invite another machine of yours with \"git xmpp invite --device\"" },
	[MSG_INVITATION_FOR_DEVICE] = { "invitation-for-device",
		"this invitation is for another device of '{jid}', not for another account",
		"They invite another person with \"git xmpp invite\"" },
	[MSG_INVITATIONS_FULL] = { "invitations-full",
		"{limit} invitations are open, and there may be no more",
		"\"git xmpp invite --list\" shows them; take one back with "
		"\"git xmpp invite --revoke=<id>\"" },
	[MSG_NOT_JOINING] = { "not-joining",
		"no invitation of '{jid}' waits to be used",
		"\"git xmpp status\" shows those that wait" },
	[MSG_NO_SUCH_INVITATION] = { "no-such-invitation",
		"there is no open invitation '{id}'",
		"\"git xmpp invite --list\" shows them" },
	[MSG_NO_SUCH_SHARE] = { "no-such-share",
		"there is no share '{share}'",
		"\"git xmpp share --list\" names them" },
	[MSG_ROSTER_KEPT] = { "roster-kept",
		"'{jid}' gets nothing any more, but is still in the roster: {reason}",
		"Run it again later: \"git xmpp remove {jid}\"" },
	[MSG_NO_SUCH_ENTRY] = { "no-such-entry",
		"there is no '{id}' in the queue",
		"\"git xmpp queue\" lists what there is" },
	[MSG_ENTRY_BUSY] = { "entry-busy",
		"'{id}' is being pushed right now",
		"Try again in a minute; \"git xmpp cancel\" shows how to end the push" },
	[MSG_NO_SUCH_TRANSFER] = { "no-such-transfer",
		"no transfer '{id}' is moving",
		"\"git xmpp cancel\" lists those that are" },
	[MSG_WHICH_TRANSFER] = { "which-transfer",
		"more than one transfer begins with '{id}'",
		"Give more of its id; \"git xmpp cancel\" lists them" },
	[MSG_PUSH_ARRIVED] = { "push-arrived",
		"the push of '{jid}' to '{share}' has arrived whole, and finishes: git may be "
		"changing the repository",
		"\"git xmpp log\" tells what became of it" },
	[MSG_CONFIGURATION] = { "configuration",
		"cannot read the git configuration: {reason}",
		"\"git-xmpp doctor\" says where, and how it is mended" },
	[MSG_STATE_FILE] = { "state-file",
		"cannot use '{path}': {reason}",
		"\"git xmpp doctor\" looks at the files" },
	[MSG_STATE_NEWER] = { "state-newer",
		"a later version has written what is kept here: '{path}' says format {theirs}, and "
		"this one knows format {ours}",
		"Install the later version again; nothing was changed" },
	[MSG_INTERNAL] = { "internal",
		"internal error: {reason}",
		"Please report it, with what \"git xmpp doctor --report\" prints" },
};

enum {
	ARGS_MAX = 12,
	VALUE_SHOWN_MAX = 300,	/* bytes; so that no value pushes the rest of a text out of
				   sight */
};

struct arg {
	const char *name;
	const char *value;
};

/* Copies as much as fits, without cutting a character. */
static void set_text(char out[MESSAGE_TEXT_MAX], const struct buf *text)
{
	size_t n = buf_len(text);

	if (n >= MESSAGE_TEXT_MAX) {
		n = MESSAGE_TEXT_MAX - 1;
		while (n > 0 && ((unsigned char)buf_data(text)[n] & 0xc0) == 0x80)
			n--;
	}
	if (n > 0)
		memcpy(out, buf_data(text), n);
	out[n] = '\0';
}

static void put_value(struct buf *out, const char *value)
{
	size_t n = strnlen(value, VALUE_SHOWN_MAX + 1);

	if (n <= VALUE_SHOWN_MAX) {
		text_escape(out, value, n, false);
		return;
	}
	n = VALUE_SHOWN_MAX;
	while (n > VALUE_SHOWN_MAX - 4 && ((unsigned char)value[n] & 0xc0) == 0x80)
		n--;
	text_escape(out, value, n, false);
	buf_puts(out, "...");
}

/*
 * Appends a value as a word of a command, quoted so that a shell reads it as this one word.
 * False if it is too long to be shown whole: a command with a part of the word would be
 * another command.
 */
static bool put_word(struct buf *out, const char *value)
{
	struct buf word = { 0 };
	bool whole;

	/* After a space the value is an operand; after a '=' it is part of an option. */
	if (buf_len(out) && buf_data(out)[buf_len(out) - 1] == ' ')
		text_operand(&word, value);
	else
		text_shell(&word, value);
	put_value(out, buf_str(&word));
	whole = buf_len(&word) <= VALUE_SHOWN_MAX;
	buf_finish(&word);
	return whole;
}

/* Appends the value of an argument; one that was not given is empty. False as put_word(). */
static bool put_arg(struct buf *out, const struct arg *args, size_t count, const char *name,
		    size_t len, bool in_command)
{
	for (size_t i = 0; i < count; i++) {
		if (strlen(args[i].name) != len || memcmp(args[i].name, name, len) ||
		    !args[i].value)
			continue;
		if (in_command && !put_word(out, args[i].value))
			return false;
		if (!in_command)
			put_value(out, args[i].value);
	}
	return true;
}

/* Fills a template. False if a value in its command cannot be shown whole. */
static bool fill_in(char out[MESSAGE_TEXT_MAX], const char *template, const struct arg *args,
		    size_t count)
{
	bool in_command = false, whole = true;
	struct buf text = { 0 };

	for (;;) {
		size_t n = strcspn(template, "{");

		for (size_t i = 0; i < n; i++)
			in_command ^= template[i] == '"';
		buf_append(&text, template, n);
		if (!template[n])
			break;
		template += n + 1;
		n = strcspn(template, "}");
		assert(template[n] == '}');
		whole = put_arg(&text, args, count, template, n, in_command) && whole;
		template += n + 1;
	}
	set_text(out, &text);
	buf_finish(&text);
	return whole;
}

void message_set(struct message *m, enum message_id id, ...)
{
	struct arg args[ARGS_MAX];
	size_t count = 0;
	const char *name;
	va_list ap;

	assert(id < MSG_COUNT && rows[id].name);
	va_start(ap, id);
	while ((name = va_arg(ap, const char *))) {
		assert(count < ARGS_MAX);
		args[count++] = (struct arg){ .name = name, .value = va_arg(ap, const char *) };
	}
	va_end(ap);
	m->id = id;
	fill_in(m->text, rows[id].text, args, count);
	if (!fill_in(m->hint, rows[id].hint, args, count))
		m->hint[0] = '\0';
}

const struct message_row *message_row(enum message_id id)
{
	return &rows[id < MSG_COUNT ? id : MSG_INTERNAL];
}

const char *message_name(enum message_id id)
{
	return message_row(id)->name;
}

enum message_id message_by_name(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(rows); i++)
		if (!strcmp(rows[i].name, name))
			return (enum message_id)i;
	return MSG_NONE;
}

void message_advice(enum message_id id, struct buf *out)
{
	bool begins = true;

	buf_puts(out, "xmpp");
	for (const char *p = message_name(id); *p; p++) {
		char c = begins ? (char)toupper((unsigned char)*p) : *p;

		begins = *p == '-';
		if (!begins)
			buf_append(out, &c, 1);
	}
}

/* Each line of a hint becomes a field of its own, so that no value has a newline. */
void message_to_fields(const struct message *m, struct buf *fields)
{
	const char *line = m->hint;

	fields_add(fields, "id", message_name(m->id));
	fields_add(fields, "message", m->text);
	while (*line) {
		size_t n = strcspn(line, "\n");

		fields_addf(fields, "hint", "%.*s", (int)n, line);
		line += n + (line[n] == '\n');
	}
}

void message_from_fields(struct message *m, struct fields f)
{
	const char *text = fields_get(f, "message"), *id = fields_get(f, "id");
	struct buf shown = { 0 }, hints = { 0 };
	const char *key, *value;
	size_t pos = 0, key_len;

	if (!text) {
		message_set(m, MSG_INTERNAL, "reason", "an error without a message", NULL);
		return;
	}
	m->id = id ? message_by_name(id) : MSG_NONE;
	/*
	 * A later version may have ids that we do not know. MSG_NONE would say that there
	 * is no trouble.
	 */
	if (m->id == MSG_NONE)
		m->id = MSG_INTERNAL;
	text_escape(&shown, text, strlen(text), false);
	while (fields_next(f, &pos, &key, &key_len, &value)) {
		if (!field_is(key, key_len, "hint"))
			continue;
		if (buf_len(&hints) > 0)
			buf_append(&hints, "\n", 1);
		text_escape(&hints, value, strlen(value), false);
	}
	set_text(m->text, &shown);
	set_text(m->hint, &hints);
	buf_finish(&shown);
	buf_finish(&hints);
}

static bool (*hint_wanted)(enum message_id id);

void message_filter_hints(bool (*wanted)(enum message_id id))
{
	hint_wanted = wanted;
}

static const char *known_remote;

void message_name_remote(const char *remote)
{
	static const char plain[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
				    "0123456789._/-";

	known_remote = *remote && *remote != '-' && !remote[strspn(remote, plain)] ? remote : NULL;
}

static void put_line(struct buf *out, const char *line, size_t n)
{
	static const char unknown[] = "<remote> <branch>";
	const char *at = known_remote ? memmem(line, n, unknown, strlen(unknown)) : NULL;
	size_t before = at ? (size_t)(at - line) : n;

	buf_printf(out, "hint: %.*s", (int)before, line);
	if (at)
		buf_printf(out, "%s%.*s", known_remote, (int)(n - before - strlen(unknown)),
			   at + strlen(unknown));
	buf_puts(out, "\n");
}

static void put_hints(struct buf *out, const struct message *m)
{
	const char *line = m->hint;

	if (*line && hint_wanted && !hint_wanted(m->id))
		return;
	while (*line) {
		size_t n = strcspn(line, "\n");

		put_line(out, line, n);
		line += n + (line[n] == '\n');
	}
}

/* Prints with one write(), so that git's own lines do not come in between. */
static void print(struct buf *out)
{
	if (buf_len(out))
		(void)!write(STDERR_FILENO, buf_data(out), buf_len(out));
	buf_finish(out);
}

void message_print_hints(const struct message *m)
{
	struct buf out = { 0 };

	put_hints(&out, m);
	print(&out);
}

void message_print(const struct message *m, const char *prefix)
{
	struct buf out = { 0 };

	buf_printf(&out, "%s%s\n", prefix, m->text);
	put_hints(&out, m);
	print(&out);
}
