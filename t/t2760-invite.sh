#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Invitations: from two accounts to the first clone with two commands on either side, and
# everything that is to be refused with a link that is not what it should be.

prosody_debug=debug
. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all 'the server or openssl is not installed'

at="--server=127.0.0.1:\$server_port --ca-file=$TRASH/prosody/localhost.crt"

# person <user>: somebody who has an account, and has told git-xmpp nothing of it. git's password
# prompt, which wants a terminal of its own, gets what they would type.
person () {
	plain_user "$1" &&
	printf '#!/bin/sh\ncat "%s"\n' "$TRASH/$1/pw" >"$1/askpass" && chmod +x "$1/askpass" &&
	as "$1" git config --global credential.helper "store --file=$TRASH/$1/passwords"
}

# types <user> <text> <command>...: on a terminal, where this text is typed.
types () {
	local who text

	who=$1 text=$2
	shift 2
	(cd "$who" && GIT_ASKPASS="$TRASH/$who/askpass" as "$who" "$BUILD/t/on-terminal" "$text" "$@")
}

# invite <user> <argument>...: the link is in $link.
invite () {
	local who

	who=$1
	shift
	as "$who" git xmpp invite "$@" >link 2>explained && link=$(cat link) && cat explained
}

# stated <user> <state> [<jid>]: there is such a line in the list of invitations.
stated () {
	as "$1" git xmpp invite --list >list && cat list && grep "^[0-9a-f]*  $2 .*$3" list
}

# refused <status> <user> <pattern> <link>: joining fails, and the reason is like this.
refused () {
	test_expect_code "$1" as "$2" git xmpp join "$4" 2>err && cat err && grep "$3" err
}

