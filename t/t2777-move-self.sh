#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# alice@localhost has another account, alice2@localhost, and goes there with her device: what she
# says once, what her buddy bob says once, and what nobody gets meanwhile.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

new=xmpp::alice2@localhost/project

configuration () {
	as alice git config --global --get-all "$1"
}

# moves [<option>...]: alice does, in her clone.
moves () {
	(cd alice/work && as alice git xmpp move alice@localhost alice2@localhost \
		--server="127.0.0.1:$server_port" --ca-file="$TRASH/prosody/localhost.crt" \
		--password-command="cat '$TRASH/alice2/pw'" "$@")
}

# bob_fetches [<url>]
bob_fetches () {
	as bob timeout 180 git ls-remote "${1:-xmpp::alice@localhost/project}" >out-fetch 2>&1
}

alice_fetches () {
	as alice timeout 180 git -C alice/work fetch origin >out-fetch 2>&1
}

# says <user> <text>: in its status.
says () {
	as "$1" git xmpp status 2>&1 | tee out-status | grep -q "$2"
}

device_is () {
	as "$1" git xmpp device "$2@localhost" >out-device 2>&1; grep "$3" out-device
}

key_of () {
	find alice/.data -name key -path "*/$1@localhost/*"
}

test_expect_success 'alice and bob, who share with each other' '
	start_server alice alice2 bob mallory &&
	setup_user alice && setup_user bob &&
	start_broker alice GIT_XMPP_TRACE=1 && start_broker bob GIT_XMPP_TRACE=1 &&
	pair alice bob &&
	patience alice 3 && patience bob 3 &&
	as alice git xmpp verify bob@localhost --fingerprint="$(as bob git xmpp verify --self)" &&
	as bob git xmpp verify alice@localhost --fingerprint="$(as alice git xmpp verify --self)" &&
	"$TOP/t/tools/make-repo" alice/project.git 20 0 &&
	"$TOP/t/tools/make-repo" bob/theirs.git 20 0 &&
	as alice git xmpp share alice/project.git --name=project --fetch=bob@localhost \
		"--push=bob@localhost:refs/heads/bob/*" --push=alice@localhost \
		--fetch-requires=verified &&
	as bob git xmpp share bob/theirs.git --name=theirs --fetch=alice@localhost &&
	as alice git clone -q xmpp::bob@localhost/theirs alice/work &&
	as alice git -C alice/work remote add mine xmpp::alice@localhost/notes &&
	(cd alice/work && as alice git xmpp queue push mine HEAD:refs/heads/queued) &&
	as alice git xmpp device rename desk &&
	as alice git xmpp block mallory@localhost &&
	as alice git xmpp invite --share=project >invitation &&
	as bob git clone -q xmpp::alice@localhost/project bob/work &&
	as bob git xmpp nickname her alice@localhost &&
	as alice git xmpp verify --self >fingerprint &&
	bob_fetches && alice_fetches
'

test_expect_success 'what cannot be moved is refused, and nothing has changed' '
	cp alice/.gitconfig before &&
	test_must_fail as alice git xmpp move alice@localhost bob@localhost \
		--password-command=false 2>err &&
	grep "you have decided about devices of .bob@localhost" err &&
	test_must_fail as alice git xmpp move alice@localhost alice@localhost 2>err &&
	grep "is your own account" err &&
	test_expect_code 129 as alice git xmpp move bob@localhost carol@localhost --ask 2>err &&
	grep "for an account of yours" err &&
	test_must_fail as alice git xmpp move alice@localhost alice2@localhost \
		</dev/null 2>err &&
	grep "no password" err &&
	test_cmp before alice/.gitconfig && test -n "$(key_of alice)" && test -z "$(key_of alice2)" &&
	bob_fetches && alice_fetches
'

test_expect_success 'nothing is half: if the new place cannot be written all stays' '
	state=$(dirname "$(dirname "$(find alice/.state -name devices)")") &&
	rm -rf "$state/alice2@localhost" && : >"$state/alice2@localhost" &&
	test_must_fail moves 2>err; cat err &&
	rm "$state/alice2@localhost" &&
	test_cmp before alice/.gitconfig && test -n "$(key_of alice)" && test -z "$(key_of alice2)" &&
	wait_for 20 broker_online alice && wait_for 20 bob_fetches && alice_fetches
'

test_expect_success 'cut off after the device has moved, nobody has it at the old address' '
	: >alice/.gitconfig.lock &&
	test_must_fail moves --name=other >out 2>err; cat out err &&
	grep "git xmpp move alice@localhost alice2@localhost" err &&
	test -z "$(key_of alice)" && test -n "$(key_of alice2)" &&
	says alice "is one of .alice2@localhost. now" &&
	test_must_fail configuration xmpp.other.jid &&
	kill_broker alice && rm alice/.gitconfig.lock &&
	run_broker alice GIT_XMPP_TRACE=1 &&
	wait_for 20 says alice "is one of .alice2@localhost. now" &&
	grep "git xmpp move alice@localhost alice2@localhost" out-status &&
	test -z "$(key_of alice)" &&
	test_must_fail bob_fetches && test_must_fail alice_fetches
'

