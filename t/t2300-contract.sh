#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What git expects of a helper that offers `connect`, and what the far side
# must never do: the stream's ends, silence, signals, the service's environment.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost/project

# Waits in a hook, or in place of git pack-objects, until the test says go.
waiting_script () {
	rm -f waiting go
	cat <<-END
	#!/bin/sh
	>"$TRASH/waiting"
	while ! test -e "$TRASH/go"
	do
		sleep 0.05
	done
	END
}

# The helper as git would run it, with what git would say on standard input.
helper () {
	as alice git-remote-xmpp origin "${1:-bob@localhost/project}"
}

test_expect_success 'two users, their brokers, with traps in the environment of one' '
	start_server alice bob eve &&
	setup_user alice && setup_user bob && setup_user eve &&
	start_broker alice &&
	cat >trap <<-END &&
	#!/bin/sh
	>"$TRASH/trapped"
	exec "\$@"
	END
	chmod +x trap &&
	start_broker bob GIT_DIR=/nowhere GIT_CONFIG_COUNT=1 \
		GIT_CONFIG_KEY_0=uploadpack.packObjectsHook GIT_CONFIG_VALUE_0="$TRASH/trap" \
		GIT_NAMESPACE=canary GIT_EXEC_PATH_CANARY=canary GIT_TRACE="$TRASH/trapped" \
		GIT_CONFIG_PARAMETERS="'\''uploadpack.packObjectsHook'\''='\''$TRASH/trap'\''" \
		GIT_PROTOCOL=version=9 LD_LIBRARY_PATH=/canary PERL5LIB=/canary CANARY=canary &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 20 1 &&
	"$TOP/t/tools/make-repo" bob/big.git 10 8 &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as bob git xmpp share bob/big.git --name=big --push=alice@localhost &&
	as alice git clone -q $url alice/work
'

remember_descriptors alice bob

test_expect_success 'capabilities: connect and option, and nothing that git would drive otherwise' '
	printf "capabilities\n\n" >in &&
	helper <in >actual &&
	grep -x "\*\?connect" actual &&
	grep -x option actual &&
	! grep -E "^\*?(push|fetch|import|export|list|stateless-connect)$" actual
'

test_expect_success 'every option has one line for an answer, and servpath is unsupported' '
	cat >in <<-\END &&
	option progress true
	option verbosity 1
	option family ipv4
	option depth 1
	option followtags true
	option nonsense
	option servpath /bin/sh

	END
	helper <in >actual &&
	test_line_count = 7 actual &&
	! grep -vxE "ok|unsupported" actual &&
	test "$(tail -n 1 actual)" = unsupported
'

test_expect_success 'no other service is connected to' '
	for service in sh git-shell git-upload-pack.sh "git-upload-pack --x" "git-upload-pack;id" ../git-upload-pack
	do
		printf "connect %s\n" "$service" >in &&
		test_must_fail helper <in >actual 2>err &&
		test_is_empty actual &&
		test_line_count -ge 1 err || return 1
	done &&
	as alice git ls-remote --upload-pack="touch $TRASH/ran" $url &&
	test ! -e ran
'

test_expect_success 'no command, or an empty one, is a quiet end' '
	helper </dev/null >actual 2>err &&
	test_is_empty actual &&
	test_is_empty err &&
	echo >in &&
	helper <in >actual 2>err &&
	test_is_empty actual &&
	test_is_empty err
'

test_expect_success 'input that ends first: everything still arrives' '
	printf "connect git-upload-archive\n0012argument HEAD\n0000" >in &&
	helper <in >actual &&
	git -C bob/project.git archive HEAD >expect.tar &&
	test "$(wc -c <actual)" -gt "$(wc -c <expect.tar)"
'

test_expect_success 'the far end closes while our input is open: the helper ends' '
	mkfifo open-end &&
	exec 8<>open-end &&
	background alice git-remote-xmpp origin bob@localhost/project <open-end >actual &&
	printf "connect git-upload-archive\n0012argument HEAD\n0000" >&8 &&
	job_ends 5 0 &&
	exec 8>&-
'

test_expect_success 'a standard output that is closed early is no failure' '
	git -C bob/project.git for-each-ref --format="%(objectname)" refs/heads/main >main &&
	awk "BEGIN { getline oid < \"main\"; for (i = 0; i < 3000; i++) print \"create refs/many/\" i, oid }" \
		</dev/null | git -C bob/project.git update-ref --stdin &&
	printf "connect git-receive-pack\n" >in &&
	{ helper <in 2>err; echo $? >status; } | head -c 1000 >actual &&
	test "$(cat status)" -eq 0 &&
	test_is_empty err &&
	wait_for 5 no_services
