#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a first use takes for whose: a contact passes other people's paths on as their own, and one
# speaks a protocol of the future.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

# odd_device <mode> <user> <argument>...: an XMPP client of that user's account, in the background.
odd_device () {
	local mode who

	mode=$1 who=$2
	shift 2
	"$BUILD/t/odd-device" $mode "$server_port" "$TRASH/prosody/localhost.crt" \
		"$who@localhost/git.odd" "$PASSWORD" "$@" >"$TRASH/log/odd" 2>"$TRASH/log/odd-errors" &
	odd_pid=$!
	started $odd_pid
	wait_for 10 odd_says online
}

odd_says () {
	grep -q "^$1" "$TRASH/log/odd"
}

# device_of <user>: its id, as its broker said.
device_of () {
	as "$1" git xmpp status --json | sed -n 's/.*"device":"\([a-z2-7]*\)".*/\1/p' | head -n 1
}

# fingerprint_in <file> <user>: the user's key is in that file of another one.
fingerprint_in () {
	as "$2" git xmpp verify --self | tr -d ' \n' >fingerprint &&
	grep -rqi "$(cat fingerprint)" "$1"
}

# sees <user> <buddy>: with git.
sees () {
	as "$1" git xmpp buddies --porcelain | grep -q "^$2@localhost	git	"
}

log_says () {
	grep -q "$2" "log/$1"
}

test_expect_success 'alice and bob do not know each other; eve is a contact of both' '
	start_server alice bob eve carol &&
	setup_user alice && setup_user bob && setup_user eve && setup_user carol &&
	start_broker alice && start_broker bob
'

test_expect_success 'eve shows to each the device of the other one, and passes on what they open' '
	odd_device relay eve alice@localhost "$(device_of bob)" bob@localhost "$(device_of alice)" &&
	as alice git xmpp add eve@localhost &&
	as bob git xmpp add eve@localhost &&
	wait_for $subscribed_in odd_says "passed on a stream from alice" &&
	wait_for $subscribed_in odd_says "passed on a stream from bob"
'

test_expect_success 'each is told who speaks, by the one who holds the key' '
	wait_for 10 log_says bob "eve@localhost: its HELLO is from .alice@localhost. to .eve@localhost." &&
	wait_for 10 log_says alice "eve@localhost: its HELLO is from .bob@localhost. to .eve@localhost." &&
	wait_for 10 log_says alice "link with eve@localhost/.* ended: not-you" &&
	wait_for 10 log_says bob "link with eve@localhost/.* ended: not-you"
'

test_expect_success 'nobody takes the key of the other one for one of hers' '
	test_must_fail trusts alice eve && test_must_fail trusts bob eve &&
	test_must_fail fingerprint_in alice/.state bob &&
	test_must_fail fingerprint_in bob/.state alice
'

test_expect_success 'a command says what it met' '
	test_must_fail as alice git ls-remote xmpp::eve@localhost/project 2>err &&
	grep "somebody else.s device" err &&
	test_must_fail fingerprint_in alice/.state bob
'

test_expect_success 'and her own device is still the first one' '
	end_process $odd_pid &&
	start_broker eve &&
	as eve git xmpp accept alice@localhost &&
	as eve git xmpp accept bob@localhost &&
	wait_for 20 trusts alice eve && wait_for 20 trusts bob eve &&
	fingerprint_in alice/.state eve && fingerprint_in bob/.state eve
'

test_expect_success 'carol and alice trust each other; then carol has a program of the future' '
	start_broker carol && pair alice carol &&
	stop_broker carol &&
	odd_device newer carol "$(find "$TRASH/carol" -name key)"
'

test_expect_success 'alice is told so, and it is asked once' '
	wait_for 10 sees alice carol &&
	test_must_fail as alice git ls-remote xmpp::carol@localhost/project 2>err &&
	grep "speaks protocol 3, this side protocol 2" err &&
	test_must_fail as alice git ls-remote xmpp::carol@localhost/project 2>err &&
	grep "speaks protocol 3, this side protocol 2" err &&
	test "$(grep -c answered "$TRASH/log/odd")" -eq 1 &&
	as alice git xmpp buddies >out &&
	grep "carol@localhost .*  speaks another protocol: 3" out &&
	as alice git xmpp buddies carol@localhost >out &&
	grep "^    .* online .*  speaks another protocol: 3$" out &&
	test "$(as alice git xmpp buddies --porcelain | grep ^carol | cut -f 10)" = 3 &&
	as alice git xmpp buddies --json carol@localhost >out &&
	test "$(grep -o "\"protocol\":3" out | wc -l)" -eq 2
'

test_expect_success 'until it comes anew' '
	test "$(as alice git xmpp buddies --porcelain | grep ^eve | cut -f 10)" = 0 &&
	end_process $odd_pid &&
	start_broker carol &&
	"$TOP/t/tools/make-repo" carol/project.git 3 0 &&
	as carol git xmpp share carol/project.git --name=project --fetch=alice@localhost &&
	wait_for 10 sees alice carol &&
	as alice git ls-remote xmpp::carol@localhost/project
'

test_done
