#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A device moves to another machine in a file: bob's to bob2, which alice takes for the same one.
# What is left behind does not use it any more, and comes back only by an import.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::alice@localhost/project
file=$TRASH/bob.device
pass=--passphrase-file=$TRASH/passphrase

# setup_machine <directory> <user>: another home of the same account.
setup_machine () {
	mkdir -p -m 700 "$1/run" &&
	as "$1" git config --global xmpp.directAddresses false &&
	{ ! sanitized || as "$1" git config --global xmpp.receiveMemory 0; } &&
	as "$1" git xmpp setup "$2@localhost" --server="127.0.0.1:$server_port" \
		--ca-file="$TRASH/prosody/localhost.crt" \
		--password-command="cat $TRASH/$2/pw" --no-start
}

fingerprint_of () {
	as "$1" git xmpp verify --self
}

key_file () {
	find "$1" -name key -path "*$2@localhost*"
}

may_fetch () {
	as "$1" timeout 180 git ls-remote $url >out-fetch 2>&1
}

# says <user> <text>: in its status.
says () {
	as "$1" git xmpp status 2>&1 | tee out-status | grep -q "$2"
}

refused () {
	test_must_fail as "$@" 2>err && cat err
}

test_expect_success 'alice and bob have compared their devices; bob has another machine' '
	start_server alice bob carol &&
	setup_user alice && setup_user bob && setup_machine bob2 bob &&
	start_broker alice GIT_XMPP_TRACE=1 && start_broker bob GIT_XMPP_TRACE=1 &&
	pair alice bob &&
	patience alice 3 && patience bob 3 &&
	"$TOP/t/tools/make-repo" alice/project.git 20 0 &&
	as alice git xmpp share alice/project.git --name=project --push=bob@localhost \
		--fetch-requires=verified &&
	as alice git xmpp verify bob@localhost --fingerprint="$(fingerprint_of bob)" &&
	as bob git xmpp verify alice@localhost --fingerprint="$(fingerprint_of alice)" &&
	fingerprint_of bob >expect &&
	may_fetch bob
'

test_expect_success 'nothing is written without a passphrase, nor over a file; the device stays' '
	printf "short\n" >short && printf "correct horse battery\n" >passphrase &&
	refused bob git xmpp device export "$file" --passphrase-file="$TRASH/short" &&
	grep "too short" err && has_message bad-passphrase err &&
	refused bob git xmpp device export "$file" --passphrase-file="$TRASH/none" &&
	test_must_fail test -e "$file" &&
	echo mine >other &&
	refused bob git xmpp device export "$TRASH/other" $pass && grep "exists" err &&
	test "$(cat other)" = mine &&
	refused bob git xmpp device export "$TRASH/nowhere/file" $pass &&
	broker_online bob && may_fetch bob && test -n "$(key_file bob bob)"
'

test_expect_success 'bob exports his device: one file, for him alone, in which nobody reads' '
	as bob git xmpp invite >link &&
	as bob git xmpp device export bob.device $pass >out && cat out &&
	grep "is not used on this machine any more" out &&
	test "$(stat -c %a "$file")" = 600 &&
	test_must_fail grep -a -e alice -e PRIVATE "$file" &&
	test -z "$(find bob/.state -name invitations)"
'

test_expect_success 'the old machine logs out, says why, and does not come back by a restart' '
	wait_for 10 says bob "was exported" &&
	test -z "$(key_file bob bob)" &&
	refused bob timeout 180 git ls-remote $url && grep "was exported" err &&
	end_process "$(broker_pid bob)" &&
	{ as bob git xmpp daemon restart >out 2>&1; cat out; } &&
	wait_for 20 says bob "was exported" &&
	grep "git xmpp device import" out-status &&
	refused bob timeout 180 git ls-remote $url && grep "was exported" err &&
	test -z "$(key_file bob bob)" &&
	refused bob git xmpp device export "$TRASH/twice" $pass && test_must_fail test -e twice