test_expect_success 'the same command again finishes it: the key, whom it trusts, shares, remotes' '
	moves >out 2>err; cat out err &&
	grep "next: each buddy says .git xmpp move alice@localhost alice2@localhost" out &&
	wait_for 30 broker_online alice &&
	as alice git xmpp status >out-status && grep "alice2@localhost" out-status &&
	as alice git xmpp verify --self >actual && test_cmp fingerprint actual &&
	as alice git xmpp device >out-device && grep "\"desk\"" out-device &&
	device_is alice bob "verified" &&
	test "$(configuration xmppShare.project.fetch)" = bob@localhost &&
	configuration xmppShare.project.push >actual && cat actual &&
	grep -x "alice2@localhost" actual && test_must_fail grep -x "alice@localhost" actual &&
	test "$(as alice git -C alice/work config remote.mine.url)" = xmpp::alice2@localhost/notes &&
	as alice git xmpp queue --json >out-queue && cat out-queue &&
	grep "\"jid\":\"alice2@localhost\"" out-queue &&
	test_must_fail grep "\"jid\":\"alice@localhost\"" out-queue &&
	test -z "$(find alice/.state -path "*/alice@localhost/*")"
'

test_expect_success 'what was blocked stays so, what was offered at the old address is not' '
	as alice git xmpp buddies --json >out-buddies && cat out-buddies &&
	test_must_fail as alice git xmpp accept mallory@localhost 2>err && grep "blocked" err &&
	as alice git xmpp invite --list >out && test_must_fail grep project out
'

test_expect_success 'bob is asked, and gives nothing before he has said it' '
	wait_for $subscribed_in says bob "alice2@localhost wants to be your buddy" &&
	test_must_fail alice_fetches && test_must_fail bob_fetches &&
	as bob git -C bob/work xmpp queue push origin HEAD:refs/heads/bob/queued &&
	as bob git xmpp accept alice2@localhost &&
	wait_for $subscribed_in says bob "alice2@localhost has the key of a device of alice@localhost" &&
	grep "git xmpp move alice@localhost alice2@localhost" out-status &&
	test_must_fail grep "a new device of alice2" out-status &&
	wait_for $subscribed_in device_is bob alice2 "online  pending" &&
	test_must_fail alice_fetches && test_must_fail bob_fetches $new
'

test_expect_success 'bob says it, and nothing is to be compared' '
	(cd bob && as bob git xmpp move alice@localhost alice2@localhost) >out && cat out &&
	grep "1 queued push goes there" out &&
	test "$(as bob git -C bob/work config remote.origin.url)" = $new &&
	test "$(as bob git config --global xmppBuddy.her.address)" = alice2@localhost &&
	wait_for $subscribed_in device_is bob alice2 "online  verified" &&
	wait_for $subscribed_in device_is alice bob "online  verified" &&
	wait_for 20 alice_fetches && wait_for 20 bob_fetches $new &&
	as bob timeout 180 git -C bob/work push -q origin HEAD:refs/heads/bob/one &&
	test_must_fail as bob timeout 180 git -C bob/work push -q origin HEAD:refs/heads/other &&
	wait_for 30 git -C alice/project.git rev-parse -q --verify refs/heads/bob/queued &&
	test_must_fail says bob "has the key of"
'

test_expect_success 'whoever has the old account has no device of hers' '
	mkdir -p -m 700 thief/run && cp alice/pw thief/pw && plain_user thief &&
	as thief git xmpp setup alice@localhost --server="127.0.0.1:$server_port" \
		--ca-file="$TRASH/prosody/localhost.crt" \
		--password-command="cat $TRASH/alice/pw" --no-start &&
	start_broker thief GIT_XMPP_TRACE=1 &&
	test_must_fail as thief timeout 180 git ls-remote xmpp::bob@localhost/theirs &&
	test_must_fail bob_fetches &&
	test_must_fail device_is bob alice "\(verified\|seen\)" &&
	stop_broker thief
'

test_expect_success 'the old account has no device here, and gets none by itself' '
	as alice git config --global xmpp.account localhost &&
	kill -HUP "$(broker_pid alice)" &&
	wait_for 20 says alice "is one of .alice2@localhost. now" &&
	test -z "$(key_of alice)" &&
	test_must_fail as alice git xmpp device export "$TRASH/file" \
		--passphrase-file=alice/pw 2>err &&
	grep "is one of .alice2@localhost. now" err &&
	as alice git config --global xmpp.account localhost-2 &&
	kill -HUP "$(broker_pid alice)" && wait_for 20 broker_online alice &&
	wait_for 20 alice_fetches
'

test_expect_success 'she may go back the same way' '
	as alice git xmpp move alice2@localhost alice@localhost &&
	test -n "$(key_of alice)" && test -z "$(key_of alice2)" &&
	wait_for 20 broker_online alice &&
	as alice git xmpp verify --self >actual && test_cmp fingerprint actual &&
	as bob git xmpp move alice2@localhost alice@localhost &&
	wait_for $subscribed_in device_is bob alice "online  verified" && wait_for $subscribed_in bob_fetches &&
	as alice git xmpp daemon stop && as bob git xmpp daemon stop
'

test_done
