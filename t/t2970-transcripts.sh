#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The transcripts of README, the tutorial and the manuals are true: each command of theirs is
# typed as it stands, by alice@example.org or bob@example.org at a terminal, and shows what the
# page shows. They have a server for example.org, found by the records of the domain.
#
# A transcript is a block of a page whose first line is a command behind "alice$ " or "bob$ ", or
# "laptop$ ", which is another machine of bob's. What comes up to the next such line is what that
# command shows; a block in which nothing is shown has commands alone, which have to succeed. The
# home of alice is /home/alice. What differs from run to run is as t/lib/transcript.awk says. Left
# out is what git shows of progress, a line that was wiped off the screen again, and the notices
# that come with whatever command is next.
#
# Each page begins with nothing but the two accounts, and what `prepared` makes. A page has what
# happens between the commands in a comment, as "test: <function> <argument>...".

. "$(dirname "$0")/lib/own-network.sh"
. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_prosody || test_skip_all 'prosody or openssl is not installed'

jid_alice=alice@example.org
jid_bob=bob@example.org
jid_laptop=bob@example.org

# What users have, and the test has not.
GIT_TERMINAL_PROMPT=1
GIT_PAGER=cat
COLUMNS=100
TERM=dumb
PATH=$TRASH/bin:$PATH
SSL_CERT_FILE=$TRASH/prosody/example.org.crt
export GIT_TERMINAL_PROMPT GIT_PAGER COLUMNS TERM PATH SSL_CERT_FILE
unset GIT_AUTHOR_NAME GIT_AUTHOR_EMAIL GIT_COMMITTER_NAME GIT_COMMITTER_EMAIL

# names: every name is 127.0.0.1, and example.org is where the server is.
names () {
	echo "_xmpp-client._tcp.example.org 0 0 $prosody_port example.org" >records &&
	"$BUILD/t/name-server" records >name-server &
	name_server=$!
	started $name_server
	echo "nameserver 127.0.0.1" >resolv.conf &&
	wait_for 5 grep -q ready name-server
}

