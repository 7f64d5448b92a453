#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# Queued pushes: alice pushes while bob is away, and it arrives when he comes.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost/project

alices () {
	git -C alice/work rev-parse -q --verify "$1"
}

bobs () {
	git -C bob/project.git rev-parse -q --verify "$1"
}

# arrived <ref>: bob has it as alice does.
arrived () {
	test "$(bobs "$1")" = "$(alices "$1")"
}

# commit: one on alice's current branch.
commit () {
	git -C alice/work commit -q --allow-empty -m "of alice"
}

queue () {
	as alice git -C alice/work xmpp queue "$@"
}

queue_is_empty () {
	test -z "$(queue)"
}

# queue_says <id> <pattern>
queue_says () {
	queue | grep "^$1 .*$2"
}

offline () {
	! as alice git ls-remote $url >/dev/null 2>&1
}

# bob_away: alice's broker knows it.
bob_away () {
	stop_broker bob &&
	wait_for 10 offline
}

# change_entry <id> <sed script>: in its file.
change_entry () {
	tr "\0" "\n" <"alice/.state/git-xmpp/queue/$1" | sed "$2" | tr "\n" "\0" >entry &&
	cp entry "alice/.state/git-xmpp/queue/$1"
}

test_expect_success 'two users, their brokers, a share and a clone' '
	start_server alice bob &&
	setup_user alice && setup_user bob &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 20 0 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as alice git clone -q $url alice/work &&
	queue >out &&
	test_is_empty out &&
	queue --json >out &&
	echo "{\"version\":1,\"entries\":[]}" >expect &&
	test_cmp expect out
'

test_expect_success 'a push to who is offline fails at once, and its hint names the command' '
	bob_away &&
	commit &&
	test_must_fail as alice timeout 120 git -C alice/work push origin main 2>err &&
	grep "^fatal: .bob@localhost. is offline" err &&
	grep "^hint: .*\"git xmpp queue push origin\"" err
'

test_expect_success 'queue push writes it down and says what it will do' '
	queue push origin main >told 2>err &&
	test_is_empty err && sed "s/  from .*  waits/  waits/; s/ since .*//" told >out &&
	old=$(git -C alice/work rev-parse --short=7 origin/main) &&
	new=$(git -C alice/work rev-parse --short=7 main) &&
	echo "q1  bob@localhost/project  main $old..$new  waits for bob@localhost" >expect &&
	test_cmp expect out && grep "  from $TRASH/alice/work  .* since 20.*, until 20" told &&
	queue >out &&
	test_cmp told out &&
	queue --json >out &&
	grep "\"id\":\"q1\",\"jid\":\"bob@localhost\",\"share\":\"project\".*\"state\":\"waiting\"" out
'

test_expect_success 'what goes on the branch later is a push of its own, behind the first' '
	commit &&
	queue push origin >out &&
	grep "^q2 .* main $new\.\." out &&
	queue push origin >out &&
	grep "^nothing to queue" out &&
	queue push origin main:draft HEAD:refs/heads/other >out &&
	grep "^q3 .* draft \[new\] .*, other \[new\]" out
'

test_expect_success 'refspecs that cannot be queued are refused' '
	test_expect_code 128 queue push origin nonsense 2>err &&
	grep "no such branch, tag or commit" err &&
	test_expect_code 128 queue push origin "refs/heads/*:refs/heads/*" &&
	test_expect_code 128 queue push origin :nothing-there &&
	test_expect_code 128 queue push nowhere main 2>err &&
	grep "^fatal: there is no remote .nowhere." err &&
	queue >out &&
	test_line_count -eq 3 out
'

test_expect_success 'it survives a broker that is killed' '
	queue >expect &&
	kill_broker alice &&
	queue >actual &&
	test_cmp expect actual &&
	start_broker alice &&
	queue >actual &&
	test_cmp expect actual
'

test_expect_success 'when bob appears all of it is delivered, in order' '
	start_broker bob &&
	wait_for 20 queue_is_empty &&
	arrived main && test "$(bobs draft)" = "$(alices main)" && test "$(bobs other)" = "$(alices main)" &&
	test "$(alices origin/main)" = "$(alices main)"
'

test_expect_success 'and the log says so' '
	journal alice >out &&
	grep "Z  bob@localhost/project  queue  q1  ok  main .*: delivered$" out &&
	grep "  queue  q2  ok  main .*: delivered$" out &&
	grep "  queue  q3  ok  draft .*, other .*: delivered$" out
'

test_expect_success 'with bob online it is delivered at once' '
	commit &&
	queue push origin main >out &&
	grep "^q4 " out &&
	wait_for 20 queue_is_empty &&
	arrived main
