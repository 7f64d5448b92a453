#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Paths that somebody opens who means no good: with a token that he has seen on
# the way, with a device's key, and nothing to say.

. "$(dirname "$0")/test-lib.sh"
. "$TOP/t/lib-xmpp.sh"
. "$TOP/t/lib-paths.sh"

have_prosody || test_skip_all 'prosody or openssl is not installed'

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

has_two_lines () {
	test "$(wc -l <"$1")" -ge 2
}

# What bob tells alice as his address is where somebody listens.
test_expect_success 'somebody sees the token with which alice wants to dial bob' '
	start_prosody alice bob &&
	setup_user alice && setup_user bob &&
	tap_port=$("$BUILD/t/free-port") &&
	direct_user alice && direct_user bob $tap_port &&
	as alice git config --global --unset-all xmpp.directAddress &&
	hostile tokens overhear $tap_port &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/make-repo" bob/project.git 10 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	see_token &&
	remember_descriptors bob
'

test_expect_success 'it opens no door without the key, and fills no log' '
	timeout 20 "$BUILD/t/hostile-path" other-key $bob_port $token 40 >open &&
	test "$(tail -n 1 open)" = "0 open" &&
	test "$(grep -c "somebody else came with the token" log/bob)" = 1 &&
	as alice git ls-remote $url
'

test_expect_success 'a device that says nothing has four paths at a time' '
	timeout 30 "$BUILD/t/hostile-path" silent $bob_port $token 40 alice/.data/git-xmpp/accounts/alice@localhost/key >open &&
	test "$(head -n 1 open)" = "4 open" &&
	test "$(tail -n 1 open)" = "0 open" &&
	as alice git ls-remote $url &&
	wait_for 10 descriptors_as_before bob
'

device_of () {
	sed -n "s/.*serving .*, device \([a-z2-7]*\)$/\1/p" "log/$1" | tail -n 1
}

# offers <n>: one that has taken alice's link over, and is to offer n proxies which are all itself.
offers () {
	rm -f said told
	mkfifo told
	"$BUILD/t/hostile-path" offers $bob_port $token $1 alice/.data/git-xmpp/accounts/alice@localhost/key \
		"alice@localhost/git.$(device_of alice)" "bob@localhost/git.$(device_of bob)" <told >said &
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
	offers 50 &&
	offers_end &&
	grep -x "5 dialled, 45 busy, 0 not-wanted, 5 other" said
'

test_expect_success 'who shows no address dials no proxy that his own server does not name' '
	see_token &&
	offers 50 &&
	as bob git config --global xmpp.directAddresses false &&
	reload bob &&
	wait_for 5 no_listener bob &&
	offers_end &&
	grep -x "0 dialled, 0 busy, 50 not-wanted, 0 other" said &&
	as bob git config --global xmpp.directAddresses configured &&
	reload bob
'

test_expect_success 'a broker that is stopped does not wait for such a path' '
	see_token &&
	rm -f open &&
	hostile open silent $bob_port $token 3 alice/.data/git-xmpp/accounts/alice@localhost/key &&
	wait_for 10 test -s open &&
	test "$(cat open)" = "3 open" &&
	kill $(broker_pid bob) &&
	wait_for 4 gone $broker_bob &&
	wait_for 4 grep "link with bob@localhost/.* ended: stopped" log/alice &&
	wait_for 4 has_two_lines open
'

test_expect_success 'who allows direct paths only sends nothing of a repository in-band' '
	start_broker bob &&
	wait_for 10 trusts alice bob &&
	as alice git clone -q --bare $url alice/by-any.git &&
	as bob git config --global xmpp.transport direct &&
	as bob git config --global xmpp.pathTimeout 3 &&
	reload bob &&
	test_must_fail timeout 30 env $(env_of alice) git clone -q --bare $url alice/direct.git 2>err &&
	grep "no-path" err &&
	test_must_fail grep -a PACK err &&
	as bob git config --global --unset xmpp.transport &&
	reload bob &&
	as alice git clone -q --bare $url alice/again.git
'

test_done
