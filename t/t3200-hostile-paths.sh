#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Paths that somebody opens who means no good: with what passes in clear when a
# device dials, with a device's own pass, and nothing to say.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"
. "$TOP/t/lib/lib-paths.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost/project

# hostile <output> <what>...: in the background, as $hostile
hostile () {
	local output=$1

	shift
	"$BUILD/t/hostile-path" "$@" >"$output" &
	hostile=$!
	hostiles="$hostiles $hostile"
	started $hostile
}

end_hostiles () {
	test -z "$hostiles" || kill $hostiles 2>/dev/null
}
at_exit end_hostiles

another_token () {
	test -s tokens && test "$(tail -n 1 tokens)" != "$token"
}

# The token with which alice dials bob, on the link that is there now.
see_token () {
	as alice git ls-remote $url &&
	wait_for 10 another_token &&
	token=$(tail -n 1 tokens) &&
	test ${#token} = 32
}

# Her whole hello; she may be about to say another one.
whole_hello () {
	cp hello kept && test "$(wc -c <kept)" -gt 200
}

# shows_key <file> <user>: the public key of that user is in it.
shows_key () {
	od -An -v -tx1 "$1" | tr -d ' \n' |
	grep -q "$(openssl pkey -in "$(key_of "$2")" -pubout -outform DER | tail -c 32 | od -An -v -tx1 | tr -d ' \n')"
}

key_of () {
	echo "$1/.data/git-xmpp/accounts/$1@localhost/key"
}

has_two_lines () {
	test "$(wc -l <"$1")" -ge 2
}

device_of () {
	sed -n "s/.*serving .*, device \([a-z2-7]*\)$/\1/p" "log/$1" | tail -n 1
}

odd_says () {
	grep -q "^$1" odd
}

end_odd () {
	test -z "$odd_pid" || end_process "$odd_pid" KILL || :
	odd_pid=
}

# In alice's place, somebody who has her key and her password, has a link with bob, and is given
# a pass.
see_pass () {
	end_odd
	"$BUILD/t/odd-device" takes "$server_port" "$TRASH/prosody/localhost.crt" \
		"alice@localhost/git.$alice_device" "$PASSWORD" "$(key_of alice)" bob@localhost >odd 2>log/odd &
	odd_pid=$!
	started $odd_pid
	wait_for 10 odd_says online &&
	wait_for 10 trusts bob alice &&
	background bob git ls-remote xmpp::alice@localhost/nothing &&
	wait_for 10 odd_says pass &&
	pass=$(sed -n "s/^pass //p" odd | tail -n 1)
}

# What bob tells alice as his address is where somebody listens.
test_expect_success 'somebody sees the token with which alice wants to dial bob' '
	start_server alice bob &&
	setup_user alice && setup_user bob &&
	tap_port=$("$BUILD/t/free-port") &&
	direct_user alice && direct_user bob $tap_port &&
	as alice git config --global --unset-all xmpp.directAddress &&
	hostile tokens overhear $tap_port hello &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 10 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	see_token &&
	wait_for 10 whole_hello &&
	alice_device=$(device_of alice) &&
	remember_descriptors bob
'

test_expect_success 'they get not a byte for it, and no line is logged' '
	before=$(wc -l <log/bob) &&
	"$BUILD/t/hostile-path" guesses $bob_port $token >said &&
	cat said &&
	grep -x "0 bytes" said &&
	test "$(sed "1,${before}d" log/bob | grep -vc "alice@localhost")" = 0
'

test_expect_success 'a hello that they held back is answered once, and shows no key' '
	for user in alice bob
	do
		shows_key kept $user && return 1
	done
	cp kept again &&
	"$BUILD/t/hostile-path" repeats $bob_port kept >said &&
	cat said &&
	! grep -x "0 bytes" said &&
	! shows_key kept alice && ! shows_key kept bob &&
	"$BUILD/t/hostile-path" repeats $bob_port again >said &&
	grep -x "0 bytes" said
'

test_expect_success 'alice reaches bob all the same' '
	as alice git ls-remote $url
'

test_expect_success 'a device that says nothing has four paths at a time' '
	stop_broker alice &&
	see_pass &&
	timeout 120 "$BUILD/t/hostile-path" silent $bob_port "$pass" 40 "$(key_of alice)" >open &&
	test "$(head -n 1 open)" = "4 open" &&
	test "$(tail -n 1 open)" = "0 open"
'

# offers <n>: one that has taken alice's link over, and is to offer n proxies which are all itself.
offers () {
	rm -f said told
	mkfifo told
	"$BUILD/t/hostile-path" offers $bob_port "$pass" $1 "$(key_of alice)" \
		"alice@localhost/git.$alice_device" "bob@localhost/git.$(device_of bob)" <told >said &
	hostiles="$hostiles $!"
	started $!
	exec 8>told
	wait_for 10 grep -qx up said
}

offers_end () {
	echo go >&8
	exec 8>&-
	wait_for 20 grep -q dialled said
	cat said
}

test_expect_success 'a device that offers proxies in a loop has us dial a few of them' '
	see_pass &&
	offers 50 &&
	offers_end &&
	grep -x "5 dialled, 45 busy, 0 not-wanted, 5 other" said
'

test_expect_success 'who shows no address dials no proxy that his own server does not name' '
	see_pass &&
	offers 50 &&
	as bob git config --global xmpp.directAddresses false &&
	reload bob &&
	wait_for 5 no_listener bob &&
	offers_end &&
	grep -x "0 dialled, 0 busy, 50 not-wanted, 0 other" said &&
	as bob git config --global xmpp.directAddresses configured &&
	reload bob
'

test_expect_success 'who is gone leaves nothing' '
	end_odd &&
	start_broker alice &&
	as alice git ls-remote $url &&
	wait_for 20 descriptors_as_before bob
'

test_expect_success 'a broker that is stopped does not wait for such a path' '
	stop_broker alice &&
	see_pass &&
	rm -f open &&
	hostile open silent $bob_port "$pass" 3 "$(key_of alice)" &&
	wait_for 10 test -s open &&
	test "$(cat open)" = "3 open" &&
	kill $(broker_pid bob) &&
	wait_for 4 gone $broker_bob &&
	wait_for 4 odd_says "ended: stopped" &&
	wait_for 4 has_two_lines open &&
	end_odd &&
	start_broker alice
'

test_expect_success 'who allows direct paths only sends nothing of a repository in-band' '
	start_broker bob &&
	wait_for 10 trusts alice bob &&
	as alice git clone -q --bare $url alice/by-any.git &&
	as bob git config --global xmpp.transport direct &&
	as bob git config --global xmpp.pathTimeout 3 &&
	reload bob &&
	test_must_fail timeout 120 env $(env_of alice) git clone -q --bare $url alice/direct.git 2>err &&
	grep "no-path" err &&
	test_must_fail grep -a PACK err &&
	as bob git config --global --unset xmpp.transport &&
	reload bob &&
	as alice git clone -q --bare $url alice/again.git
'

test_done