'

remember_descriptors alice bob

test_expect_success 'a ref that has moved there is not overwritten' '
	bob_away &&
	commit &&
	queue push origin main &&
	"$TOP/t/tools/make-repo" bob/project.git 1 0 7 &&
	his=$(bobs main) &&
	start_broker bob &&
	wait_for 20 queue_says q5 "failed: main has moved there since this was queued" &&
	test "$(bobs main)" = "$his" &&
	journal alice -n 1 >out &&
	grep "  queue  q5  failed  main .*: main has moved there since this was queued$" out &&
	queue | grep -A1 "^q5 " | tail -n 1 >way-out && cat way-out &&
	grep "^    git -C [^ ]*/alice/work pull origin refs/heads/main && git -C [^ ]*/alice/work xmpp queue push origin HEAD:refs/heads/main && git xmpp queue drop q5$" way-out
'

test_expect_success 'retry tries again, with the same lease' '
	queue retry q5 &&
	wait_for 20 queue_says q5 "failed: main has moved" &&
	test "$(bobs main)" = "$his" &&
	journal alice >out &&
	test "$(grep -c "  queue  q5  failed" out)" -eq 2
'

test_expect_success 'what was fetched and merged can be queued anew' '
	as alice git -C alice/work pull -q --no-rebase --no-edit &&
	queue push origin main >out &&
	grep "^q6 " out &&
	wait_for 20 arrived main &&
	queue drop q5 >out &&
	echo "dropped q5" >expect &&
	test_cmp expect out &&
	wait_for 10 queue_is_empty &&
	test_expect_code 1 queue drop q5 2>err &&
	has_message no-such-entry err
'

test_expect_success 'commits that are there are lost only with a plus' '
	bob_away &&
	git -C alice/work checkout -q -B draft origin/draft~1 &&
	commit &&
	test_expect_code 128 queue push origin draft 2>err &&
	grep "not a fast-forward" err &&
	queue push origin +draft >out &&
	grep "^q7 " out &&
	git -C alice/work checkout -q main &&
	start_broker bob &&
	wait_for 20 arrived draft
'

test_expect_success 'deletion, with a lease too' '
	as alice git -C alice/work fetch -q &&
	bob_away &&
	queue push origin :other >out &&
	grep "^q8 .*  other \[delete\]  from .*  waits" out &&
	start_broker bob &&
	wait_for 20 queue_is_empty &&
	test_must_fail git -C bob/project.git rev-parse -q --verify refs/heads/other
'

test_expect_success 'what was dropped is not pushed' '
	bob_away &&
	git -C alice/work branch -q unwanted main &&
	git -C alice/work branch -q wanted main &&
	queue push origin unwanted && queue push origin wanted &&
	queue drop q9 &&
	start_broker bob &&
	wait_for 20 arrived wanted &&
	test_must_fail git -C bob/project.git rev-parse -q --verify refs/heads/unwanted
'

test_expect_success 'what nobody wants any more expires' '
	wait_for 10 queue_is_empty &&
	bob_away &&
	commit &&
	queue push origin main >out &&
	grep "^q11 " out &&
	stop_broker alice &&
	change_entry q11 "s/^queued=.*/queued=1000/; s/^expires=.*/expires=2000/" &&
	start_broker alice && start_broker bob &&
	wait_for 20 queue_says q11 "failed: expired" &&
	test_must_fail arrived main &&
	journal alice -n 1 >out &&
	grep "  queue  q11  failed  main .*: expired$" out
'

test_expect_success 'and is still there to be retried' '
	queue retry &&
	wait_for 20 queue_is_empty &&
	arrived main
'

test_expect_success 'without a right to push it fails once, and waits for a decision' '
	"$TOP/t/tools/make-repo" bob/readonly.git 3 0 &&
	as bob git xmpp share bob/readonly.git --name=readonly --fetch=alice@localhost &&
	as alice git clone -q xmpp::bob@localhost/readonly alice/readonly &&
	git -C alice/readonly commit -q --allow-empty -m x &&
	as alice git -C alice/readonly xmpp queue push >out &&
	grep "^q12 " out &&
	wait_for 20 queue_says q12 "failed: .bob@localhost. lets you fetch from .readonly., but not push to it" &&
	queue drop q12
'

test_expect_success 'what his hook refuses is told' '
	printf "#!/bin/sh\necho no, not today\nexit 1\n" >bob/project.git/hooks/pre-receive &&
	chmod +x bob/project.git/hooks/pre-receive &&
	commit &&
	queue push origin main &&
	wait_for 20 queue_says q13 "failed: main: \[remote rejected\] (pre-receive hook declined)" &&
	as alice git xmpp status >out &&
	grep "^! q13, a push to bob@localhost/project, has failed: main: .*  git xmpp queue$" out &&
	rm bob/project.git/hooks/pre-receive &&
	queue retry q13 &&
	wait_for 20 arrived main