'

# job_lasts <seconds>: it has not ended after so long by the clock.
job_lasts () {
	local until

	until=$(($(date +%s) + $1))
	while test "$(date +%s)" -le "$until"
	do
		alive "$job" || return
		sleep 0.2
	done
}

test_expect_success 'R11: a long pre-push hook: silence in both directions is no death' '
	waiting_script >alice/work/.git/hooks/pre-push &&
	chmod +x alice/work/.git/hooks/pre-push &&
	git -C alice/work commit -q --allow-empty -m patience &&
	background alice git -C alice/work push -q origin HEAD:patience &&
	wait_for 5 test -e waiting &&
	wait_for 5 services_run &&
	# Longer than every answer that brokers wait for.
	job_lasts 18 &&
	services_run &&
	touch go &&
	job_ends 5 0 &&
	test "$(git -C bob/project.git rev-parse patience)" = "$(git -C alice/work rev-parse HEAD)" &&
	rm alice/work/.git/hooks/pre-push
'

test_expect_success 'a hook there takes its time, and is heard at the end' '
	{ waiting_script; echo "echo finally done"; } >bob/project.git/hooks/post-receive &&
	chmod +x bob/project.git/hooks/post-receive &&
	git -C alice/work commit -q --allow-empty -m hook &&
	background alice git -C alice/work push origin HEAD:hook 2>err &&
	wait_for 5 test -e waiting &&
	alive $job &&
	touch go &&
	job_ends 5 0 &&
	grep "^remote: finally done" err &&
	rm bob/project.git/hooks/post-receive
'

test_expect_success 'what the service itself says on standard error is heard, escaped' '
	as bob git config --global trace2.normalTarget 2 &&
	as alice git archive --remote=$url main 2>err >/dev/null &&
	grep "remote: .*start.*upload-archive" err &&
	as bob git config --global --unset trace2.normalTarget
'

test_expect_success 'a service that is killed in a push makes it fail, and leaves no quarantine' '
	cat >bob/project.git/hooks/pre-receive <<-\END &&
	#!/bin/sh
	kill -KILL $PPID
	END
	chmod +x bob/project.git/hooks/pre-receive &&
	git -C alice/work commit -q --allow-empty -m killed &&
	test_must_fail as alice timeout 120 git -C alice/work push origin HEAD:killed &&
	rm bob/project.git/hooks/pre-receive &&
	test_must_fail git -C bob/project.git rev-parse --verify -q killed &&
	as alice git -C alice/work push origin HEAD:killed
'

test_expect_success 'R9: a slow reader stops its sender, and nobody else' '
	rm -f go &&
	as alice git archive --remote=xmpp::bob@localhost/big main >whole.tar &&
	before=$(($(resident alice) + $(resident bob))) &&
	rm -f waiting &&
	{
		as alice git archive --remote=xmpp::bob@localhost/big main |
		{ head -c 100000; touch waiting; wait_for 30 test -e go >&2; cat; } >slow.tar &
	} &&
	slow=$! &&
	wait_for 10 test -e waiting &&
	as alice timeout 120 git ls-remote $url &&
	as alice timeout 180 git clone -q --bare xmpp::bob@localhost/big alice/other.git &&
	services_run &&
	after=$(($(resident alice) + $(resident bob))) &&
	echo "resident before $before kB, after $after kB" &&
	{ sanitized || test $after -lt $((before + 6000)); } &&
	touch go &&
	wait $slow &&
	cmp whole.tar slow.tar
'

test_expect_success 'a reader that goes away ends everything' '
	as alice git archive --remote=xmpp::bob@localhost/big main | head -c 1000 >start &&
	test "$(wc -c <start)" -eq 1000 &&
	wait_for 5 no_helpers &&
	wait_for 5 no_services
'

# A clone of big that waits in the middle; it is alone in its process group.
clone_in_background () {
	waiting_script >slow-pack &&
	echo "exec \"\$@\"" >>slow-pack &&
	chmod +x slow-pack &&
	as bob git config --global uploadpack.packObjectsHook "$TRASH/slow-pack" &&
	background alice env --default-signal=INT setsid git clone xmpp::bob@localhost/big alice/x 2>err &&
	wait_for 15 test -e waiting &&
	wait_for 15 indexes &&
	as bob git config --global --unset uploadpack.packObjectsHook
}

