#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What git expects of a remote helper, and what a broker may do to it: the
# helper alone, against a broker that does what it is told.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-fake.sh"

url=bob@example.org/project

# The broker has done everything it was told, so the helper played its part.
fake_done () {
	wait_for 10 gone "$fake_pid"
}

# helper <commands>: with these words on standard input, which then ends.
helper () {
	rm -f in out &&
	printf "$1" | git-remote-xmpp origin "$url" >out 2>err
}

# start_helper: in the background, as $helper_pid, standard input and output
# on the pipes "in" and "out"; its status will be in the file "status". This
# shell holds the other ends, as git does: in is &8, out is &7.
start_helper () {
	rm -f in out status helper.pid &&
	mkfifo in out || return
	# The child is git's wrapper: it has both pipes open, and waits.
	(
		sh -c 'echo $$ >helper.pid; exec git-remote-xmpp origin "$1"' - "$url" <in >out 2>err
		echo $? >status.new
		mv status.new status
	) &
	started $!
	exec 8>in 7<out
	wait_for 5 test -s helper.pid &&
	helper_pid=$(cat helper.pid)
}

close_ends () {
	exec 8>&- 7<&-
}

# ended_with <status>: the helper is gone, or goes within seconds.
ended_with () {
	wait_for 5 test -e status &&
	echo "$1" >expect &&
	test_cmp expect status
}

only_fatal () {
	test_is_empty out &&
	test "$(grep -c ^fatal: err)" -eq 1 &&
	test_must_fail grep -v -e ^fatal: -e ^hint: err &&
	! LC_ALL=C grep "[^ -~]" err
}

not_contacted () {
	test_is_empty "$heard"
}

test_expect_success 'capabilities: connect and option, and nothing of it needs a broker' '
	helper "capabilities\n\n" &&
	printf "connect\noption\n\n" >expect &&
	test_cmp expect out &&
	test_is_empty err
'

test_expect_success 'every option is answered by one line' '
	cat >options <<-\END &&
	ok progress true
	ok progress false
	ok verbosity 0
	ok verbosity 2
	unsupported verbosity many
	unsupported verbosity
	unsupported servpath /bin/sh
	unsupported family ipv4
	unsupported depth 1
	unsupported deepen-since yesterday
	unsupported deepen-not refs/heads/main
	unsupported deepen-relative true
	unsupported followtags true
	unsupported filter blob:none
	unsupported from-promisor true
	unsupported refetch true
	unsupported progressing true
	END
	sed -e "s/^[a-z]*/option/" options >words &&
	sed -e "s/ .*//" options >expect &&
	helper "$(cat words)\n\n" &&
	test_cmp expect out &&
	test_is_empty err
'

test_expect_success 'an empty line or the end instead of a command: exit 0, broker not contacted' '
	for words in "" "\n" "capabilities\n" "option verbosity 1\n\n" "connect git-upload-pa"
	do
		fake open || return 1
		helper "$words" || return 1
		test_is_empty err && not_contacted || return 1
	done
'

test_expect_success 'unknown commands are refused, not waited out' '
	for words in "list\n" "fetch 1234 refs/heads/main\n" "connect\n" "option\n" "\033[2J\n" "a\0b\n"
	do
		fake open || return 1
		test_expect_code 128 helper "$words" || return 1
		only_fatal && not_contacted || return 1
	done
'

test_expect_success 'a command without end is not kept for ever' '
	test_expect_code 128 sh -c "head -c 300000 /dev/zero | tr \"\\0\" x |
		git-remote-xmpp origin $url >out 2>err" &&
	only_fatal
'

test_expect_success 'only the three services of git can be asked for' '
	for service in sh git-upload-pack\ --strict "git-upload-pack;id" git-upload-pack\  \
		upload-pack git-shell "git-receive-pack\t"
	do
		fake open || return 1
		test_expect_code 128 helper "connect $service\n" || return 1
		only_fatal && not_contacted || return 1
	done
