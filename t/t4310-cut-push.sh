#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A git process that changes a repository is never cut in half: whoever goes
# away, it gets the end of its input and the time to finish, as over ssh.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost/project

# hook <name>: bob's. It says that it runs, waits for the file go, says much, and that it is done.
hook () {
	rm -f began ended go
	rm -f bob/project.git/hooks/*
	cat >"bob/project.git/hooks/$1" <<-END
	#!/bin/sh
	trap "touch $TRASH/signalled" TERM HUP INT
	>"$TRASH/began"
	while ! test -e "$TRASH/go"; do sleep 0.05; done
	head -c 300000 /dev/zero | tr "\0" "\n" >&2
	>"$TRASH/ended"
	END
	chmod +x "bob/project.git/hooks/$1"
}

# push <ref>: a new commit of alice's, in the background; its git is a group of its own,
# and takes the signals of a terminal.
push () {
	git -C alice/work commit -q --allow-empty -m "$1" &&
	new=$(git -C alice/work rev-parse HEAD) || return
	env --default-signal=INT,QUIT $(env_of alice) setsid git -C alice/work push -q origin "HEAD:$1" &
	job=$!
	started $job
}

# push_much <ref>: the same, with so much that it can be met in the middle.
push_much () {
	head -c 6000000 /dev/urandom >alice/work/much &&
	git -C alice/work add much && push "$1" && wait_for 20 in_mid_push
}

interrupt () {
	kill -INT -$job
	wait_for 5 gone $job
}

bob_has () {
	test "$(git -C bob/project.git rev-parse -q --verify "$1")" = "$new"
}

# Nothing of a push is left in bob's repository, nor does anything run, and it is whole.
clean () {
	wait_for 10 no_services &&
	find bob/project.git \( -name "tmp_*" -o -name "*.lock" \) -print -prune >rest &&
	test_is_empty rest &&
	git -C bob/project.git fsck 2>&1 && ! test -e signalled
}

# Pushes work, and none that ended keeps a place or the turn.
next_push_works () {
	rm -f bob/project.git/hooks/* &&
	wait_for 20 trusts alice bob &&
	as alice git -C alice/work commit -q --allow-empty -m next &&
	as alice git -C alice/work push -q origin HEAD:next
}

end_bob () {
	kill "-$1" "$(broker_pid bob)" && wait_for 10 gone "$(broker_pid bob)"
}

test_expect_success 'two users and a clone' '
	start_server alice bob &&
	setup_user alice && setup_user bob &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 5 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as alice git clone -q $url alice/work
'

remember_descriptors bob

# The process that reads for a git whose broker has died.
no_sink () {
	local pid

	for pid in $(sandbox_processes)
	do
		! is_called "$pid" git-xmpp-sink || return 1
	done
}

for name in pre-receive update reference-transaction post-receive post-update
do
	test_expect_success "the pusher presses Ctrl-C while $name runs: it runs to its end, and so does git" '
		hook $name && push one-$name && wait_for 10 test -e began && interrupt && touch go &&
		wait_for 10 test -e ended && clean && bob_has one-$name && next_push_works
	'
done

test_expect_success 'Ctrl-C in the middle of a pack: nothing is left of it' '
	hook pre-receive && push_much two && interrupt && clean && ! bob_has two && ! test -e began && next_push_works
'

test_expect_success 'the broker of the pusher is killed in the middle of a pack' '
	patience bob 2 &&
	push_much three && kill_broker alice && wait_for 5 gone $job && clean && ! bob_has three &&
	start_broker alice && next_push_works && patience bob 600
'

test_expect_success 'our broker is killed in the middle of a pack' '
	push_much four && end_bob KILL && clean && ! bob_has four && start_broker bob && next_push_works
'

for name in pre-receive post-receive
do
	test_expect_success "our broker is killed while $name runs: it and git run to their end" '
		hook $name && push five-$name && wait_for 10 test -e began && end_bob KILL && touch go &&
		wait_for 10 test -e ended && clean && bob_has five-$name && start_broker bob && next_push_works
	'
done

test_expect_success 'our broker is stopped in the middle of a pack' '
	push_much six && as bob git xmpp daemon stop --now && stop_broker bob && clean && ! bob_has six &&
	journal bob | grep "  pushed  failed  .*; six made at " && start_broker bob && next_push_works
'

test_expect_success 'our broker is stopped while a hook runs that does not take long: it waits for it' '
	hook pre-receive && push seven && wait_for 10 test -e began && : >log/bob &&
	kill -TERM "$(broker_pid bob)" && wait_for 10 grep -q "stopping on signal" log/bob && touch go &&
	wait_for 10 gone "$(broker_pid bob)" &&
	test -e ended && clean && bob_has seven && start_broker bob && next_push_works
'

test_expect_success 'or longer: it does not wait for ever, and the hook runs to its end' '
	hook pre-receive && push eight && wait_for 10 test -e began && stop_broker bob && services_run &&
	journal bob | grep "  pushed  unknown  .*; eight made at " &&
	touch go && wait_for 10 test -e ended && clean && bob_has eight && start_broker bob && next_push_works
'

test_expect_success 'a second broker starts while the first one leaves a hook behind, and serves' '
	hook pre-receive && push nine && wait_for 10 test -e began && stop_broker bob && start_broker bob &&
	wait_for 20 trusts alice bob && as alice git ls-remote $url >refs && touch go &&
	wait_for 10 test -e ended && clean && bob_has nine && next_push_works
'

test_expect_success 'SIGTERM to the broker and all that it runs, as by a supervisor: the repository is whole' '
	hook pre-receive && push ten && wait_for 10 test -e began &&
	kill -TERM "$(broker_pid bob)" $(service_pids) && wait_for 10 gone "$(broker_pid bob)" && touch go &&
	wait_for 10 no_services && rm -f signalled && git -C bob/project.git fsck 2>&1 &&
	find bob/project.git -name "*.lock" >rest && test_is_empty rest && ! bob_has ten &&
	rm -rf bob/project.git/objects/tmp_objdir* && start_broker bob && next_push_works
'

test_expect_success 'what only reads ends at once when nobody wants it any more' '
	"$TOP/t/tools/make-repo" bob/project.git 1 8 3 && half_pack &&
	env --default-signal=INT,QUIT $(env_of alice) setsid git clone -q $url alice/half & job=$! && started $job &&
	wait_for 20 test -e half && kill -INT -$job && wait_for 10 no_services && whole_pack
'

test_expect_success 'our own git, that pushes out of the queue: its hook runs to its end when the broker stops' '
	rm -f began ended go &&
	cat >alice/work/.git/hooks/pre-push <<-END &&
	#!/bin/sh
	trap "touch $TRASH/signalled" TERM HUP INT
	>"$TRASH/began"
	while ! test -e "$TRASH/go"; do sleep 0.05; done
	head -c 300000 /dev/zero | tr "\0" "\n" >&2
	>"$TRASH/ended"
	END
	chmod +x alice/work/.git/hooks/pre-push &&
	wait_for 20 trusts alice bob &&
	git -C alice/work commit -q --allow-empty -m eleven &&
	as alice git -C alice/work xmpp queue push origin HEAD:eleven && wait_for 10 test -e began &&
	stop_broker alice && ! test -e signalled && touch go && wait_for 10 test -e ended &&
	grep -q "state=waiting" alice/.state/git-xmpp/queue/q* && rm alice/work/.git/hooks/pre-push
'

test_expect_success 'and it is pushed by the next broker' '
	start_broker alice && wait_for 20 git -C bob/project.git rev-parse -q --verify eleven
'

# A git-remote-xmpp that waits before it does anything.
slow_helper () {
	mkdir -p slow && rm -f began ended go &&
	cat >slow/git-remote-xmpp <<-END &&
	#!/bin/sh
	>"$TRASH/began"
	while ! test -e "$TRASH/go"; do sleep 0.05; done
	"$BUILD/git-remote-xmpp" "\$@"
	status=\$?
	>"$TRASH/ended"
	exit \$status
	END
	chmod +x slow/git-remote-xmpp
}

test_expect_success 'one that had only begun does not bring a broker back that was stopped' '
	slow_helper && git -C alice/work commit -q --allow-empty -m twelve &&
	as alice PATH="$TRASH/slow:$PATH" git -C alice/work xmpp queue push origin HEAD:twelve &&
	wait_for 10 test -e began && stop_broker alice && touch go && wait_for 10 test -e ended &&
	wait_for 5 no_broker_of alice && start_broker alice && wait_for 20 git -C bob/project.git rev-parse -q --verify twelve
'

test_expect_success 'nothing runs any more, and bob has as many descriptors as before' '
	wait_for 5 no_services && wait_for 5 no_helpers && wait_for 5 no_sink && descriptors_as_before
'

test_done