# unheard <user> <link>: nobody answers to it, so the user's machine goes on to try; then it does not.
unheard () {
	local who

	who=${2#xmpp:} who=${who%%\?*}
	test_expect_code 1 as "$1" git xmpp join "$2" >waits 2>err && cat waits err &&
	grep "^$who is away; this machine waits, and joins when theirs is online" waits &&
	as "$1" git xmpp join --cancel="$who"
}

# knows_key_of <user> <other>: the other's key is in the user's table of devices.
knows_key_of () {
	as "$2" git xmpp verify --self | tr -d " \n" >key && grep -rqi "$(cat key)" "$1/.state"
}

# secret <link>
secret () {
	echo "$1" | sed 's/.*secret=\([a-z2-7]*\).*/\1/'
}

# notices <user> <pattern>: status has such a line for that user.
notices () {
	as "$1" git xmpp status >status && grep -e "^! $2" -e "^ *$2" status
}

# log_says_of <user> <pattern>: that broker's log, whoever started it.
log_says_of () {
	cat "log/$1" $(find "$1/.state" -name daemon.log) 2>/dev/null | grep -q "$2"
}

now () {
	date +%s%N | cut -b 1-13
}

test_expect_success 'alice and bob have accounts, and nothing else' '
	start_server alice bob carol dave erin &&
	person alice && person bob && person carol && person dave && person erin &&
	"$TOP/t/tools/make-repo" alice/treasure.git 3 0
'

test_expect_success 'two commands of each: alice sets up and invites, bob joins and clones' '
	began=$(now) &&
	types alice "" git xmpp setup alice@localhost $(eval echo "$at") &&
	types alice "" git xmpp invite treasure.git --push >link 2>explained && cat link explained &&
	link=$(cat link) && test_line_count = 1 link &&
	grep "^xmpp:alice@localhost?git-join;key=[0-9a-f]\{64\};until=[0-9]*;secret=[a-z2-7]\{26\};share=treasure$" link &&
	invited=$(now) &&
	types bob "$link\nbob@localhost\n" git xmpp join $(eval echo "$at") >joined && cat joined &&
	grep "^you and alice@localhost are buddies now, and both devices are verified$" joined &&
	grep "^you may fetch and push to .treasure.$" joined &&
	joined=$(now) &&
	next=$(sed -n "s/^next: //p" joined) && test "$next" = "git clone xmpp::alice@localhost/treasure" &&
	types bob "" $next &&
	ended=$(now) &&
	git -C bob/treasure log --oneline &&
	echo "from nothing to the first clone: $((ended - began)) ms; invite after $((invited - began)), joined after $((joined - began))"
'

test_expect_success 'both see each other, verified; what was given stands in the configuration' '
	wait_for $subscribed_in trusts alice bob && wait_for $subscribed_in trusts bob alice &&
	buddy_line alice bob | grep "	both	verified	" && buddy_line bob alice | grep "	both	verified	" &&
	wait_for 10 as alice git config --global --get-all xmppShare.treasure.push bob@localhost &&
	as alice git xmpp share --list | grep "push .*bob@localhost" &&
	(cd bob/treasure && as bob git commit -q --allow-empty -m more && as bob git push -q origin HEAD:more) &&
	stated alice used bob@localhost
'

test_expect_success 'the file of invitations is for the user alone' '
	file=$(find alice/.state -name invitations) &&
	test "$(stat -c %a "$file")" = 600
'

test_expect_success 'the server has seen neither the secret, nor the name of a share, nor a proof' '
	secret=$(secret "$link") && test ${#secret} -eq 26 &&
	if test "$SERVER" != ejabberd
	then
		grep -q "http://jabber.org/protocol/ibb" log/prosody &&
		! grep -q treasure log/prosody && ! grep -q "$secret" log/prosody &&
		! grep -q "$(sed -n "s/^[0-9a-f]* \([0-9a-f]*\) used.*/\1/p" "$file")" log/prosody
	fi
'

test_expect_success 'bob may say it once more from the same device: nothing is given twice' '
	as bob git xmpp join "$link" >joined && grep "are buddies now" joined &&
	test "$(as alice git config --global --get-all xmppShare.treasure.push | wc -l)" -eq 1
'

test_expect_success 'carol has read the link and comes later: refused, and both are told' '
	setup_user carol && start_broker carol &&
	refused 128 carol "^fatal: the invitation of .alice@localhost. was used before, by another device$" "$link" && has_message invitation-used err &&
	wait_for 5 notices alice "carol@localhost tried to join by your invitation .*: it was used before" &&
	test_must_fail knows_key_of alice carol && test_must_fail knows_key_of carol alice &&
	test_must_fail knows alice carol &&
	test_must_fail as carol git ls-remote xmpp::alice@localhost/treasure
'

test_expect_success 'carol has read the link and comes first: dave, for whom it was, and alice learn it' '
	invite alice --share=treasure && setup_user dave && start_broker dave &&
	as carol git xmpp join "$link" && wait_for $subscribed_in trusts alice carol &&
	refused 128 dave "was used before, by another device" "$link" && grep "^hint: .*somebody else has read the link" err &&
	notices alice "carol@localhost has joined by your invitation" &&
	wait_for 5 notices alice "dave@localhost tried to join by your invitation .*: it was used before" &&
	stated alice used carol@localhost &&
	test_must_fail knows alice dave &&
	as alice git xmpp distrust carol@localhost
'

test_expect_success 'a device that was shut out does not come back by an invitation, and does not use it up' '
	invite alice && refused 128 carol "does not accept this invitation\|does not answer" "$link" &&
	as dave git xmpp join "$link" && wait_for $subscribed_in trusts alice dave && wait_for $subscribed_in trusts dave alice &&
	as alice git xmpp remove dave@localhost && as dave git xmpp remove alice@localhost
'

test_expect_success 'an invitation gives what it names, and no more' '
	test_must_fail as dave git ls-remote xmpp::alice@localhost/treasure &&
	invite alice --share=treasure && as dave git xmpp join "$link" >joined && cat joined &&
	grep "^you may fetch .treasure.$" joined && wait_for $subscribed_in trusts dave alice &&
	as dave git ls-remote xmpp::alice@localhost/treasure &&
	test_must_fail as dave git -C "$TRASH/bob/treasure" push xmpp::alice@localhost/treasure HEAD:dave 2>err &&
	grep "but not push to it" err &&
	wait_for 10 as alice git config --global --get xmppShare.treasure.fetch dave@localhost &&
	as alice git xmpp remove dave@localhost && as dave git xmpp remove alice@localhost
'

# forgotten <user> <pattern>: status has no such line for that user.
forgotten () {
	as "$1" git xmpp status >status && ! grep -e "^! $2" -e "^ *$2" status
}

unwritten="dave@localhost has joined, and the right to fetch .treasure. could not be written"

test_expect_success 'a right that cannot be written down is said, until it is' '
	as alice git xmpp share --name=treasure --rm=dave@localhost &&
	invite alice --share=treasure && configuration=$(as alice git config --global --show-origin --name-only --list |
		sed -n "1s/^file:\(.*\)	.*/\1/p") && : >"$configuration.lock" &&
	as dave git xmpp join "$link" >joined && cat joined && grep "are buddies now" joined &&
	wait_for 20 notices alice "$unwritten" &&
	grep "git xmpp share --name=treasure --fetch=dave@localhost" status &&
	test_must_fail as alice git config --global --get xmppShare.treasure.fetch dave@localhost &&
	as alice git xmpp daemon stop && start_broker alice && notices alice "$unwritten" &&
	rm "$configuration.lock" &&
	as alice git xmpp share --name=treasure --fetch=dave@localhost && wait_for 10 forgotten alice "$unwritten" &&
	as alice git xmpp remove dave@localhost && as dave git xmpp remove alice@localhost &&
	as alice git xmpp share --name=treasure --rm=dave@localhost
'

test_expect_success 'a share that is no more is not named' '
	as alice git init -q --bare other.git && invite alice other.git && grep "share=other$" link &&
	as alice git xmpp unshare other && as dave git xmpp join "$link" >joined &&
	grep "are buddies now" joined && ! grep other joined &&
	as alice git xmpp remove dave@localhost && as dave git xmpp remove alice@localhost
'

test_expect_success 'one that was taken back, and one that has expired' '
	setup_user erin && start_broker erin && invite alice && taken=$link && id=$(sed -n "s/^invitation: \([0-9a-f]*\),.*/\1/p" explained) &&
	as alice git xmpp invite --revoke="$id" && stated alice revoked &&
	test_expect_code 1 as alice git xmpp invite --revoke="$id" 2>err && has_message no-such-invitation err &&
	refused 128 erin "has taken this invitation back" "$taken" && has_message invitation-revoked err &&
	invite alice --expires=1 && old=$link &&
	as alice git xmpp daemon stop &&
	sed "/ open /s/ [0-9]* [0-9]* - 0/ 1000000000 $(($(date +%s) - 60)) - 0/" "$file" >changed && cp changed "$file" &&
	start_broker alice && stated alice expired &&
	refused 128 erin "has expired" "$old" && has_message invitation-expired err &&
	wait_for 5 notices alice "erin@localhost tried to join by your invitation .*: it has expired" &&
	test_must_fail knows alice erin && test_must_fail knows_key_of alice erin
'

test_expect_success 'a link with another secret: a stranger gets what strangers get, a buddy is told' '
	invite alice && wrong=$(echo "$link" | sed "s/secret=..../secret=aaaa/") &&
	unheard erin "$wrong" &&
	test_must_fail knows_key_of alice erin &&
	refused 128 bob "does not accept this invitation" "$wrong" && has_message invitation-refused err &&
	wait_for 5 notices alice "bob@localhost tried to join by your invitation (unknown): its secret is none of yours" &&
	stated alice open
'

test_expect_success 'a link whose key was changed: another device is not found, another key is refused' '
	other=$(echo "$link" | sed "s/key=..../key=0123/") &&
	unheard erin "$other" &&
	case $link in *key=*00\;until*) last=11 ;; *) last=00 ;; esac &&
	other=$(echo "$link" | sed "s/..;until/$last;until/") && test "$other" != "$link" &&
	refused 128 erin "has another key than the one that the invitation names; nothing was told to it" "$other" && has_message invitation-key err &&
	test_must_fail knows_key_of erin alice && test_must_fail knows erin alice &&
	stated alice open
