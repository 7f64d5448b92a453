#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a git that serves a buddy may take of this machine, and one that fetches
# from a buddy in the background: packs of 3 kB that unpack to much more.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost

# A git for brokers that writes down how it was called.
watch_git () {
	mkdir -p bin &&
	cat >bin/git <<-END &&
	#!/bin/sh
	echo "\$*" >>"$TRASH/git.calls"
	exec "$(command -v git)" "\$@"
	END
	chmod +x bin/git &&
	: >git.calls
}

# limits_hook <file>: a program that writes down its limits, and runs what it was told to, if
# anything.
limits_hook () {
	cat >"$1" <<-END &&
	#!/bin/sh
	echo "\${1##*/} \$(ulimit -S -d) \$(ulimit -H -d) \$(ulimit -S -t)" >>"$TRASH/limits"
	ulimit -S -d unlimited && echo "raised \$(ulimit -S -d)" >>"$TRASH/limits"
	test \$# -eq 0 || exec "\$@"
	END
	chmod +x "$1"
}

# bomb_push <MiB> <repository> <ref>: what was answered is in the file answer.
bomb_push () {
	{ echo "connect git-receive-pack" &&
	  "$BUILD/t/delta-bomb" "$1" push "$(git -C bob/project.git rev-parse main)" "refs/heads/$3"; } |
	as alice git remote-xmpp origin "bob@localhost/$2" >answer
}

# The largest heap, in kB, that a git with these words in its arguments had while the file
# running is there.
heap_of () {
	local pid heap most

	most=0
	while test -e running
	do
		for pid in $(sandbox_processes)
		do
			tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -q "$1" || continue
			heap=$(sed -n 's/^VmData:[^0-9]*\([0-9]*\) kB/\1/p' "/proc/$pid/status" 2>/dev/null)
			test "${heap:-0}" -le "$most" || most=$heap
		done
		sleep 0.02
	done
	echo "$most"
}

# add_bomb <MiB> <repository>: an ordinary commit on main with files that large, and those below
# that they are made of; in $bombed.
add_bomb () {
	local tree

	"$BUILD/t/delta-bomb" "$1" pack | git -C "$2" index-pack --stdin >/dev/null &&
	tree=$(git -C "$2" cat-file --batch-all-objects --batch-check="%(objecttype) %(objectsize) %(objectname)" |
		sort -k 2 -n | awk '/^blob/ { last[n++] = $3 }
			END { for (i = n - 3; i < n; i++) printf "100644 blob %s\tbig%d\n", last[i], i }' |
		git -C "$2" mktree) &&
	bombed=$(git -C "$2" commit-tree -p main -m big "$tree")
}

# watch_heap <words>, heap_was: what heap_of says of the time between them.
watch_heap () {
	: >running
	heap_of "$1" >heap &
	watcher=$!
	started $watcher
}

heap_was () {
	rm -f running
	wait $watcher
	echo "git took $(cat heap) kB"
	test "$(cat heap)" -gt 1000 && test "$(cat heap)" -lt "$1"
}

# alice_log <text>: it is in her journal.
alice_log () {
	journal alice | grep "$1"
}

test_expect_success 'two users, their brokers, a share' '
	start_server alice bob &&
	setup_user alice && setup_user bob &&
	watch_git &&
	as bob git config --global xmpp.receiveMemory 128m &&
	as alice git config --global xmpp.receiveMemory 128m &&
	start_broker alice &&
	start_broker bob PATH="$TRASH/bin:$PATH" &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 20 0 1 &&
	as bob git xmpp share "$TRASH/bob/project.git" --name=project --push=alice@localhost &&
	as alice git clone -q "$url/project" work
'

test_expect_success 'git gets settings with which it takes less' '
	git -C work commit -q --allow-empty -m one &&
	as alice git -C work push -q origin main &&
	grep "receive-pack" git.calls >calls &&
	grep -e "-c receive.unpackLimit=1 -c receive.maxInputSize=4g -c core.bigFileThreshold=16m" calls &&
	grep "upload-pack" git.calls >calls &&
	grep -e "-c core.bigFileThreshold=64m -c pack.windowMemory=128m" calls
'

test_expect_success '... but for those that are set already: for the repository, for the user, or by another name' '
	: >git.calls &&
	git -C bob/project.git config core.bigFileThreshold 100m &&
	git -C bob/project.git config transfer.unpackLimit 5 &&
	as bob git config --global receive.maxInputSize 1g &&
	as bob git config --global pack.windowMemory 10m &&
	git -C work commit -q --allow-empty -m two &&
	as alice git -C work push -q origin main &&
	as alice git -C work fetch -q origin &&
	grep -c "receive-pack\|upload-pack" git.calls &&
	! grep -i "unpackLimit\|maxInputSize\|bigFileThreshold\|windowMemory" git.calls
'

