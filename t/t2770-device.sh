#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The devices of one person, over the years: a second laptop for which the first one vouches, a
# name, a laptop that is lost and shut out from another one, a thief's device that a stolen one
# vouches for. bob has the devices bob, bob2 and bob3; thief has his password, too.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::alice@localhost/project
gate=$TRASH/gate

# setup_device <directory> <user>: another home of the same account.
setup_device () {
	mkdir -p -m 700 "$1/run" &&
	as "$1" git config --global init.defaultBranch main &&
	as "$1" git config --global user.name "$1" &&
	as "$1" git config --global user.email "$1@example.com" &&
	as "$1" git config --global xmpp.directAddresses false &&
	{ ! sanitized || as "$1" git config --global xmpp.receiveMemory 0; } &&
	as "$1" git xmpp setup "$2@localhost" --server="127.0.0.1:$server_port" \
		--ca-file="$TRASH/prosody/localhost.crt" \
		--password-command="cat $TRASH/$2/pw" --no-start
}

device_of () {
	sed -n "s/.* serving '.*', device //p" "log/$1" | tail -n 1
}

fingerprint_of () {
	as "$1" git xmpp verify --self
}

# device_is <user> <jid> <device> <words>: as that user sees it, behind its name.
device_is () {
	as "$1" git xmpp device "$2@localhost" >out-device &&
	grep "^[ !]*$(device_of "$3").*  $4" out-device
}

grep_device () {
	as "$1" git xmpp device bob@localhost >out-device && grep "$2" out-device
}

not_grep_device () {
	as "$1" git xmpp device bob@localhost >out-device && ! grep "$2" out-device
}

# verifies <user> <jid> <device>
verifies () {
	as "$1" git xmpp verify "$2@localhost" --fingerprint="$(fingerprint_of "$3")"
}

open_gate () {
	rm -f "$gate/closed"
}

close_gate () {
	mkdir -p "$gate" && rm -f "$gate/began" && : >"$gate/closed"
}

hangs () {
	test -e "$gate/began"
}

test_atexit open_gate

may_fetch () {
	as "$1" timeout 180 git ls-remote $url >out-fetch 2>&1
}

may_not_fetch () {
	test_must_fail as "$1" timeout 180 git ls-remote $url >out-fetch 2>&1
}

test_expect_success 'alice, and bob with his first laptop, which she compares' '
	start_server alice bob &&
	setup_user alice && setup_user bob &&
	for device in bob2 bob3 thief
	do
		setup_device $device bob || return 1
	done &&
	start_broker alice GIT_XMPP_TRACE=1 && start_broker bob GIT_XMPP_TRACE=1 &&
	pair alice bob &&
	patience alice 3 && patience bob 3 &&
	"$TOP/t/tools/make-repo" alice/project.git 20 0 &&
	as alice git xmpp share alice/project.git --name=project --push=bob@localhost &&
	verifies alice bob bob && verifies bob alice alice &&
	may_fetch bob
'

test_expect_success 'his second one is new to all, and his first one says so' '
	start_broker bob2 GIT_XMPP_TRACE=1 &&
	wait_for 10 as bob2 git xmpp verify alice@localhost --fingerprint="$(fingerprint_of alice)" &&
	wait_for 10 device_is bob bob bob2 "online  pending" &&
	as bob git xmpp status >out && grep "a new device of your own account" out &&
	wait_for 10 device_is alice bob bob2 "online  pending" &&
	may_not_fetch bob2
'

test_expect_success 'once he has compared the two, alice talks to it and was not asked' '
	verifies bob bob bob2 && verifies bob2 bob bob &&
	wait_for 10 device_is alice bob bob2 "online  vouched" &&
	device_is alice bob bob2 "online  vouched by $(device_of bob)" &&
	wait_for 10 may_fetch bob2 &&
	as bob2 git clone -q $url bob2/work
'

# words_of <user> <device>: what that user sees where there is no name.
words_of () {
	as "$1" git xmpp device bob@localhost >out-device &&
	sed -n "s/^..$(device_of "$2") \([a-z]*-[a-z]*\)  .*/\1/p" out-device
}