# server: of example.org, with new accounts and no contacts.
server () {
	mkdir -p prosody &&
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 \
		-subj /CN=example.org -addext subjectAltName=DNS:example.org \
		-keyout prosody/example.org.key -out prosody/example.org.crt 2>log/openssl &&
	prosody_more="VirtualHost \"example.org\"
		ssl = { key = \"$TRASH/prosody/example.org.key\", certificate = \"$SSL_CERT_FILE\" }
		modules_enabled = { \"register\" }
		allow_registration = true" &&
	mkdir -p prosody/data/example%2eorg/accounts &&
	password alice "$PASSWORD" && password bob "$PASSWORD" &&
	start_prosody alice bob && make_homes laptop
}

# password <user> <password>: it is that one from then on.
password () {
	echo "return { [\"password\"] = \"$2\" };" >"prosody/data/example%2eorg/accounts/$1.dat" &&
	mkdir -p -m 700 "$1" && echo "$2" >"$1/pw"
}

# nobody <user>: they have no account.
nobody () {
	rm "prosody/data/example%2eorg/accounts/$1.dat"
}

# pass(1), which shows one's password.
mkdir bin
printf '#!/bin/sh\ncat ~/pw\n' >bin/pass
chmod +x bin/pass

# prepared: what all pages begin with.
prepared () {
	local user

	rm -rf alice bob laptop prosody && server && names || return
	for user in alice bob laptop
	do
		plain_user $user && as $user git config --global credential.helper store &&
		mkdir -p $user/src && echo "$TRASH/$user" >$user/.here || return
	done
	as alice git init -q alice/src/project &&
	echo 'A project' >alice/src/project/README &&
	as alice git -C alice/src/project add README &&
	as alice git -C alice/src/project commit -q -m 'first words' &&
	as alice git clone -q --bare alice/src/project alice/src/project.git &&
	: >map
}

# put_away: what a page has left behind.
put_away () {
	local user

	for user in alice bob laptop
	do
		as $user timeout 20 git xmpp daemon stop --now
	done
	stop_other_brokers
	stop_prosody
	end_process "$name_server"
	return 0
}

# What a page may have happen.
sleeps () {
	as "$1" git xmpp daemon stop --now
}

wakes () {
	as "$1" git xmpp daemon start && as "$1" git xmpp status --wait=30
}

# logged: alice's broker has written down that bob has pushed.
logged () {
	wait_for 20 has_logged
}

has_logged () {
	as alice git xmpp log --porcelain | grep -q '	pushed	'
}

# delivered <user>: nothing is in their queue any more.
delivered () {
	wait_for 60 queue_is_empty "$1"
}

queue_is_empty () {
	test -z "$(as "$1" git xmpp queue --porcelain)"
}

# asked <user> <buddy>: the question has come.
asked () {
	wait_for 20 knows "$1" "$2"
}

# followed: bob has what alice has.
followed () {
	wait_for 60 has_followed
}

tip () {
	git -C "$1" rev-parse "$2"
}

has_followed () {
	test "$(tip bob/project origin/main)" = "$(tip alice/src/project.git main)"
}

# vouched: alice has heard of the laptop.
vouched () {
	wait_for 30 knows_laptop
}

knows_laptop () {
	as alice git xmpp device bob@example.org | grep -q vouched
}

# removed: bob has heard of it.
removed () {
	wait_for 20 is_removed
}

is_removed () {
	as bob git xmpp buddies --porcelain | grep -q "^$jid_alice	.*	removed"
}

# accounts: alice and bob have set theirs up.
accounts () {
	typed=$(cat alice/pw)
	type_as alice 'git xmpp setup alice@example.org' && type_as bob 'git xmpp setup bob@example.org'
}

# friends: they are buddies, and bob may push into alice's project.
friends () {
	accounts && link=$(as alice git xmpp invite alice/src/project.git --push) &&
	as bob git xmpp join "$link"
}

# anew: what a page begins with.
anew () {
	put_away && prepared
}

# items <page>: a file for each command and each comment of it in items, in their order; its
# first line is who, where and what, with tabs between, the others are what it shows.
items () {
	rm -rf items && mkdir items &&
	awk -v page="$1" -v manual="${1%.scd}" '
	function close_block(i, shows) {
		for (i = 1; i <= lines; i++)
			if (block[i] !~ /^(alice|bob|laptop)[$] /)
				shows = 1
		if (block[1] ~ /^(alice|bob|laptop)[$] /)
			for (i = 1; i <= lines; i++)
				add(block[i], at[i], shows)
		lines = 0
	}
	function add(line, where, shows, who) {
		if (line !~ /^(alice|bob|laptop)[$] /) {
			print line >file
			return
		}
		who = line
		sub(/[$].*/, "", who)
		sub(/^[a-z]*[$] +/, "", line)
		sub(/  +#.*/, "", line)
		if (file)
			close(file)
		file = sprintf("items/%03d", ++count)
		print who "\t" page ":" where "\t" line "\t" (shows ? "" : "alone") >file
	}
	/test: [a-z]+/ && /^(;|<!--)/ {
		close_block()
		sub(/^.*test: /, "")
		sub(/ *-->$/, "")
		if (file)
			close(file)
		file = sprintf("items/%03d", ++count)
		print "-\t" page ":" FNR "\t" $0 "\t" >file
		next
	}
	/^```/ {
		fenced = !fenced
		close_block()
		next
	}
	fenced || manual == page && /^    / {
		line = $0
		if (!fenced)
			sub(/^    /, "", line)
		block[++lines] = line
		at[lines] = FNR
		next
	}
	{
		close_block()
	}
	END {
		close_block()
	}' "$TOP/$1"
}

# type_as <user> <command>: at a terminal, in the directory where they are; what it shows is in
# shown. Answers are in $typed.
type_as () {
	local who

	who=$1
	printf '%s\n' 'cd "$(cat ~/.here)" || exit' "$2" 'status=$?' 'pwd >~/.here' 'exit $status' >typed
	as "$who" timeout 180 "$BUILD/t/on-terminal" -a "$typed" sh "$TRASH/typed" >/dev/null 2>shown
}

progress='Enumerating|Counting|Compressing|Receiving|Resolving|Writing|Delta|Total|Unpacking'
notices='.* has compared this device, and found it right|.*  \(git xmpp .*\)'

# seen: of what was shown, what stays on the screen.
seen () {
	tr '\r' '\n' <shown | sed -e 's/.*\x1b\[K//' -e "s|$TRASH/|/home/|g" -e 's/ *$//' |
	grep -vE -e "^((remote: )?($progress) |waiting for |xmpp: (waiting for|$notices))" -e '^$'
	return 0
}

# fails <file>: the page shows that the command fails.
fails () {
	grep -qE '^fatal:|^ ! \[' "$1"
}

# masks <mode> <file>...
masks () {
	local mode

	mode=$1
	shift
	awk -v mode="$mode" -v words=words -v map=map -f "$TOP/t/lib/transcript.awk" "$@"
}

# shows <file>: the item is as the page has it.
shows () {
	local status

	sed 1d "$1" | sed -e 's/ *$//' -e '/^$/d' >said
	command=$(printf '%s\n' "$what" | masks command)
	typed=
	case $what in
	'git xmpp setup --register '*)
		typed="$(cat "$who/pw")\\n$(cat "$who/pw")" ;;
	'git xmpp setup '*)
		typed=$(cat "$who/pw") ;;
	'git xmpp share --list')
		# Who joined was given a right, by a command that the broker runs.
		wait_for 20 as "$who" git config --global --get-regexp '^xmppshare.*push$' >/dev/null ;;
	*)
		! grep -q '^Password for ' said || typed=$(cat "$who/pw") ;;
	esac
	type_as "$who" "$command"
	status=$?
	seen >was
	cat was
	sed -n 's/^\(xmpp:[^ ]*git-join[^ ]*\)$/link\t<link>\t\1/p' was >>map
	if fails said
	then
		test $status -ne 0 || { echo "succeeds"; return 1; }
	else
		test $status -eq 0 || { echo "exit status $status"; return 1; }
	fi
	test -n "$alone" ||
	masks compare said was
}

sed -n "/^static const char words/,/^};/p" "$TOP/common/word-list.c" | sed 1d |
tr -cs a-z "\n" | grep . >words

test_expect_success 'the mask: what differs from run to run, and nothing else' '
	test_line_count -eq 1024 words && printf "hash\t1a2b3c4\t9f8e7d6\n" >map &&
	masked () { printf "%s\n" "$1" >said; printf "%s\n" "$2" >was
		masks compare said was; } &&
	masked "1a2b3c4..5d6e7f8  main -> main" "9f8e7d6..0a1b2c3    main -> main" &&
	masked "242 bytes, 3.1 MiB/s at 21:44" "1.5 KiB, 7 KiB/s at 09:03" &&
	masked "xmpp:a@example.org?git-join;key=06e..." "xmpp:a@example.org?git-join;key=7;secret=a" &&
	masked "$(printf "a\n...\nd")" "$(printf "a\nb\nc\nd")" &&
	masked "    acorn apricot" "    baby banjo" &&
	test_must_fail masked "5d6e7f8" "1111111" &&
	test_must_fail masked "2 devices" "3 devices" &&
	test_must_fail masked "bob may push" "bob may fetch" &&
	test_must_fail masked "the archive is gone" "the banjo is gone" &&
	test_must_fail masked "$(printf "a\n...\nd")" "$(printf "a\nb\nc")" &&
	test_must_fail masked "a" "$(printf "a\nb")" &&
	test_must_fail masked "main -> main" "main -> main (forced)"
'

# Their own resolver, for as long as the script runs.
: >resolv.conf
mount --bind resolv.conf "$(realpath /etc/resolv.conf)"
printf '127.0.0.1 localhost\n' >hosts
mount --bind hosts "$(realpath /etc/hosts)"

for page in README.md Documentation/tutorial.md Documentation/git-xmpp.1.scd \
	Documentation/git-remote-xmpp.1.scd
do
	test -e "$TOP/$page" || continue
	items $page
	test_expect_success "$page: alice and bob have accounts" prepared
	for item in items/*
	do
		test -e "$item" || continue
		IFS='	' read -r who at what alone <"$item"
		if test "$who" = -
		then
			test_expect_success "$at: $what" "$what"
			continue
		fi
		test_expect_success "$at: $who\$ $what" 'shows "$item"'
	done
	put_away >/dev/null 2>&1
done

umount "$(realpath /etc/resolv.conf)" "$(realpath /etc/hosts)"
test_done
