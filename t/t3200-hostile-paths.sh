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
	started $hostile
}

end_hostile () {
	test -z "$hostile" || kill $hostile 2>/dev/null
}
at_exit end_hostile

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
	hostile token overhear $tap_port &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/make-repo" bob/project.git 10 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as alice git ls-remote $url &&
	wait_for 10 test -s token &&
	token=$(cat token) &&
	test ${#token} = 32 &&
	remember_descriptors bob
'

test_expect_success 'it opens no door without the key, and fills no log' '
	timeout 20 "$BUILD/t/hostile-path" other-key $bob_port $token 40 >open &&
	test "$(tail -n 1 open)" = "0 open" &&
	test "$(grep -c "somebody else came with the token" log/bob)" = 1 &&
	as alice git ls-remote $url
'

test_expect_success 'a device that says nothing has four paths at a time' '
	timeout 30 "$BUILD/t/hostile-path" silent $bob_port $token 40 alice/.data/git-xmpp/key >open &&
	test "$(head -n 1 open)" = "4 open" &&
	test "$(tail -n 1 open)" = "0 open" &&
	as alice git ls-remote $url &&
	wait_for 10 descriptors_as_before bob
'

test_expect_success 'a broker that is stopped does not wait for such a path' '
	rm -f open &&
	hostile open silent $bob_port $token 3 alice/.data/git-xmpp/key &&
	wait_for 10 test -s open &&
	test "$(cat open)" = "3 open" &&
	kill $(broker_pid bob) &&
	wait_for 4 gone $broker_bob &&
	wait_for 4 has_two_lines open
'

test_done