'

test_expect_success 'bad addresses are refused with one line, broker not contacted' '
	for bad in "" bob bob@example.org bob@example.org/ @example.org/x bob@/x bob@example.org/../x \
		bob@example.org/.git bob@example.org/-x "bob@example.org/a
b" sub "bob@example.org/%00" "bob@example.org/%2e%2e/x" "$(printf "bob@example.org/\033[2J")"
	do
		fake open || return 1
		printf "connect git-upload-pack\n" >words
		test_expect_code 128 git-remote-xmpp origin "$bad" <words >out 2>err || return 1
		only_fatal && not_contacted && grep "^fatal: invalid xmpp URL" err || return 1
	done
'

test_expect_success 'started by hand without arguments it says what it is for' '
	test_must_fail git-remote-xmpp >out 2>err &&
	test_is_empty out &&
	grep "^usage:" err &&
	test_must_fail git-remote-xmpp origin
'

test_expect_success 'no broker, and none to be started: one fatal line with a hint' '
	fake_stop &&
	test_expect_code 128 helper "connect git-upload-pack\n" &&
	only_fatal &&
	grep "^fatal: cannot connect to the XMPP broker at .$GIT_XMPP_SOCKET" err &&
	has_message broker-unreachable err &&
	grep "^hint: " err
'

test_expect_success 'git adds nothing to a refusal' '
	fake open "send:!:id=buddy-offline,message=bob is offline,hint=try later" &&
	test_expect_code 128 git ls-remote xmpp::$url 2>err &&
	printf "fatal: bob is offline\nhint: try later\n" >expect &&
	test_cmp expect err
'

test_expect_success 'a hint is silenced as one of git: its own key, all of them, this environment' '
	printf "fatal: bob is offline\n" >quiet && printf "fatal: bob is offline\nhint: try later\n" >loud &&
	says () {
		expect=$1
		shift
		fake open "send:!:id=buddy-offline,message=bob is offline,hint=try later" &&
		test_expect_code 128 "$@" ls-remote xmpp::$url 2>err && test_cmp "$expect" err
	} &&
	says quiet git -c advice.xmppBuddyOffline=false && says quiet git -c advice.xmpphints=no &&
	says quiet env GIT_ADVICE=0 git && says loud env GIT_ADVICE=1 git &&
	says loud git -c advice.xmppBuddyUnseen=false && says loud git -c advice.xmppBuddyOffline &&
	says loud git -c advice.xmppBuddyOffline=false -c advice.xmppBuddyOffline=true &&
	says loud git -c advice.xmppHints=maybe
'

