#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a hint says can be typed: each command in the hints of the catalogue is typed as it would be
# printed, by somebody who has an account and no broker. It gets as far as that: to the broker, to
# the files or to the password. And what the programs say of their commands anywhere else names
# verbs and options that there are.

. "$(dirname "$0")/lib/test-lib.sh"

GIT_XMPP_SOCKET=$TRASH/run/socket
GIT_TERMINAL_PROMPT=0
export GIT_XMPP_SOCKET GIT_TERMINAL_PROMPT
unset GIT_ASKPASS SSH_ASKPASS DISPLAY
mkdir -m 700 "$TRASH/run" "$TRASH/dir"
git config --global xmpp.autostart false
git config --global xmpp.example.jid alice@example.org
git config --global xmpp.work.jid alice@work.example
git config --global xmpp.account example
git config --global credential.helper ''
git init -q "$TRASH/project"
git -C "$TRASH/project" remote add origin xmpp::bob@example.org/project
git -C "$TRASH/project" commit -q --allow-empty -m one
: >"$TRASH/file"
SQ="'"

# commands: of the hints in standard input, id and command with a tab in between; what the
# program knows and what the reader has to fill in stand there.
commands () {
	awk -F "\t" -v trash="$TRASH" '
	BEGIN {
		n = split("jid=bob@example.org me=alice@example.org to=alice@new.example share=project account=work " \
			"name=bobby device=abcdefghijklmnop key=sha256//AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA= " \
			"path=" trash "/dir url=https://example.org/new " \
			"<remote>=origin <branch>=main <account>=work <id>=0001 <jid>=bob@example.org " \
			"<address>=alice@new.example <path>=" trash "/file <file>=" trash "/file <link>=https://example.org " \
			"<user>@<domain>=alice@example.org", pairs, " ")
		for (i = 1; i <= n; i++) {
			at = index(pairs[i], "=")
			known[substr(pairs[i], 1, at - 1)] = substr(pairs[i], at + 1)
		}
	}
	function filled(text,	name, out) {
		for (name in known)
			while ((at = index(text, name ~ /^</ ? name : "{" name "}")) > 0) {
				len = length(name) + (name ~ /^</ ? 0 : 2)
				text = substr(text, 1, at - 1) known[name] substr(text, at + len)
			}
		return text
	}
	{
		n = split($3, part, "\"")
		for (i = 2; i <= n; i += 2)
			if (part[i] ~ /^(git[ -]|chmod )/)
				print $1 "\t" filled(part[i])
	}'
}

# is_understood <command>: the parsers of the command and of what is named in it have no
# objection. What it fails for is that no broker runs, or that nobody is there to be asked.
is_understood () {
	local code

	(cd "$TRASH/project" && timeout 180 sh -c "$1") >"$TRASH/out" 2>&1 </dev/null
	code=$?
	test $code -eq 0 || test $code -eq 1 || test $code -eq 128 || { echo "exit status $code"; return 1; }
	! grep -E "unknown option|no such command|not an XMPP address|not a fingerprint|nobody is called" "$TRASH/out"
}

"$BUILD/t/messages" list >catalogue
commands <catalogue | sort -u >typed

test_expect_success 'nothing is left to be filled in' '
	test "$(wc -l <typed)" -gt 60 && ! grep "[{}<>]" typed
'

# The broker in the foreground ends when it is told to, and not before; an ellipsis is not typed.
test_expect_success 'each command in a hint is understood as it is printed' '
	grep -v -e "	git xmpp daemon run" -e "\.\.\.$" typed >finite && : >wrong &&
	while IFS="	" read -r id command
	do
		said=$(is_understood "$command") || { echo "$id: $command: $said"; cat out; } >>wrong
	done <finite; git xmpp daemon stop >stopped 2>&1;
	test_is_empty wrong
'

# typed <address>: at the terminal of setup.
typed () {
	"$BUILD/t/on-terminal" "$1\n" git xmpp setup --no-start --password-command=true
}

test_expect_success 'setup without an address asks for it at a terminal, and says so without one' '
	mkdir -m 700 new && (
		HOME=$TRASH/new && export HOME && git config --global xmpp.autostart false &&
		test_expect_code 129 git xmpp setup </dev/null 2>err &&
		grep "^error: expected your address, like alice@example.org; it is asked for only at a terminal" err &&
		typed "alice@example.org" >out 2>&1 && cat out &&
		grep "^Your XMPP address" out && test "$(git config --global xmpp.example.jid)" = alice@example.org &&
		git config --global --remove-section xmpp.example &&
		test_expect_code 128 typed alice >out 2>&1 && has_message bad-jid out
	)
'

test_expect_success 'one that is not is noticed' '
	for command in "git xmpp frobnicate" "git xmpp add nobody" "git xmpp verify --fingerprint=x bob@example.org" \
		"git xmpp setup --store" "git xmpp buddies bob@" "git xmpp accept"
	do
		is_understood "$command" && echo "$command" && return 1
	done; :
'

# said_of <program>: the verbs and options that it speaks of, a line for each: verb, options.
said_of () {
	strings -n 8 "$1" | grep -oE "git xmpp [a-z][a-z-]*[^\"${SQ};,|]*" |
	awk '{
		line = $3
		for (i = 4; i <= NF; i++)
			if ($i ~ /^--[a-z]/) {
				sub(/[=\[\]).:].*/, "", $i)
				line = line " " $i
			} else if ($i !~ /^[<%{]/)
				break
		print line
	}' | sort -u
}

# told_away <git command>...: the broker says that the buddy is away, and what can be typed then.
told_away () {
	"$BUILD/t/fake-broker" "$GIT_XMPP_SOCKET" open \
		"send:!:id=buddy-offline,message=away,hint=Deliver later with \"git xmpp queue push <remote> <branch>\"" &&
	test_expect_code 128 git -C "$TRASH/project" "$@" 2>err && cat err
	rm -f "$GIT_XMPP_SOCKET"
}

test_expect_success 'a remote that is known is named, so that the hint can be typed as it is' '
	told_away fetch origin && grep "^hint: .*\"git xmpp queue push origin\"$" err &&
	is_understood "git xmpp queue push origin" &&
	told_away fetch xmpp::bob@example.org/project && grep "^hint: .*push <remote> <branch>\"$" err &&
	git -C "$TRASH/project" remote rename origin "a;b" &&
	told_away fetch "a;b" && grep "^hint: .*push <remote> <branch>\"$" err &&
	git -C "$TRASH/project" remote rename "a;b" origin
'

test_expect_success 'command -v strings' 'every command that a program speaks of has that verb and these options' '
	: >wrong &&
	for program in git-xmpp git-remote-xmpp git-xmpp-daemon
	do
		said_of "$BUILD/$program"
	done | sort -u >spoken && test "$(wc -l <spoken)" -gt 30 &&
	while read -r verb options
	do
		git xmpp "$verb" -h >usage 2>&1 </dev/null
		grep -q "^usage: git xmpp $verb" usage || { echo "$verb"; continue; }
		for option in $options
		do
			grep -q -e "$option\([^a-z-]\|$\)" usage || echo "$verb $option"
		done
	done <spoken >wrong && test_is_empty wrong
'

test_done