'

test_expect_success 'what is no link, or lost its end to the shell, is refused with the way out' '
	refused 128 dave "^fatal: not an invitation: it ends at its first" "${link%%;*}" && grep "^hint: .*git xmpp join" err &&
	has_message bad-invitation err &&
	refused 128 dave "^fatal: not an invitation: its secret is not whole" "${link%?}" &&
	refused 128 dave "^fatal: not an invitation" "https://example.org/" &&
	test_expect_code 128 as dave git xmpp join </dev/null 2>err && grep "none was given" err
'

test_expect_success 'one cannot invite oneself, nor a blocked one come back' '
	refused 128 alice "an invitation of your own account" "$link" && grep "invite --device" err &&
	has_message invitation-own err &&
	as dave git xmpp block alice@localhost && refused 128 dave "is blocked" "$link" &&
	as dave git xmpp unblock alice@localhost &&
	as alice git xmpp block dave@localhost && unheard dave "$link" &&
	as alice git xmpp unblock dave@localhost
'

test_expect_success 'a new machine of her own: one link, typed there, and both are verified' '
	make_homes phone && person phone && echo "$PASSWORD" >phone/pw && jid_phone=alice@localhost &&
	invite alice --device && grep "kind=device$" link &&
	refused 128 dave "is for another device of .alice@localhost., not for another account" "$link" && has_message invitation-for-device err &&
	types phone "$link\n" git xmpp join $(eval echo "$at") >joined && cat joined &&
	grep "^this machine and the one that invited it are devices of alice@localhost now, and both are verified$" joined &&
	as alice git xmpp buddies alice@localhost >out && cat out && grep verified out &&
	as phone git xmpp buddies alice@localhost >out && grep verified out &&
	wait_for 10 as phone git ls-remote xmpp::alice@localhost/treasure
'

test_expect_success 'what cannot be had is said before anything is made' '
	test_expect_code 129 as alice git xmpp invite --expires=31 &&
	test_expect_code 129 as alice git xmpp invite --push &&
	test_expect_code 129 as alice git xmpp invite --device --share=treasure &&
	test_expect_code 128 as alice git xmpp invite "$TRASH/nowhere" &&
	as alice git xmpp invite --list --json >out && grep "^{\"version\":1,\"invitations\":\[{\"id\":\"[0-9a-f]*\",\"state\":\"used\"" out &&
	! grep -q secret out
'

test_expect_success 'no secret, no proof and no name of a share was in any stanza, and no secret is in a log' '
	! grep -q "secret=" log/alice log/bob log/carol log/dave log/erin &&
	cut -d " " -f 2 "$file" >secrets && test "$(wc -l <secrets)" -gt 5 &&
	if test "$SERVER" != ejabberd
	then
		! grep -q "secret\|proof\|treasure" log/prosody && ! grep -qFf secrets log/prosody
	fi
'

test_done