test_expect_success '... in a file that is included only here, and in a repository of a newer format' '
	: >git.calls &&
	git -C bob/project.git config --unset core.bigFileThreshold &&
	as bob git config --global "includeIf.gitdir:$TRASH/bob/project.git.path" "$TRASH/here" &&
	git config -f here core.bigFileThreshold 100m &&
	as alice git -C work fetch -q origin &&
	grep -v "bigFileThreshold" git.calls | grep upload-pack &&
	git init -q --bare bob/newer.git &&
	git -C bob/newer.git config core.repositoryFormatVersion 1 &&
	git -C bob/newer.git config core.bigFileThreshold 100m &&
	git -C work push -q "$TRASH/bob/newer.git" main &&
	as bob git xmpp share "$TRASH/bob/newer.git" --name=newer --push=alice@localhost &&
	: >git.calls &&
	as alice git ls-remote "$url/newer" &&
	grep -v "bigFileThreshold" git.calls | grep upload-pack &&
	as bob git config --global --unset "includeIf.gitdir:$TRASH/bob/project.git.path" &&
	git -C bob/project.git config --unset transfer.unpackLimit &&
	as bob git config --global --unset receive.maxInputSize
'

test_expect_success 'its memory and its time are bounded, and a hook can raise what it has' '
	: >limits &&
	limits_hook bob/project.git/hooks/pre-receive &&
	git -C work commit -q --allow-empty -m three &&
	as alice git -C work push -q origin main &&
	grep "^ 131072 unlimited 7200$" limits && grep "^raised unlimited" limits &&
	rm bob/project.git/hooks/pre-receive
'

test_expect_success '... one that gives, too' '
	: >limits &&
	limits_hook "$TRASH/pack-objects" &&
	as bob git config --global uploadpack.packObjectsHook "$TRASH/pack-objects" &&
	rm -rf again && as alice git clone -q "$url/project" again &&
	grep "^git 4194304 unlimited 7200$" limits &&
	as bob git config --global --unset uploadpack.packObjectsHook
'

test_expect_success 'a pack of 4 kB that unpacks to 1.25 GiB: git ends, and who pushed it is told why' '
	watch_heap "index-pack\|unpack-objects" &&
	bomb_push 1280 project bomb
	heap_was 140000 &&
	tr "\0" "\n" <answer | grep -a "fatal: Out of memory" &&
	grep -a "ng refs/heads/bomb unpacker error" answer &&
	test_must_fail git -C bob/project.git rev-parse -q --verify bomb
'

test_expect_success '... which leaves nothing behind, nor disturbs an ordinary push at the same time' '
	git -C work commit -q --allow-empty -m four &&
	{ bomb_push 1280 project bomb & job=$!; } &&
	as alice git -C work push -q origin main:beside &&
	wait $job &&
	test "$(git -C work rev-parse main)" = "$(git -C bob/project.git rev-parse beside)" &&
	wait_for 10 no_services &&
	find bob/project.git -name "tmp_*" -o -name "incoming*" -o -name "*.lock" >left &&
	test ! -s left
'

test_expect_success 'the same by git push, from a repository where it fits' '
	git clone -q --bare bob/project.git heavy.git && add_bomb 256 heavy.git && heavy=$bombed &&
	test_must_fail as alice git -C heavy.git push "$url/project" "$heavy:refs/heads/bomb" 2>err &&
	cat err &&
	grep "^remote: fatal: Out of memory" err &&
	grep "remote rejected.* bomb (unpacker error)" err
'

# The helper lives under the limit of the git that runs it, and the sanitizers want more than that.
test_expect_success '! sanitized' 'who follows does not unpack it either, and says so' '
	as alice git -C work xmpp follow origin &&
	git -C bob/project.git update-ref refs/heads/new main &&
	wait_for 20 git -C work rev-parse -q --verify origin/new &&
	add_bomb 256 bob/project.git &&
	watch_heap "index-pack\|unpack-objects" &&
	git -C bob/project.git update-ref refs/heads/new "$bombed" &&
	wait_for 30 alice_log "Out of memory"
	heap_was 140000 && alice_log "Out of memory" &&
	test "$(git -C work rev-parse origin/new)" = "$(git -C bob/project.git rev-parse main)"
'

test_expect_success '! sanitized' '... and goes on when it is gone' '
	git -C bob/project.git update-ref refs/heads/new beside &&
	new_is_beside () {
		test "$(git -C work rev-parse origin/new)" = "$(git -C bob/project.git rev-parse beside)"
	} &&
	wait_for 30 new_is_beside
'

test_expect_success 'whoever wants no limit has none' '
	as bob git config --global xmpp.receiveMemory 0 &&
	kill -HUP "$(broker_pid bob)" &&
	as alice git -C heavy.git push -q "$url/project" "$heavy:refs/heads/bomb" &&
	git -C bob/project.git rev-parse -q --verify bomb
'

test_expect_success 'both brokers end' '
	stop_broker alice && stop_broker bob
'

test_done
