#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# One person, two accounts: each has a device key, a trust table and a resource of its own, and
# nobody sees that they are one person's. t2901 has what they do at once.

prosody_debug=debug
. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_prosody || test_skip_all 'prosody or openssl is not installed'

data=alice/.data/git-xmpp
state=alice/.state/git-xmpp

# field <name>: of the broker, in the status of alice.
field () {
	as alice git xmpp status --json | sed -n "s/.*\"broker\":{[^}]*\"$1\":\"\([^\"]*\)\".*/\1/p"
}

# log_in_as <account>: of those in alice's configuration.
log_in_as () {
	as alice git config --global xmpp.account "$1" &&
	kill -HUP "$(broker_pid alice)" &&
	wait_for 15 as alice git xmpp status >/dev/null
}

add_account () {
	as alice git xmpp setup "$1@localhost" --name="$1" --server="127.0.0.1:$prosody_port" \
		--ca-file="$TRASH/prosody/localhost.crt" --password-command="cat $TRASH/alice/pw" --default
}

# said_by <user>: what the server heard from that account.
said_by () {
	grep -e "Received\[c2s\]" log/prosody | grep "$1@localhost"
}

test_expect_success 'alice and bob; she has had one key for whatever account' '
	start_prosody alice other bob &&
	setup_user alice && setup_user bob &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" alice/project.git 3 0 &&
	as alice git xmpp share alice/project.git --name=project --fetch=bob@localhost &&
	as bob git ls-remote xmpp::alice@localhost/project &&
	first=$(field fingerprint) && first_device=$(field device) &&
	stop_broker alice &&
	mv "$data/accounts/alice@localhost/key" "$data/key" &&
	mv "$state/accounts/alice@localhost/devices" "$state/devices"
'

test_expect_success 'the account that is configured has them from now on' '
	start_broker alice &&
	test "$(field fingerprint)" = "$first" &&
	trusts alice bob &&
	test -f "$data/accounts/alice@localhost/key" && ! test -e "$data/key" &&
	test -f "$state/accounts/alice@localhost/devices" && ! test -e "$state/devices" &&
	wait_for 10 as bob git ls-remote xmpp::alice@localhost/project
'

test_expect_success 'another account has another key, and trusts nobody' '
	add_account other >out &&
	grep "default account .other.; it was .localhost." out &&
	wait_for 15 as alice git xmpp status >/dev/null &&
	second=$(field fingerprint) && second_device=$(field device) &&
	test -n "$second" && test "$second" != "$first" && test "$second_device" != "$first_device" &&
	test "$(stat -c %a "$data/accounts/other@localhost/key")" = 600 &&
	test_must_fail trusts alice bob
'

test_expect_success 'bob meets it as somebody whom he does not know' '
	as alice git xmpp --account=other add bob@localhost &&
	wait_for 10 knows bob other &&
	as bob git xmpp accept other@localhost &&
	wait_for 20 trusts bob other && wait_for 20 trusts alice bob &&
	test_must_fail as bob git ls-remote xmpp::other@localhost/project &&
	as alice git xmpp --account=other share alice/project.git --name=project --fetch=bob@localhost &&
	wait_for 10 as bob git ls-remote xmpp::other@localhost/project &&
	as bob git xmpp buddies other@localhost >out &&
	grep "$second_device" out && test_must_fail grep "$first_device" out
'

test_expect_success 'and the first one is as it was' '
	log_in_as localhost &&
	test "$(field fingerprint)" = "$first" && test "$(field device)" = "$first_device" &&
	trusts alice bob &&
	wait_for 10 as bob git ls-remote xmpp::alice@localhost/project
'

test_expect_success 'nothing that the one said is in what the other said' '
	said_by other >said && test -s said &&
	test_must_fail grep -e "$first_device" said &&
	said_by alice >said && test -s said &&
	test_must_fail grep -e "$second_device" said
'

test_expect_success 'and contacts hear of the device, but not of its process or version' '
	grep -o "<git [^>]*" log/prosody >shown && grep "dev=.$first_device." shown >/dev/null &&
	test_must_fail grep -e " inst=" shown &&
	test_must_fail grep -e "git-remote-xmpp [0-9]" log/prosody
'

test_expect_success 'without an account the broker runs, without a key' '
	as alice git config --global --rename-section xmpp.other hidden.other &&
	as alice git config --global --rename-section xmpp.localhost hidden.localhost &&
	as alice git config --global --unset xmpp.account &&
	kill -HUP "$(broker_pid alice)" &&
	test_expect_code 1 as alice git xmpp status >out && cat out &&
	test -z "$(field fingerprint)" &&
	test_must_fail as alice git xmpp verify --self 2>err &&
	grep "no XMPP account configured" err &&
	stop_broker alice &&
	run_broker alice &&
	wait_for 10 test -S alice/run/git-xmpp/socket &&
	test_expect_code 1 as alice git xmpp status &&
	stop_broker alice &&
	test "$(ls "$data/accounts" | sort | xargs)" = "alice@localhost other@localhost"
'

test_expect_success 'a trust table that cannot be read is not an empty one' '
	as alice git config --global --rename-section hidden.localhost xmpp.localhost &&
	mv "$state/accounts/alice@localhost/devices" kept &&
	mkdir "$state/accounts/alice@localhost/devices" &&
	test_must_fail as alice "$BUILD/git-xmpp-daemon" 2>err &&
	grep "accounts/alice@localhost/devices" err
'

test_expect_success 'a key that others can read is not used, and that is said' '
	rmdir "$state/accounts/alice@localhost/devices" &&
	chmod 0640 "$data/accounts/alice@localhost/key" &&
	test_must_fail as alice timeout 180 "$BUILD/git-xmpp-daemon" 2>err &&
	grep "accounts/alice@localhost/key.*others can read it" err &&
	chmod 0600 "$data/accounts/alice@localhost/key" &&
	mkdir "$state/accounts/alice@localhost/devices"
'

test_expect_success 'nor is such a table where the account is chosen while the broker runs: it does not log in' '
	as alice git config --global --rename-section hidden.other xmpp.other &&
	as alice git config --global xmpp.account other &&
	start_broker alice &&
	as alice git config --global xmpp.account localhost &&
	kill -HUP "$(broker_pid alice)" &&
	test_expect_code 1 as alice git xmpp status >out &&
	grep "accounts/alice@localhost/devices" out &&
	test -d "$state/accounts/alice@localhost/devices" &&
	rmdir "$state/accounts/alice@localhost/devices" &&
	mv kept "$state/accounts/alice@localhost/devices" &&
	log_in_as localhost &&
	trusts alice bob && test "$(field fingerprint)" = "$first"
'

test_done
