#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Being told: what waits is in status until it is settled, in one line of the next git command,
# once, and given to the user's own command, which strangers cannot make run all the time.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost/project
odd='$(touch${ifs}pwned);`id`|x*'

# asks <user> <whom>: to be a buddy, as an ordinary client does.
asks () {
	chat_login "$1" &&
	chat_send "<presence to='$2@localhost' type='subscribe'/>" &&
	chat_send "<iq type='get' id='asked'><query xmlns='jabber:iq:roster'/></iq>" &&
	wait_for 5 grep -q "id=.asked." "$TRASH/log/chat"
	chat_logout
}

notices_of () {
	as "$1" git xmpp status --json | grep -o '"notices":\[[^]]*\]'
}

has_notice () {
	notices_of "$1" | grep -qF "$2"
}

has_no_notice () {
	! has_notice "$@"
}

looks () {
	as alice git ls-remote $url >out 2>err
}

# runs: how often the command of alice ran.
runs () {
	grep -c '^begin$' notified
}

ran () {
	test "$(runs)" -ge "$1"
}

test_expect_success 'alice, bob, and a command of alice with odd words' '
	start_server alice bob carol dave eve mallory "$odd" &&
	setup_user alice && setup_user bob &&
	: >notified && : >go &&
	cat >"alice/tell me" <<-END &&
	#!/bin/sh
	{
		echo begin
		printf "[%s]\n" "\$@"
		echo "kind \$GIT_XMPP_NOTICE, jid \$GIT_XMPP_JID"
	} >>"$TRASH/notified"
	cat >>"$TRASH/notified"
	while ! test -e "$TRASH/go"
	do
		sleep 0.05
	done
	END
	chmod +x "alice/tell me" &&
	as alice git config --global xmpp.notifyCommand \
		"'\''$TRASH/alice/tell me'\'' \"a \\\"b\\\" \$HOME \$(touch pwned)\" c\\ d ;" &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 3 0 &&
	as bob git xmpp share bob/project.git --name=project --fetch=alice@localhost &&
	looks && test_is_empty err
'

test_expect_success 'a request waits in status, and runs the command without a shell' '
	asks "$odd" alice &&
	wait_for 10 has_notice alice wants &&
	wait_for 10 ran 1 &&
	as alice git xmpp status >status &&
	grep -F "! $odd@localhost wants to be your buddy  (git xmpp accept '\''$odd@localhost'\'')" status &&
	line="xmpp: $odd@localhost wants to be your buddy  (git xmpp accept '\''$odd@localhost'\'')" &&
	cat >expect <<-END &&
	begin
	[a "b" \$HOME \$(touch pwned)]
	[c d]
	[;]
	[$line]
	kind wants, jid $odd@localhost
	END
	wait_for 5 grep -q "^kind" notified &&
	test_cmp expect notified &&
	test -z "$(find . -name pwned)" && test ! -e /pwned
'

test_expect_success 'the next git command says it, and only that one' '
	as alice git init -q alice/work &&
	git -C alice/work commit -q --allow-empty -m one &&
	as alice git -C alice/work fetch -q $url 2>err && test_is_empty err &&
	as alice env GIT_XMPP_NOTICES=false git ls-remote $url 2>err && test_is_empty err &&
	looks &&
	echo "$line" >expect &&
	test_cmp expect err &&
	test_must_fail grep "xmpp: " out &&
	looks && test_is_empty err &&
	has_notice alice wants
'

# ejabberd says requests anew only to who can be sent messages.
test_expect_success 'test "$SERVER" != ejabberd' 'a restart does not make it news' '
	stop_broker alice && start_broker alice &&
	wait_for 20 has_notice alice wants &&
	looks && test_is_empty err &&
	ran 1 && ! ran 2
'

test_expect_success 'status has it until it is settled' '
	as alice git xmpp decline "$odd@localhost" &&
	wait_for 10 has_no_notice alice wants &&
	as alice git xmpp status >status && ! grep "^! " status
'

# A restart lets it run anew, once.
test_expect_success 'many strangers, again and again, make the command run once' '
	before=$(runs) &&
	for user in carol dave eve mallory carol dave "$odd"
	do
		asks "$user" alice || return
	done &&
	wait_for 10 has_notice alice mallory &&
	wait_for 10 has_notice alice "$odd" &&
	! ran $((before + 2)) &&
	before=$(runs)
'

test_expect_success 'a git xmpp command on a terminal says it, too, and what is more in the last line' '
	as alice "$BUILD/t/on-terminal" -e "" git xmpp buddies bob@localhost >out 2>err &&
	grep "^xmpp: carol@localhost wants to be your buddy" err &&
	test_line_count = 4 err &&
	test_must_fail grep "xmpp: " out &&
	looks && test_is_empty err
'

test_expect_success 'a push that failed is said, and one command runs at a time' '
	rm go &&
	(cd alice/work && as alice git remote add origin $url && as alice git xmpp queue push origin HEAD:refused-1) &&
	wait_for 20 has_notice alice queue-failed &&
	wait_for 10 ran $((before + 1)) &&
	(cd alice/work && as alice git xmpp queue push origin HEAD:refused-2) &&
	wait_for 20 has_notice alice "q2, " &&
	! ran $((before + 2)) &&
	touch go &&
	wait_for 10 ran $((before + 2)) &&
	looks &&
	grep "^xmpp: q1, a push to bob@localhost/project, has failed: .*(git xmpp queue)$" err &&
	grep "^xmpp: q2, " err &&
	test_line_count = 2 err
'

test_expect_success 'a command that is none is logged, and nothing is lost by it' '
	as alice git config --global xmpp.notifyCommand "./no/such" &&
	kill -HUP "$(broker_pid alice)" &&
	(cd alice/work && as alice git xmpp queue push origin HEAD:refused-3) &&
	wait_for 20 has_notice alice "q3, " &&
	wait_for 10 grep "notifyCommand: cannot run" log/alice &&
	as alice git config --global xmpp.notifyCommand "sh \"c" &&
	kill -HUP "$(broker_pid alice)" &&
	wait_for 10 grep "notifyCommand is no command line" log/alice
'

test_done