# All of git's programs that a clone needs have begun: a signal that comes while one of them
# is being started is git's own affair.
indexes () {
	local pid

	for pid in $(sandbox_processes)
	do
		tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q ' index-pack ' &&
		grep -q '^State:.*S' "/proc/$pid/status" && return
	done
	return 1
}

test_expect_success 'Ctrl-C ends both sides at once, silently' '
	clone_in_background &&
	kill -INT -$job &&
	wait_for 5 gone $job &&
	wait_for 5 no_helpers &&
	touch go &&
	wait_for 5 no_services &&
	test ! -e alice/x &&
	! grep -E "fatal|error" err
'

for signal in TERM KILL
do
	test_expect_success "git ended by SIG$signal: the helper and the service end, too" '
		rm -rf alice/x &&
		clone_in_background &&
		kill -$signal $job &&
		wait_for 5 gone $job &&
		wait_for 5 no_helpers &&
		touch go &&
		wait_for 5 no_services
	'
done

test_expect_success 'SIGTERM to the helper ends it at once' '
	rm -rf alice/x &&
	clone_in_background &&
	kill -TERM $(helpers) &&
	wait_for 5 no_helpers &&
	job_ends 5 128 &&
	touch go &&
	wait_for 5 no_services
'

test_expect_success 'the traps in the environment of the broker were never reached' '
	test ! -e trapped
'

test_expect_success 'hooks see who pushes, and nothing that is not made for them' '
	cat >bob/project.git/hooks/pre-receive <<-END &&
	#!/bin/sh
	env >"$TRASH/hook-env"
	ls -l /proc/self/fd >"$TRASH/hook-fds"
	END
	chmod +x bob/project.git/hooks/pre-receive &&
	git -C alice/work commit -q --allow-empty -m environment &&
	as alice env GIT_AUTHOR_NAME=canary git -C alice/work -c canary.canary=canary push -q origin HEAD:environment &&
	rm bob/project.git/hooks/pre-receive &&
	! grep -iE "canary|packObjectsHook" hook-env &&
	! grep -E "^(GIT_CONFIG_(COUNT|KEY|VALUE)|GIT_NAMESPACE|GIT_TRACE|GIT_PROTOCOL|LD_|PERL)" hook-env &&
	grep -x "HOME=$TRASH/bob" hook-env &&
	grep -x GIT_XMPP_JID=alice@localhost hook-env &&
	grep "^GIT_XMPP_DEVICE=." hook-env &&
	grep "^GIT_XMPP_VERIFIED=" hook-env
'

test_expect_success 'hooks have no descriptor of the broker' '
	! grep -E "anon_inode|\.sock|git-xmpp" hook-fds &&
	test $(grep -c "socket:" hook-fds) -le 3
'

test_expect_success 'nothing is shared and nobody is trusted by default' '
	start_broker eve &&
	as eve git xmpp buddies --porcelain >buddies &&
	test_is_empty buddies &&
	as bob git xmpp share bob/project.git --name=for-eve --fetch=eve@localhost &&
	test_expect_code 128 as eve timeout 120 git ls-remote xmpp::bob@localhost/for-eve 2>err &&
	grep "fatal: .bob@localhost. is not your buddy" err &&
	as eve git xmpp add bob@localhost &&
	test_expect_code 128 as eve timeout 120 git ls-remote xmpp::bob@localhost/for-eve 2>err &&
	grep "^fatal: .*bob@localhost" err
'

test_expect_success 'a buddy who is accepted gets what is shared with them, and nothing else' '
	wait_for 10 as bob git xmpp accept eve@localhost &&
	wait_for 20 trusts eve bob &&
	wait_for 20 trusts bob eve &&
	as eve git ls-remote xmpp::bob@localhost/for-eve &&
	test_expect_code 128 as eve timeout 120 git ls-remote $url 2>err &&
	grep "does not share" err &&
	stop_broker eve
'

test_expect_success 'another device of a buddy gets nothing, whatever it knows' '
	mkdir -m 700 thief thief/run &&
	cp eve/pw thief/pw &&
	sed "s,$TRASH/eve/,$TRASH/thief/,g" eve/.gitconfig >thief/.gitconfig &&
	start_broker thief &&
	as thief git xmpp buddies --porcelain | grep "^bob@localhost" &&
	test_expect_code 128 as thief timeout 180 git ls-remote xmpp::bob@localhost/for-eve 2>err &&
	grep "^fatal: .*bob@localhost" err &&
	wait_for 5 no_services &&
	stop_broker thief
'

test_expect_success 'the brokers hold as many descriptors as before, and no git' '
	touch go &&
	wait_for 5 no_services &&
	wait_for 5 no_helpers &&
	descriptors_as_before
'

test_done
