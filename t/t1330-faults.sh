#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# A system that gives out no more: each call of a broker that makes a descriptor fails
# once, and some of those for memory. The broker ends with a line that says so, or refuses what
# it cannot do; what it says is true, and as soon as there is enough again it serves.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

faults=$BUILD/t/faults.so
have_server || test_skip_all 'no XMPP server is installed'
test -f "$faults" || test_skip_all 'faults.so is not built'

# number <n>: 32 bits, as this machine has them, which has them the one way or the other.
number () {
	local a b c d

	a=$(printf '\\%03o' $(($1 & 255))) b=$(printf '\\%03o' $(($1 >> 8 & 255)))
	c=$(printf '\\%03o' $(($1 >> 16 & 255))) d=$(printf '\\%03o' $(($1 >> 24 & 255)))
	if test "$(printf '\1\0' | od -An -tu2 | tr -d ' ')" -eq 1
	then
		printf "$a$b$c$d"
	else
		printf "$d$c$b$a"
	fi
}

# arm <user> <descriptors> <memory>: which call fails, from now on.
arm () {
	{ number "$2" && number "$3"; } 1<>"$1.faults"
}

# has_come <user>: the call has, and failed.
has_come () {
	test "$(od -An -tu4 "$1.faults" | tr -d ' ')" = 00
}

# begin: a broker without an account, with faults as they are armed. It serves, or has ended,
# with its status in $ended_status and what it said in said. $come is empty if it made fewer calls.
begin () {
	rm -rf idle/.state
	mkdir -p -m 700 idle/run
	env HOME="$TRASH/idle" XDG_RUNTIME_DIR="$TRASH/idle/run" XDG_STATE_HOME="$TRASH/idle/.state" \
		LD_PRELOAD="$faults" FAULTS="$TRASH/idle.faults" "$BUILD/git-xmpp-daemon" >said 2>&1 &
	idle=$!
	started $idle
	wait_for 20 serves_or_gone || return
	come=
	! has_come idle || come=t
	arm idle 0 0
	ended_status=
	test -n "$serves" || end_process $idle
}

serves_or_gone () {
	serves=
	if HOME="$TRASH/idle" XDG_RUNTIME_DIR="$TRASH/idle/run" git-xmpp status -v 2>/dev/null |
		grep -q "running, pid"
	then
		serves=t
	else
		gone $idle
	fi
}

# finish: a broker that serves ends as it was asked to.
finish () {
	end_process $idle && test "$ended_status" -eq 0
}

# It said one thing, and that.
said_only () {
	grep -v -e " stopped$" -e "^hint: " said >reasons
	test_line_count = 1 reasons && grep "$1" reasons
}

test_expect_success 'a broker that cannot begin says why, in one line; or it serves' '
	mkdir idle && git config --file idle/.gitconfig xmpp.autostart false &&
	n=0 && served=0 &&
	while n=$((n + 1)) && test $n -lt 100 && arm idle $n 0 && begin
	do
		echo "descriptor $n: ${ended_status:-serves}"
		if test -n "$serves"
		then
			served=$((served + 1))
			finish || return
			test -n "$come" || break
		else
			test "$ended_status" -eq 78 && said_only "[Tt]oo many open files" || return
			cat said >>reasons-all
		fi
	done && has_message cannot-begin reasons-all &&
	test $n -gt 10 && test $n -lt 100 && test $served -gt 3
'

test_expect_success 'one that has no descriptor for a client is not said to have ended' '
	arm idle 0 0 && begin && test -n "$serves" && arm idle 1 0 &&
	test_must_fail env HOME="$TRASH/idle" XDG_RUNTIME_DIR="$TRASH/idle/run" git-xmpp status -v >status &&
	finish && grep "running, pid" status && has_come idle
'

test_expect_success 'a queue that could not be read is read soon' '
	n=0 &&
	while n=$((n + 1)) && test $n -lt 100 && arm idle $n 0 && begin && ! grep "/queue/.*open files" said
	do
		test -z "$serves" || finish || return
		test -n "$come" || return
	done &&
	test -n "$serves" && wait_for 60 grep "all of the queue could be read now" said && finish
'

test_expect_success 'where there is no memory it ends and says so' '
	for n in 1 2 5 30 100 300 1000 3000
	do
		arm idle 0 $n && begin || return
		echo "allocation $n: ${ended_status:-serves}"
		if test -n "$serves"
		then
			finish || return
		else
			test "$ended_status" -eq 128 && tail -n 1 said | grep "^fatal: out of memory$" || return
		fi
	done
'

url=xmpp::bob@localhost/project

test_expect_success 'alice may push to bob' '
	start_server alice bob && setup_user alice && setup_user bob && arm alice 0 0 && arm bob 0 0 &&
	start_broker alice LD_PRELOAD="$faults" FAULTS="$TRASH/alice.faults" &&
	start_broker bob LD_PRELOAD="$faults" FAULTS="$TRASH/bob.faults" && pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 5 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as alice git clone -q $url alice/work
'

same () {
	test "$(git -C bob/project.git rev-parse main)" = "$(git -C alice/work rev-parse HEAD)"
}

# one_push: it is as git says; if it failed, that is said with a reason.
one_push () {
	git -C alice/work commit -q --allow-empty -m "$n" || return
	if as alice git -C alice/work push -q origin HEAD:main 2>err
	then
		same
	else
		cat err
		grep "^fatal: .bob@localhost" err && ! same
	fi
}

listed () {
	as alice git ls-remote -q $url >/dev/null
}

# pushes <user>: with each call failing once in the broker of that user.
pushes () {
	n=0
	while n=$((n + 1)) && test $n -lt 60
	do
		arm "$1" $n 0 && one_push || return
		has_come "$1" || break
		echo "$1 $n" && listed || return
	done
	arm "$1" 0 0 && test $n -gt 3 && test $n -lt 60
}

# as_many <user> <number>: of open descriptors.
as_many () {
	test "$(broker_fds "$1")" -le "$2"
}

for user in bob alice
do
	test_expect_success "a descriptor that $user's broker does not get costs one push at the most" '
		wait_for 10 idles $user && before=$(broker_fds $user) &&
		pushes $user && listed && wait_for 20 as_many $user $before
	'
done

# bob_settled: bob's broker has met what was armed, and lives on, or has ended.
bob_settled () {
	has_come bob && { gone "$bob_pid" || as bob git xmpp status >/dev/null; }
}

# starves: bob's broker ends for want of memory. What only a library did not get, it may do without.
starves () {
	bob_pid=$(broker_pid bob)
	for at in 60 61 62 63 64 65 66 67 68 69
	do
		n=memory-$at
		arm bob 0 $at && { one_push || grep "not known" err || ! grep -q "fatal: out of memory" log/bob; } &&
		wait_for 20 bob_settled || return
		! gone "$bob_pid" || return 0
		echo "$at is borne" && listed || return
	done
	return 1
}

test_expect_success 'a broker that ends for want of memory is missed, and its next one serves' '
	starves && { end_process $bob_pid || :; } &&
	test "$ended_status" -eq 128 && tail -n 1 log/bob | grep "^fatal: out of memory$" &&
	start_broker bob && wait_for 60 listed
'

test_done