'

test_expect_success 'the new one takes it with the right passphrase, unchanged, of this account' '
	start_broker bob2 GIT_XMPP_TRACE=1 &&
	fingerprint_of bob2 >fresh && ! cmp fresh expect &&
	printf "correct horse batterie\n" >wrong &&
	refused bob2 git xmpp device import "$file" --passphrase-file="$TRASH/wrong" &&
	has_message export-locked err &&
	head -c 300 "$file" >cut &&
	refused bob2 git xmpp device import "$TRASH/cut" $pass && grep "cannot be opened" err &&
	refused bob2 git xmpp device import "$TRASH/other" $pass && has_message export-foreign err &&
	refused bob2 git xmpp device import "$TRASH" $pass &&
	refused alice git xmpp device import "$file" $pass && grep "a device of .bob@localhost" err &&
	fingerprint_of bob2 >actual && test_cmp fresh actual &&
	as bob2 git xmpp device import "$file" $pass >out && cat out &&
	grep "1 invitation is still open" out &&
	fingerprint_of bob2 >actual && test_cmp expect actual
'

test_expect_success 'alice lets it fetch at once, and was asked nothing' '
	wait_for 20 broker_online bob2 &&
	as bob2 timeout 180 git clone -q $url bob2/work &&
	as alice git xmpp device bob@localhost >out && cat out &&
	grep "online  verified" out &&
	as bob2 git xmpp device alice@localhost >out && cat out && grep "online  verified" out
'

test_expect_success 'an invitation of the old machine is good on the new one, once' '
	setup_user carol && start_broker carol &&
	as carol git xmpp join "$(cat link)" >out && cat out &&
	grep "both devices are verified" out &&
	as bob2 git xmpp invite --list >out && cat out && grep used out &&
	stop_broker carol
'

test_expect_success 'it is there already: once more changes nothing' '
	as bob2 git xmpp device import "$file" $pass >out && grep "nothing was changed" out &&
	may_fetch bob2
'

test_expect_success 'a device that trusts somebody is not replaced' '
	find alice -name key -path "*alice*" >keys && cp "$(cat keys)" before &&
	refused alice git xmpp device import "$file" $pass &&
	cmp "$(cat keys)" before &&
	stop_broker bob2 && mv "$(key_file bob2 bob)" aside &&
	start_broker bob2 GIT_XMPP_TRACE=1 &&
	refused bob2 git xmpp device import "$file" $pass && has_message device-in-use err &&
	stop_broker bob2 && mv aside "$(key_file bob2 bob)" &&
	start_broker bob2 GIT_XMPP_TRACE=1 && may_fetch bob2
'

# at_terminal <user> <typed> <verb> <file>
at_terminal () {
	as "$1" "$BUILD/t/on-terminal" "$2" git xmpp device "$3" "$4" 2>err
}

test_expect_success 'at a terminal the passphrase is asked for, twice where a file is written' '
	test_must_fail at_terminal bob2 "correct horse\\ncorrect hearse\\n" export "$TRASH/back" &&
	grep "differ" err &&
	test_must_fail at_terminal bob2 "\\n" export "$TRASH/back" && grep "it is empty" err &&
	test_must_fail test -e back && may_fetch bob2
'

test_expect_success 'it moves back the same way' '
	at_terminal bob2 "correct horse battery\\ncorrect horse battery\\n" export "$TRASH/back" &&
	wait_for 10 says bob2 "was exported" &&
	as bob git xmpp device import "$TRASH/back" $pass &&
	wait_for 20 broker_online bob && may_fetch bob &&
	fingerprint_of bob >actual && test_cmp expect actual &&
	test -z "$(find bob -name key.exported)" &&
	test -z "$(find bob2/.state -name invitations)" &&
	as bob git xmpp invite --list >out && grep used out &&
	as bob git xmpp daemon stop
'

test_done
