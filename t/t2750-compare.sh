#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Two people compare their devices: by the words that both see, or, when one is away, by what
# each reads of their own fingerprint. Somebody in between is found by either.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-lying.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

every_line=yes

# compares <user> <buddy> <typed>: what the user sees goes to $TRASH/<user>.said.
compares () {
	as "$1" timeout 180 "$BUILD/t/on-terminal" "$3" git xmpp verify "$2@localhost" \
		>"$1.said" 2>"$1.err"
}

# words_of <user> [<n>]: the three words and the ten digits that were shown to the user.
words_of () {
	grep -A 3 "shows the same on both devices:$" "$1.said" |
	sed -n "s/^      \([a-z]* [a-z]* [a-z]*\)$/\1/p; s/^      \([0-9]\{5\} [0-9]\{5\}\)$/\1/p" |
	sed -n "$((2 * ${2:-1} - 1)),$((2 * ${2:-1}))p" >"$1.words" &&
	test_line_count = 2 "$1.words"
}

# is <user> <buddy> <trust>: as the user sees the device of the buddy.
is () {
	as "$1" git xmpp buddies "$2@localhost" | grep -q "^    .*  $3  "
}

# afresh <user>...: with another key, and without what they knew.
afresh () {
	local user

	for user
	do
		stop_broker "$user" && rm -rf "$user/.data" "$user/.state" && start_broker "$user" || return
	done
}

# device_of <user>: its id, as its broker said at its start.
device_of () {
	sed -n "s/.* this is device //p" "log/$1" | tail -n 1
}

# appeared <user> <buddy>: the user's broker has seen the buddy's present device.
appeared () {
	grep -q "$2@localhost: device $(device_of "$2") is online" "log/$1"
}

# told <user> <words>: what waits for that user, in one line of status.
told () {
	as "$1" git xmpp status >"$1.status" && grep -q "$2" "$1.status"
}

# pair_anew <user> <user>: who may be buddies already begin anew.
pair_anew () {
	as "$1" git xmpp remove "$(jid_of "$2")"
	as "$2" git xmpp remove "$(jid_of "$1")"
	pair "$1" "$2"
}

fingerprint_of () {
	as "$1" git xmpp verify --self
}

test_expect_success 'alice and bob are buddies, and have trusted what came' '
	start_server alice bob &&
	setup_user alice && setup_user bob && start_broker alice && start_broker bob &&
	pair alice bob && is alice bob seen && is bob alice seen
'

test_expect_success 'both see the same words, and the same digits' '
	test_expect_code 1 compares alice bob "\n" && words_of alice && cat alice.said &&
	told bob "alice@localhost compares devices with you  *git xmpp verify alice@localhost" &&
	test_expect_code 1 compares bob alice "\n" && words_of bob &&
	test_cmp alice.words bob.words && ! told bob "compares" &&
	is alice bob seen && is bob alice seen
'

test_expect_success 'and again, while they are kept' '
	test_expect_code 1 compares bob alice "\n" && words_of bob && test_cmp alice.words bob.words
'

test_expect_success 'each says yes, for their own side' '
	compares alice bob "y\n" && words_of alice && test_cmp alice.words bob.words &&
	is alice bob verified && is bob alice seen &&
	wait_for 10 told bob "alice@localhost has compared this device, and found it right" &&
	compares bob alice "yes\n" && is bob alice verified &&
	as alice git xmpp verify bob@localhost --fingerprint="$(fingerprint_of bob)"
'

test_expect_success 'what a device has verified is not asked about again' '
	compares alice bob "" && ! grep "y/n" alice.said
'

test_expect_success 'one says no: the device is shut out, and the other side is told' '
	afresh bob && wait_for 20 appeared alice bob &&
	test_expect_code 1 compares alice bob "n\ny\n" && cat alice.said && words_of alice &&
	is alice bob distrusted && ! is alice bob "seen" &&
	wait_for 10 told bob "alice@localhost has compared this device, found another one"
'

test_expect_success 'a yes to words that are gone counts for nothing, a no shuts out all the same' '
	afresh alice bob && pair_anew alice bob && wait_for 20 is alice bob "seen" &&
	for reply in "y\n" "n\ny\n"
	do
		rm -f go alice.said && wait_for 20 appeared alice bob || return
		compares alice bob "\w$reply" &
		asking=$!
		wait_for 30 grep -q "Do both show the same" alice.said &&
		stop_broker alice && : >log/alice && start_broker alice && : >go || return
		wait $asking
		test $? != 0 && cat alice.said alice.err || return
		case $reply in
		y*) has_message words-changed alice.err && is alice bob "seen" ;;
		*) is alice bob "distrusted" && ! is alice bob "seen" ;;
		esac || return
	done
'

test_expect_success 'the one who is away is compared by what they read out' '
	afresh alice bob && pair_anew alice bob && stop_broker bob &&
	wait_for 20 is alice bob "seen" &&
	test_expect_code 1 compares alice bob "\n" && cat alice.said &&
	! grep "on both devices" alice.said &&
	sed -n "/^them/,/^you/p" alice.said | grep -E "^      [a-z]+( [a-z]+){6}$" >first &&
	sed -n "/^them/,/^you/p" alice.said | grep -E "^      [a-z]+( [a-z]+){5}$" >second &&
	sed -n "/^them/,/^you/p" alice.said | grep -E "^      [0-9 ]{47}$" >digits &&
	test_must_fail as alice git xmpp verify bob@localhost --fingerprint="$(cat first)" &&
	as alice git xmpp verify bob@localhost --fingerprint="$(cat first second | tr "\n" " ")" &&
	is alice bob verified &&
	as alice git xmpp distrust bob@localhost &&
	as alice git xmpp verify bob@localhost --fingerprint="$(cat digits)" &&
	is alice bob verified
'

test_expect_success 'a server in the middle has a device of its own in the place of either' '
	stop_broker alice && rm -rf alice/.data alice/.state &&
	between &&
	pair_anew anna front && pair back ben
'

for round in 1 2 3
do
	test_expect_success "the words differ, and so do the digits ($round)" '
		test_expect_code 1 compares anna bob "\n" && words_of anna &&
		test_expect_code 1 compares ben alice "\n" && words_of ben &&
		for line in 1 2
		do
			sed -n ${line}p anna.words >a && sed -n ${line}p ben.words >b && ! cmp a b || return 1
		done &&
		stop_broker anna && stop_broker ben && start_broker anna && start_broker ben &&
		wait_for 20 trusts anna front && wait_for 20 trusts ben back
	'
done

test_expect_success 'so does what they read to each other' '
	stop_broker front && wait_for 20 is anna bob seen &&
	test_expect_code 1 compares anna bob "\n" &&
	fingerprint_of ben >ben.own && ! grep -F "$(cat ben.own)" anna.said &&
	test_must_fail as anna git xmpp verify bob@localhost --fingerprint="$(cat ben.own)"
'

test_expect_success 'and no shuts the device out' '
	test_expect_code 1 compares anna bob "n\n\n" && is anna bob distrusted &&
	test_expect_code 1 compares ben alice "n\n\n" && is ben alice distrusted
'

test_done