test_expect_success 'without a name it has two words, the same for everybody' '
	words_of bob2 bob2 >expect && cat expect && test -s expect &&
	words_of alice bob2 >actual && test_cmp expect actual &&
	words_of bob bob2 >actual && test_cmp expect actual &&
	words_of alice bob >other && ! cmp expect other &&
	as alice git xmpp device bob@localhost --json >out &&
	grep "\"name\":null,\"words\":\"$(cat expect)\"" out &&
	as alice git xmpp buddies bob@localhost >out && cat out &&
	grep "$(device_of bob2) $(cat expect)  online" out
'

test_expect_success 'it has a name, beside its id, when its owner gives it one' '
	as bob2 git xmpp device rename "Bob'\''s desk" &&
	wait_for 10 device_is alice bob bob2 "online  vouched" &&
	wait_for 10 grep_device alice "$(device_of bob2) \"Bob.s desk\"" &&
	as bob git xmpp device rename "Bob'\''s desk" &&
	wait_for 10 grep_device alice "$(device_of bob) \"Bob.s desk\"" &&
	grep_device alice "$(device_of bob2) \"Bob.s desk\"" &&
	for name in "$(printf "a\033[31mb")" "$(printf "a\342\200\256b")" " x"
	do
		test_must_fail as bob2 git xmpp device rename "$name" 2>err &&
		has_message bad-device-name err || return 1
	done &&
	as alice git xmpp device bob@localhost --json >out &&
	grep "\"name\":\"Bob.s desk\",\"words\":\"$(cat expect)\"" out &&
	! words_of alice bob2 | grep . &&
	as bob git xmpp device rename "x\"  online  verified" &&
	wait_for 10 grep_device alice "$(device_of bob) \"x[\\\\]\"  online  verified\"  online " &&
	as bob git xmpp device rename "" &&
	wait_for 10 not_grep_device alice "$(device_of bob) \"" &&
	as bob git xmpp device >out && grep "^\* $(device_of bob) $(cat other)  online  this device" out
'

test_expect_success 'a device for which one vouches cannot vouch for a third' '
	start_broker bob3 GIT_XMPP_TRACE=1 &&
	wait_for 10 verifies bob2 bob bob3 && wait_for 10 verifies bob3 bob bob2 &&
	wait_for 10 as bob3 git xmpp verify alice@localhost --fingerprint="$(fingerprint_of alice)" &&
	wait_for 10 device_is alice bob bob3 "online  pending" &&
	may_not_fetch bob3 &&
	device_is alice bob bob3 "online  pending"
'

test_expect_success 'she compares these two herself' '
	verifies alice bob bob2 && verifies alice bob bob3 &&
	wait_for 10 device_is bob3 alice alice "online  verified" &&
	wait_for 10 may_fetch bob3
'

# What waits at the gate is alice'\''s git, which packs for bob.
test_expect_success 'a fetch of his first laptop runs' '
	cat >pack-hook <<-END &&
	#!/bin/sh
	: >"$gate/began"
	while test -e "$gate/closed"
	do
		sleep 0.05
	done
	exec "\$@"
	END
	chmod +x pack-hook &&
	as alice git config --global uploadpack.packObjectsHook "$TRASH/pack-hook" &&
	close_gate &&
	{ as bob timeout 120 git clone -q $url bob/stolen >log/clone 2>&1 & } && clone=$! &&
	wait_for 30 hangs
'

test_expect_success 'the laptop is stolen, and one command on another one ends it' '
	as bob2 git xmpp device retire "$(device_of bob)" >out && cat out &&
	wait_for 10 device_is alice bob bob "[a-z]*  revoked by $(device_of bob2)" &&
	open_gate &&
	! wait $clone &&
	cat log/clone &&
	test_must_fail test -e bob/stolen/.git/HEAD &&
	may_not_fetch bob &&
	may_fetch bob2 && may_fetch bob3 &&
	wait_for 10 device_is bob3 bob bob "[a-z]*  revoked"
'

test_expect_success 'it comes back later, and gets nothing, whoever restarts' '
	stop_broker bob && stop_broker alice && stop_broker bob2 &&
	start_broker alice GIT_XMPP_TRACE=1 && start_broker bob GIT_XMPP_TRACE=1 &&
	wait_for 20 device_is alice bob bob "online  revoked" &&
	may_not_fetch bob &&
	as bob git xmpp status --json >out &&
	! grep "\"state\":\"up\"" out &&
	start_broker bob2 GIT_XMPP_TRACE=1 &&
	wait_for 20 may_fetch bob2
'

test_expect_success 'only alice brings it back, and by its key' '
	as alice git xmpp add bob@localhost >out 2>&1; cat out &&
	device_is alice bob bob "online  revoked" &&
	verifies alice bob bob &&
	device_is alice bob bob "online  verified" &&
	verifies bob2 bob bob && verifies bob3 bob bob &&
	wait_for 20 may_fetch bob
'

test_expect_success 'while alice is away another one is lost; she hears of it when she is back' '
	stop_broker alice && stop_broker bob3 &&
	as bob2 git xmpp device retire "$(device_of bob3 | cut -c 1-6)" &&
	stop_broker bob2 && start_broker bob2 GIT_XMPP_TRACE=1 &&
	start_broker alice GIT_XMPP_TRACE=1 &&
	wait_for 20 device_is alice bob bob3 "offline  revoked" &&
	start_broker bob3 GIT_XMPP_TRACE=1 &&
	wait_for 20 device_is alice bob bob3 "online  revoked" &&
	may_not_fetch bob3
'

test_expect_success 'a thief at the first laptop lets it vouch for a device of his own' '
	start_broker thief GIT_XMPP_TRACE=1 &&
	wait_for 10 verifies bob bob thief && wait_for 10 verifies thief bob bob &&
	wait_for 10 device_is alice bob thief "online  vouched" &&
	wait_for 10 as thief git xmpp verify alice@localhost --fingerprint="$(fingerprint_of alice)" &&
	wait_for 10 may_fetch thief
'

test_expect_success 'both are out by one command at the second' '
	as bob2 git xmpp device retire "$(device_of bob)" &&
	wait_for 10 device_is alice bob bob "[a-z]*  revoked" &&
	wait_for 10 device_is alice bob thief "online  pending" &&
	may_not_fetch thief && may_not_fetch bob &&
	may_fetch bob2
'

# The thief is at the first one, bob at the second. Alice had let the first one in again.
test_expect_success 'of two that revoke each other neither is trusted' '
	# Alice hears of the second that it is not against the first one any more, in a link: what a
	# device repeats does not count against her own word.
	verifies alice bob bob && verifies bob2 bob bob && wait_for 20 may_fetch bob2 &&
	wait_for 20 may_fetch bob &&
	as bob git xmpp device retire "$(device_of bob2)" &&
	wait_for 10 device_is alice bob bob2 "[a-z]*  revoked by $(device_of bob)" &&
	as bob2 git xmpp device retire "$(device_of bob)" &&
	may_not_fetch bob2 &&
	wait_for 10 device_is alice bob bob "[a-z]*  revoked by $(device_of bob2)" &&
	may_not_fetch bob
'

test_expect_success 'until she decides between them, which lasts' '
	verifies alice bob bob2 &&
	wait_for 20 may_fetch bob2 &&
	may_not_fetch bob &&
	stop_broker bob && start_broker bob GIT_XMPP_TRACE=1 &&
	may_not_fetch bob &&
	device_is alice bob bob "[a-z]*  revoked by $(device_of bob2)" &&
	may_fetch bob2
'

test_expect_success 'a device can end itself' '
	echo n | test_must_fail as bob2 git xmpp device retire 2>err && grep "say so with --yes" err &&
	may_fetch bob2 &&
	as bob2 git xmpp device retire --yes &&
	wait_for 10 device_is alice bob bob2 "[a-z]*  revoked" &&
	may_not_fetch bob2 &&
	as bob2 git xmpp device >out && grep "this device, retired" out
'

test_done
