#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# One transfer is ended by hand, from either side: both users are told who did it, the other
# transfers and the link go on, and what is said of a push is true.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost/project

# id_of <user> [<words>]: the transfer of that user of which this is said, in $id.
id_of () {
	id=$(as "$1" git xmpp cancel | sed -n "/$2/s/.*git xmpp cancel \([0-9a-f]*\)$/\1/p")
	test "$(echo "$id" | wc -w)" -eq 1
}

# slow_clone: in the background; it takes minutes.
slow_clone () {
	rm -rf alice/clone &&
	background alice git clone -q $url alice/clone 2>err &&
	wait_for 30 id_of alice "fetch from bob"
}

# slow_push: likewise, of a commit that is large.
slow_push () {
	head -c 4000000 /dev/urandom >alice/work/large && as alice git -C alice/work add large &&
	as alice git -C alice/work commit -q -m large &&
	background alice git -C alice/work push origin HEAD:large 2>err &&
	wait_for 30 id_of alice "push to bob"
}

# fails_with <line>: the git in the background, with that line once. In the pack of a fetch there is
# no place for a last one, and git adds its own.
fails_with () {
	wait_for 30 gone $job || return
	! wait $job && cat err && test "$(grep -c "^\(error\|fatal: remote error\): $1" err)" -eq 1
}

nothing_moves () {
	as "$1" git xmpp cancel >out && test_line_count -eq 0 out
}

ref_of () {
	git -C bob/project.git rev-parse -q --verify "refs/heads/$1"
}

test_expect_success 'bob sends and alice sends, slowly' '
	start_server alice bob &&
	setup_user alice && setup_user bob &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	git init -q -b main bob/work && head -c 4000000 /dev/urandom >bob/work/large &&
	as bob git -C bob/work add large && as bob git -C bob/work commit -q -m large &&
	git clone -q --bare bob/work bob/project.git &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	git init -q -b main alice/work && git -C alice/work remote add origin $url &&
	as alice git -C alice/work commit -q --allow-empty -m first &&
	as alice git config --global xmpp.bandwidth 20k && as bob git config --global xmpp.bandwidth 20k &&
	kill -HUP $(broker_pid alice) $(broker_pid bob)
'

test_expect_success 'who fetches ends it: git says so, and the log of both' '
	slow_clone && as alice git xmpp status >out && grep "fetch from bob@localhost .* $id$" out &&
	as alice git xmpp cancel $id >out && grep "^ended your fetch: bob@localhost/project$" out &&
	fails_with "the transfer with .bob@localhost. was ended here by .git xmpp cancel" &&
	has_message ended-by-user err &&
	test ! -e alice/clone && wait_for 10 nothing_moves alice && wait_for 10 nothing_moves bob &&
	wait_for 10 journal_has alice "  fetch  failed  .*: ended-by-user" &&
	wait_for 10 journal_has bob "  fetched  failed  .*: ended-there"
'

test_expect_success 'who serves ends it, by the first letters, and the link stays' '
	slow_clone && wait_for 10 id_of bob "is fetching" &&
	as bob git xmpp cancel $(echo $id | cut -c1-4) >out &&
	grep "^ended the fetch of alice@localhost: project$" out &&
	fails_with ".bob@localhost. has ended the transfer" && has_message ended-there err &&
	grep "^hint: Ask them why" err &&
	test ! -e alice/clone &&
	wait_for 10 journal_has alice "  fetch  failed  .*: ended-there" &&
	wait_for 10 journal_has bob "  fetched  failed  .*: ended-by-user" &&
	as alice git ls-remote $url >out && ! grep "link with .* ended" log/alice
'

test_expect_success 'of two that move one ends' '
	slow_push && push=$id && push_job=$job && slow_clone && as alice git xmpp cancel $push &&
	wait_for 30 gone $push_job && as alice git xmpp cancel >out && test_line_count -eq 1 out &&
	grep "fetch from bob" out && as alice git xmpp cancel $id && fails_with "the transfer"
'

test_expect_success 'a push that is ended changes nothing there, and the log says it on both sides' '
	wait_for 30 no_services && ! ref_of large && wait_for 10 journal_has bob "  pushed  failed  .*: ended-there" &&
	slow_push && wait_for 10 id_of bob "is pushing" && as bob git xmpp cancel $id >out &&
	grep "^ended the push of alice@localhost: project, before all of it had arrived$" out &&
	fails_with ".bob@localhost. has ended the transfer" && wait_for 30 no_services && ! ref_of large
'

test_expect_success 'a queued push stays in the queue, and does not begin again by itself' '
	(cd alice/work && as alice git xmpp queue push origin HEAD:large) &&
	wait_for 30 id_of alice "push to bob" && as alice git xmpp cancel $id >out && cat out &&
	grep "^\(q[0-9a-z]*\) stays in the queue: .git xmpp queue retry \1. .*git xmpp queue drop \1. forgets it$" out &&
	wait_for 30 sh -c "env $(env_of alice) git xmpp queue | grep failed" &&
	as alice git xmpp queue >out && grep "ended here by .git xmpp cancel" out && ! ref_of large &&
	entry=$(as alice git xmpp queue --porcelain | sed -n "s/^entries	\(q[0-9a-z]*\)	.*/\1/p") &&
	as alice git xmpp queue drop $entry
'

test_expect_success 'a push that waits in a hook: what is not known is not said' '
	as alice git config --global xmpp.bandwidth 0 && kill -HUP $(broker_pid alice) &&
	cat >bob/project.git/hooks/pre-receive <<-END &&
	#!/bin/sh
	touch $TRASH/in-hook
	while ! test -e $TRASH/go; do sleep 0.05; done
	END
	chmod +x bob/project.git/hooks/pre-receive &&
	background alice git -C alice/work push origin HEAD:hooked 2>err &&
	wait_for 60 test -e in-hook && id_of bob "is pushing" &&
	test_expect_code 128 as bob git xmpp cancel $id 2>told && cat told &&
	has_message push-arrived told &&
	! gone $job && id_of alice "push to bob" && as alice git xmpp cancel $id >out && cat out &&
	grep "all of it was sent: .git xmpp log. will tell what became of it" out &&
	fails_with "the push to .project. of .bob@localhost. was sent, but what became of it is not known: it was ended here" &&
	! ref_of hooked && touch go && wait_for 30 ref_of hooked &&
	wait_for 60 sh -c "env $(env_of alice) git xmpp log | grep \"you  *pushed .*hooked\""
'

test_expect_success 'what does not move is not ended' '
	test_expect_code 1 as alice git xmpp cancel 00000000 2>err && has_message no-such-transfer err &&
	grep "^hint: .git xmpp cancel. lists those" err && as alice git xmpp cancel &&
	test_expect_code 129 as alice git xmpp cancel 1 2
'

test_done