'

hook_waits () {
	test -f hook-began
}

test_expect_success 'a broker killed in the middle of a push: it waits for that one to end, and is delivered' '
	wait_for 10 queue_is_empty &&
	mkfifo go-on &&
	cat >bob/project.git/hooks/pre-receive <<-END &&
	#!/bin/sh
	test -f "$TRASH/hook-began" && exit 0
	: >"$TRASH/hook-began"
	read line <"$TRASH/go-on"
	END
	chmod +x bob/project.git/hooks/pre-receive &&
	commit &&
	queue push origin main &&
	wait_for 20 hook_waits &&
	queue_says q14 "is being pushed" &&
	test_expect_code 128 queue drop q14 2>err &&
	has_message entry-busy err &&
	kill_broker alice &&
	queue_says q14 "waits for bob@localhost" &&
	start_broker alice &&
	echo >go-on &&
	wait_for 30 queue_is_empty &&
	arrived main &&
	rm bob/project.git/hooks/pre-receive
'

test_expect_success 'without any broker it is written down all the same' '
	stop_broker alice &&
	commit &&
	as alice git -c xmpp.autostart=false -C alice/work xmpp queue push origin main >out 2>err &&
	grep "^q15 .* waits for bob@localhost since " out &&
	grep "^hint: No broker runs" err &&
	as alice git -c xmpp.autostart=false xmpp queue retry q15 &&
	start_broker alice &&
	wait_for 20 queue_is_empty &&
	arrived main
'

test_expect_success 'a damaged file is passed over' '
	stop_broker alice &&
	echo nonsense >alice/.state/git-xmpp/queue/q99 &&
	start_broker alice &&
	commit &&
	queue push origin main >out &&
	grep "^q100 " out &&
	wait_for 20 arrived main &&
	queue drop q99 &&
	wait_for 10 queue_is_empty
'

test_expect_success 'the journal does not grow without bounds' '
	events=alice/.state/git-xmpp/events &&
	head -c 1100000 /dev/zero | tr "\0" "\n" >>$events &&
	commit &&
	queue push origin main &&
	wait_for 20 arrived main &&
	wait_for 10 queue_is_empty &&
	test "$(wc -c <$events)" -lt 10000 &&
	test -f $events.old &&
	journal alice -n 3 >out &&
	grep "  queue  q101  ok" out
'

test_expect_success 'what git gc has removed fails, and says so' '
	wait_for 20 queue_is_empty &&
	bob_away &&
	git -C alice/work checkout -q -b passing && commit &&
	queue push origin passing &&
	git -C alice/work checkout -q main && git -C alice/work branch -q -D passing &&
	git -C alice/work reflog expire --expire=now --expire-unreachable=now --all &&
	git -C alice/work gc -q --prune=now &&
	start_broker bob &&
	wait_for 20 queue_says "q[0-9]*" "failed: what was queued is not in .*/work.* any more" &&
	queue drop "$(queue | sed "s/ .*//")"
'

test_expect_success 'a broker that is stopped in the middle of a push: it waits, whoever looks' '
	rm -f hook-began &&
	cat >bob/project.git/hooks/pre-receive <<-END &&
	#!/bin/sh
	test -f "$TRASH/hook-began" && exit 0
	: >"$TRASH/hook-began"
	read line <"$TRASH/go-on"
	END
	chmod +x bob/project.git/hooks/pre-receive &&
	commit &&
	queue push origin main &&
	wait_for 20 hook_waits &&
	queue_says "q[0-9]*" "is being pushed" &&
	stop_broker alice &&
	queue_says "q[0-9]*" "waits for bob@localhost" &&
	grep -q "state=waiting" alice/.state/git-xmpp/queue/* &&
	start_broker alice &&
	# The first one goes on at the other end, for whoever may ask what became of it; the
	# next waits for it.
	wait_for 20 queue_says "q[0-9]*" "is being pushed" &&
	services_run &&
	timeout 120 sh -c "echo go >go-on" &&
	wait_for 30 queue_is_empty &&
	arrived main &&
	rm bob/project.git/hooks/pre-receive &&
	wait_for 5 no_services
'

test_expect_success 'no helpers, no git processes, and as many descriptors as before' '
	wait_for 5 no_helpers &&
	wait_for 5 no_services &&
	descriptors_as_before
'

test_done