test_expect_success 'what the broker says is escaped' '
	fake open "send:!:id=internal,message=$(printf "a\033[2Jb"),hint=$(printf "c\rd")" &&
	test_expect_code 128 helper "connect git-upload-pack\n" &&
	only_fatal
'

test_expect_success 'a broker that hangs up, talks nonsense or another version' '
	for actions in await:O "await:O raw:nonsense" greet:protocol=99,program=future \
		"await:O send:R:" "open send:Z:" "open send:D:" "open raw:D$(printf "\377")xx" \
		"open send:X:status=0" "open send:H:protocol=1"
	do
		fake $actions || return 1
		test_expect_code 128 helper "connect git-upload-pack\n" || return 1
		only_fatal || return 1
	done &&
	fake greet:protocol=99,program=future && test_expect_code 128 helper "connect git-upload-pack\n" &&
	has_message broker-version err &&
	fake open send:Z: && test_expect_code 128 helper "connect git-upload-pack\n" && has_message internal err
'

test_expect_success 'a broker that hangs up at once has too many clients' '
	fake $(yes "raw: next" | head -n 2000) && test_expect_code 128 helper "connect git-upload-pack\n" &&
	only_fatal && has_message broker-full err
'

test_expect_success 'a broker that accepts and says nothing is given five seconds' '
	fake await:Z &&
	test_expect_code 128 helper "connect git-upload-pack\n" &&
	only_fatal &&
	has_message broker-hung err
'

test_expect_success 'OPEN tells the address, the service and version 2' '
	fake open send:R: send:E: send:X:status=0 &&
	helper "connect git-upload-pack\n" &&
	grep "^O service=upload-pack jid=bob@example.org share=project git-protocol=2 notices=1 verbosity=1 progress=0$" "$heard"
'

test_expect_success 'the address is argument 2, with or without scheme, case and .git' '
	for address in xmpp://bob@example.org/project BOB@Example.org/project.git bob@example.org/project/
	do
		fake open send:R: send:E: send:X:status=0 || return 1
		printf "connect git-upload-archive\n" | git-remote-xmpp "xmpp::eve@x/y" "$address" || return 1
		grep "^O service=upload-archive jid=bob@example.org share=project " "$heard" || return 1
	done
'

test_expect_success 'protocol.version is honoured, wherever it is set' '
	for version in 0 1 2
	do
		for service in upload receive
		do
			fake open send:R: send:E: send:X:status=0 || return 1
			printf "connect git-$service-pack\n" |
			GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=protocol.version GIT_CONFIG_VALUE_0=$version \
				git-remote-xmpp origin $url >/dev/null || return 1
			echo "$service $version$(grep -o " git-protocol=." "$heard")"
		done
	done >actual &&
	cat >expect <<-\END &&
	upload 0
	receive 0
	upload 1 git-protocol=1
	receive 1 git-protocol=1
	upload 2 git-protocol=2
	receive 2
	END
	test_cmp expect actual
'

test_expect_success '... and one that git does not know ends in its words, as over ssh' '
	for service in upload-pack receive-pack upload-archive
	do
		printf "connect git-$service\n" >in &&
		test_expect_code 128 env GIT_CONFIG_COUNT=1 GIT_CONFIG_KEY_0=protocol.version GIT_CONFIG_VALUE_0=7 \
			git-remote-xmpp origin $url <in >out 2>err || return 1
		echo "fatal: unknown value for config '\''protocol.version'\'': 7" >expect &&
		test_cmp expect err && test_is_empty out || return 1
	done
'

test_expect_success 'success is silent, whatever progress says' '
	for words in "" "option verbosity 0\n" "option progress true\n"
	do
		fake open "send:N:kind=progress,text=waiting" send:R:jid=bob@x,device=d,path=p,trust=seen \
			send:E: send:X:status=0 || return 1
		helper "${words}connect git-upload-pack\n" || return 1
		test_is_empty err || return 1
	done
'

test_expect_success '-v tells which device it is, -q does not hide warnings' '
	fake open send:N:kind=warning,text=careful send:N:kind=verbose,text=detail \
		"send:R:jid=bob@example.org,device=laptop,path=direct 192.0.2.7,trust=verified" \
		send:E: send:X:status=0 &&
	helper "option verbosity 2\nconnect git-upload-pack\n" &&
	cat >expect <<-\END &&
	warning: careful
	xmpp: detail
	xmpp: bob@example.org/laptop, verified, direct 192.0.2.7
	END
	test_cmp expect err &&
	fake open send:N:kind=warning,text=careful send:N:kind=verbose,text=detail send:R: \
		send:E: send:X:status=0 &&
	helper "option verbosity 0\nconnect git-upload-pack\n" &&
	echo "warning: careful" >expect &&
	test_cmp expect err
'

test_expect_success 'after a second a line says what is waited for, and counts; it is cleared before anything else' '
	rm -f go && fake open until:"$TRASH/go" send:N:kind=warning,text=careful send:R: send:E: send:X:status=0 &&
	start_helper &&
	printf "option progress true\nconnect git-upload-pack\n" >&8 &&
	wait_for 5 grep "waiting for bob@example.org (1 s)" err &&
	wait_for 5 grep "waiting for bob@example.org (2 s)" err &&
	touch go &&
	ended_with 0 &&
	close_ends &&
	# It may have been shown again after the warning, but is not left behind.
	tr "\r" "\n" <err | sed "s/\o033\[K//g" >lines && ! tail -n 1 lines | grep waiting &&
	grep -v "^waiting for bob@example.org ([0-9]* s)$" lines | grep . >rest &&
	echo "warning: careful" >expect && test_cmp expect rest
'

test_expect_success 'what the broker says of it stands there, cut to the width of the terminal' '
	long=$(printf "x%.0s" $(seq 300)) &&
	rm -f go && fake open "send:N:kind=progress,text=bob is busy" until:"$TRASH/go" \
		"send:N:kind=progress,text=$long" until:"$TRASH/on" send:R: send:E: send:X:status=0 &&
	rm -f on && start_helper &&
	printf "option progress true\nconnect git-upload-pack\n" >&8 &&
	wait_for 5 grep "bob is busy ([12] s)" err &&
	touch go && wait_for 5 grep "xxx ([1-9] s)" err && touch on &&
	ended_with 0 && close_ends &&
	tr "\r" "\n" <err | sed "s/\o033\[K//g" | grep xxx | while read -r line
	do
		test ${#line} -le 79 || echo "$line"
	done >wide && test_is_empty wide
'

test_expect_success 'no line where git wants no progress' '
	rm -f go && fake open until:"$TRASH/go" send:R: send:E: send:X:status=0 &&
	start_helper &&
	printf "option progress false\nconnect git-upload-pack\n" >&8 &&
	sleep 1.5 && touch go && ended_with 0 && close_ends && test_is_empty err
'

test_expect_success 'xmpp.wait goes to the broker, but not from a git that the broker runs' '
	fake open send:R: send:E: send:X:status=0 &&
	git config --global xmpp.wait 10k && helper "connect git-upload-pack\n" && grep " wait=10240" "$heard" &&
	fake open send:R: send:E: send:X:status=0 &&
	git config --global xmpp.wait 3 && GIT_XMPP_TASK=q1 helper "connect git-upload-pack\n" && ! tail -n 1 "$heard" | grep " wait=" &&
	fake open send:R: send:E: send:X:status=0 &&
	git config --global xmpp.wait soon && helper "connect git-upload-pack\n" && ! tail -n 1 "$heard" | grep " wait=" &&
	git config --global --unset xmpp.wait
'

test_expect_success 'not one byte behind connect is lost' '
	fake open send:R: echo send:E: send:X:status=0 &&
	helper "capabilities\nconnect git-upload-pack\n0000\001tail" &&
	printf "connect\noption\n\n\n0000\001tail" >expect &&
	cmp expect out
'

test_expect_success '8 MB of any bytes come back as they were' '
	head -c 8000000 /dev/urandom >data &&
	fake open send:R: echo send:E: send:X:status=0 &&
	{ echo "connect git-upload-pack"; cat data; } | git-remote-xmpp o $url >copy &&
	{ echo; cat data; } | cmp - copy
'

test_expect_success 'single bytes in both directions' '
	fake open send:R: bytes:abcdefgh collect:"$TRASH/got" bytes:ijkl send:E: send:X:status=0 &&
	start_helper &&
	for c in "connect git-upload-pack\n" 1 2 3 4 5 6 7 8
	do
		printf "$c" >&8 || return 1
	done &&
	exec 8>&- &&
	cat <&7 >out.copy &&
	ended_with 0 &&
	close_ends &&
	printf "\nabcdefghijkl" >expect &&
	test_cmp expect out.copy &&
	printf 12345678 >expect &&
	test_cmp expect got
'

test_expect_success 'end of input is half of a goodbye: what comes after it arrives' '
	rm -f go && fake open send:R: await:E until:"$TRASH/go" data:late send:E: send:X:status=0 &&
	start_helper &&
	printf "connect git-receive-pack\n" >&8 &&
	read -r empty <&7 &&
	printf pack >&8 &&
	exec 8>&- &&
	wait_for 5 grep ^E "$heard" &&
	test ! -e status &&
	touch go &&
	cat <&7 >out.copy &&
	ended_with 0 &&
	close_ends &&
	printf late >expect &&
	test_cmp expect out.copy
'

test_expect_success 'the far side ends while ours is open: the helper is gone at once, with its status' '
	for status in 0 1 128
	do
		fake open send:R: data:bye send:E: send:X:status=$status || return 1
		start_helper &&
		printf "connect git-upload-pack\n" >&8 &&
		ended_with $status || return 1
		test_is_empty err || return 1
		close_ends
	done
'

test_expect_success 'an end without a status is waited for, but not for long' '
	fake open send:R: data:bye send:E: await:Z &&
	start_helper &&
	printf "connect git-upload-pack\n" >&8 &&
	ended_with 0 &&
	test_is_empty err &&
	close_ends &&
	fake_done
'

test_expect_success 'git has what it wants and closes: exit 0' '
	for n in 1 2 3 4 5
	do
		fake open send:R: zeros:5000000 send:E: send:X:status=1 || return 1
		{ echo "connect git-upload-pack" | git-remote-xmpp o $url 2>err; echo $? >status; } |
		head -c 1000 >/dev/null
		echo 0 >expect
		test_cmp expect status && test_is_empty err || return 1
	done
'

test_expect_success 'git is killed while both sides are silent: exit 0, the broker hears it' '
	fake open send:R: await:Z &&
	start_helper &&
	printf "connect git-receive-pack\n" >&8 &&
	read -r empty <&7 &&
	exec 8>&- &&
	wait_for 5 grep ^E "$heard" &&
	test ! -e status &&
	exec 7<&- &&
	ended_with 0 &&
	fake_done &&
	grep ^closed "$heard"
'

test_expect_success 'git closes both ends at once: its last words are passed on' '
	fake open send:R: await:E &&
	start_helper &&
	printf "connect git-upload-pack\n" >&8 &&
	read -r empty <&7 &&
	kill -STOP $helper_pid &&
	printf 0000 >&8 &&
	close_ends &&
	kill -CONT $helper_pid &&
	ended_with 0 &&
	fake_done &&
	grep "^D 4" "$heard" && grep ^E "$heard"
'

test_expect_success 'git is killed while the helper waits for the far side: the same' '
	fake open await:Z &&
	start_helper &&
	printf "connect git-upload-pack\n" >&8 &&
	wait_for 5 grep ^O "$heard" &&
	test ! -e status &&
	exec 7<&- &&
	ended_with 0 &&
	test_is_empty err &&
	exec 8>&- &&
	fake_done
'

# The broker has been asleep for a while, in the middle of what it sends.
broker_is_stuck () {
	for n in 1 2 3 4 5
	do
		test -e sent && return
		grep -q "^State:.S" "/proc/$fake_pid/status" || return
		sleep 0.05
	done
}

# helper_sleeps: nothing wakes it.
helper_sleeps () {
	grep ctxt /proc/$helper_pid/status >before &&
	sleep 0.1 &&
	grep ctxt /proc/$helper_pid/status >after &&
	cmp -s before after
}

test_expect_success 'a reader that does not read stops the sender, and nothing else' '
	rm -f sent got && fake open send:R: zeros:50000000 touch:"$TRASH/sent" collect:"$TRASH/got" \
		send:E: send:X:status=0 &&
	start_helper &&
	printf "connect git-upload-pack\n" >&8 &&
	wait_for 10 broker_is_stuck &&
	test ! -e sent &&
	{ ! test -e /proc/$helper_pid/status || wait_for 5 helper_sleeps; } &&
	printf upwards >&8 &&
	exec 8>&- &&
	cat <&7 | wc -c >size &&
	ended_with 0 &&
	close_ends &&
	echo 50000001 >expect &&
	test_cmp expect size &&
	printf upwards >expect &&
	test_cmp expect got
'

heard_window () {
	test "$(sed -n "s/^D //p" "$heard" | awk "{ n += \$1 } END { print n }")" = 262144
}

test_expect_success 'no more than the window is sent without credit' '
	fake open send:R: await:E &&
	start_helper &&
	printf "connect git-receive-pack\n" >&8 &&
	read -r empty <&7 &&
	{ head -c 1000000 /dev/zero >&8 2>/dev/null 7<&- & } &&
	started $! &&
	wait_for 5 heard_window &&
	close_ends &&
	ended_with 0 &&
	fake_done &&
	heard_window
'

test_expect_success 'standard error of the far side: prefixed, escaped, whole lines, even with -q' '
	fake open send:R: stderr:one "stderr: line
" "stderr:$(printf "\033[31mred\r\nlast")" send:E: send:X:status=128 &&
	test_expect_code 128 helper "option verbosity 0\nconnect git-upload-pack\n" &&
	cat >expect <<-\END &&
	remote: one line
	remote: \x1b[31mred
	remote: last
	END
	test_cmp expect err
'

test_expect_success 'the broker dies in mid-stream: all that came, then why' '
	for how in next send:R: raw:nonsense "send:!:id=stream-lost,message=connection lost"
	do
		fake open send:R: data:some zeros:1000000 $how || return 1
		test_expect_code 128 helper "connect git-upload-pack\n" || return 1
		test "$(wc -c <out)" -eq 1000005 || return 1
		test "$(grep -c ^error: err)" -eq 1 || return 1
		! grep ^fatal: err || return 1
	done
'

test_expect_success 'the broker dies when all of a push has left: nobody knows what became of it' '
	fake open send:R: await:E next &&
	test_expect_code 128 helper "connect git-receive-pack\n0009names0000PACK" &&
	cat out err | grep -a "the push to .* was sent, .* what became of it is not known: the XMPP broker has ended" &&
	for wanted in "git-receive-pack\n0000" "git-upload-pack\n0009wants0000"
	do
		fake open send:R: await:E next || return 1
		test_expect_code 128 helper "connect $wanted" || return 1
		tr "\0" "\n" <out | cat - err >both && has_message broker-lost both || return 1
	done
'

# Under nohup everybody ignores it, and so shall the helper.
signals=TERM
sh -c 'kill -HUP $$' 2>/dev/null || signals="$signals HUP"

test_expect_success 'signals end it at once' '
	for signal in $signals
	do
		fake open send:R: await:Z || return 1
		start_helper &&
		printf "connect git-upload-pack\n" >&8 &&
		read -r empty <&7 &&
		kill -$signal $helper_pid &&
		wait_for 5 test -e status || return 1
		close_ends
		fake_done || return 1
	done
'

test_expect_success 'git reads the refs through it, and its own options do no harm' '
	git init -q --bare far.git &&
	git -C far.git commit-tree -m one "$(git -C far.git mktree </dev/null)" >id &&
	git -C far.git update-ref refs/heads/main "$(cat id)" &&
	git upload-pack --http-backend-info-refs far.git >refs &&
	for option in "" -q --upload-pack=/bin/sh
	do
		fake open send:R: file:"$TRASH/refs" await:E send:E: send:X:status=0 || return 1
		git ls-remote $option xmpp::$url refs/heads/main >actual 2>err || return 1
		printf "%s\trefs/heads/main\n" "$(cat id)" >expect &&
		test_cmp expect actual || return 1
		test "$option" = --upload-pack=/bin/sh || test_is_empty err || return 1
		fake_done || return 1
	done
'

test_done
