#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# What a server of another kind refuses is refused here: ssh with a forced command, and an
# update hook with rules like gitolite's. The same pushes go to both, and both repositories
# have the same refs afterwards, and for the pusher the same refs were refused.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all 'the server or openssl is not installed'

# git's own ssh, in the place of a login: the forced command, whatever was asked for, in the
# environment that sshd leaves.
write_ssh () {
	cat >forced-ssh <<-\END &&
	#!/bin/sh
	# The last argument is what the client wants to be run; only its name counts.
	for command; do :; done
	case $command in
	git-receive-pack*) exec git receive-pack "$FORCED_REPOSITORY" ;;
	git-upload-pack*) exec git upload-pack "$FORCED_REPOSITORY" ;;
	esac
	exit 128
	END
	chmod +x forced-ssh
}

# The rules that are written for alice in both ways:
#     RW+ alice/            anything below refs/heads/alice/
#     RW  main release/     forward only
#     C   tags v            made, and not moved or deleted
write_update_hook () {
	cat >"$1" <<-\END &&
	#!/bin/sh
	ref=$1 old=$2 new=$3
	target=$(git symbolic-ref -q "$ref") && ref=$target
	zero=$(echo "$new" | tr 0-9a-f 0)
	deny () { echo "$1" >&2; exit 1; }
	case $ref in
	refs/heads/alice/*) exit 0 ;;
	refs/heads/main | refs/heads/release/*)
		test "$new" != "$zero" || deny "no deletion"
		test "$old" != "$zero" || exit 0
		test "$(GIT_NO_REPLACE_OBJECTS=1 git merge-base "$old" "$new")" = "$old" || deny "no rewind" ;;
	refs/tags/v*)
		test "$new" != "$zero" || deny "no deletion"
		test "$old" = "$zero" || deny "no move" ;;
	*)
		deny "no" ;;
	esac
	END
	chmod +x "$1"
}

refs_of () {
	git -C "$1" for-each-ref --format="%(refname) %(objectname) %(symref)"
}

# verdicts <file>: the refs that were refused, and that were not, in a push's porcelain.
verdicts () {
	sed -n "s/^\(.\)	[^	]*:\([^	]*\)	.*/\1 \2/p" "$1" | sed "s/^[^!]/ok/" | sort
}

# one_case <what> <push argument>...: the same push to both.
one_case () {
	local what

	what=$1
	shift
	cases=$((cases + 1))
	GIT_SSH_COMMAND="$TRASH/forced-ssh" GIT_SSH_VARIANT=simple FORCED_REPOSITORY="$TRASH/ssh.git" \
		git -C alice/work push --porcelain somebody@example.org:x "$@" >ssh.told 2>&1
	ssh_status=$?
	as alice timeout 180 git -C alice/work push --porcelain xmpp::bob@localhost/project "$@" >xmpp.told 2>&1
	xmpp_status=$?
	verdicts ssh.told >expect && verdicts xmpp.told >actual
	if test $ssh_status -ne $xmpp_status || ! test_cmp expect actual
	then
		echo "$what: ssh ends with $ssh_status, this with $xmpp_status"
		cat ssh.told xmpp.told
		return 1
	fi
	refs_of ssh.git >expect && refs_of bob/project.git >actual && test_cmp expect actual || return
	refusals=$((refusals + $(grep "^!" xmpp.told | wc -l)))
}
cases=0 refusals=0

# afresh: both repositories as they were.
afresh () {
	for repository in ssh.git bob/project.git
	do
		git -C $repository for-each-ref --format="delete %(refname)" | git -C $repository update-ref --no-deref --stdin &&
		git -C start.git for-each-ref --format="create %(refname) %(objectname)" |
		git -C $repository update-ref --stdin &&
		git -C $repository symbolic-ref refs/heads/alice/alias refs/heads/main || return
	done
}

test_expect_success 'two repositories that are alike, with the same rules' '
	start_server alice bob &&
	setup_user alice && setup_user bob &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" start.git 8 &&
	main=$(git -C start.git rev-parse main) &&
	for ref in refs/heads/release/1 refs/heads/alice/a refs/heads/alice/b refs/heads/bob/b refs/heads/topic refs/tags/v1 refs/tags/other
	do
		git -C start.git update-ref $ref main~3 || return
	done &&
	cp -r start.git ssh.git && cp -r start.git bob/project.git &&
	git -C ssh.git symbolic-ref refs/heads/alice/alias refs/heads/main &&
	git -C bob/project.git symbolic-ref refs/heads/alice/alias refs/heads/main &&
	write_ssh && write_update_hook ssh.git/hooks/update &&
	as bob git xmpp share bob/project.git --name=project --push="alice@localhost:refs/heads/alice/*" \
		--push=alice@localhost:refs/heads/main --push="alice@localhost:refs/heads/release/*" \
		--push="alice@localhost:refs/tags/v*" --protect=main --protect="refs/heads/release/*" \
		--protect="refs/tags/v*" &&
	git clone -q start.git alice/work && cd alice/work &&
	git checkout -q -b next origin/main && git commit -q --allow-empty -m next &&
	git checkout -q -b back origin/main~2 && git commit -q --allow-empty -m back &&
	git checkout -q --orphan fresh && git commit -q --allow-empty -m fresh &&
	git tag -a -m tag annotated && cd ../..
'

test_expect_success 'one ref' '
	one_case "forward" next:refs/heads/main &&
	one_case "the same" next:refs/heads/main &&
	one_case "back, without force" back:refs/heads/main &&
	one_case "back" +back:refs/heads/main &&
	one_case "to what has no commit in common" +fresh:refs/heads/main &&
	one_case "deleted" :refs/heads/main && afresh &&
	one_case "to an older commit" +origin/main~1:refs/heads/main && afresh &&
	one_case "protected, below a star" next:refs/heads/release/1 &&
	one_case "protected, back" +back:refs/heads/release/1 && afresh &&
	one_case "protected, made" fresh:refs/heads/release/2 &&
	one_case "protected, deleted" :refs/heads/release/1 && afresh &&
	one_case "in the place, made" next:refs/heads/alice/new &&
	one_case "in the place, back" +back:refs/heads/alice/a &&
	one_case "in the place, deleted" :refs/heads/alice/b && afresh &&
	one_case "beside the place" next:refs/heads/alicex &&
	one_case "beside the place, by a letter" next:refs/heads/Alice/x &&
	one_case "the place itself, for there is a directory" next:refs/heads/alice &&
	one_case "of somebody else" next:refs/heads/bob/b &&
	one_case "of somebody else, deleted" :refs/heads/bob/b &&
	one_case "of nobody" next:refs/heads/topic &&
	one_case "outside of branches" next:refs/notes/x &&
	one_case "what replaces" next:refs/replace/$main &&
	one_case "a pull request" next:refs/pull/1/head
'

test_expect_success 'tags' '
	afresh && one_case "made" next:refs/tags/v2 &&
	one_case "made, annotated" annotated:refs/tags/v3 &&
	one_case "moved" +fresh:refs/tags/v1 &&
	one_case "moved forward" +next:refs/tags/v1 &&
	one_case "deleted" :refs/tags/v1 &&
	one_case "of another name" next:refs/tags/x1 &&
	one_case "of another name, deleted" :refs/tags/other
'

test_expect_success 'a second name' '
	afresh && one_case "forward" next:refs/heads/alice/alias &&
	afresh && one_case "back" +back:refs/heads/alice/alias &&
	one_case "deleted" :refs/heads/alice/alias
'

test_expect_success 'several refs' '
	afresh && one_case "all in order" next:refs/heads/main next:refs/heads/alice/1 fresh:refs/tags/v4 &&
	afresh && one_case "one of three" next:refs/heads/main next:refs/heads/topic +back:refs/heads/alice/a &&
	afresh && one_case "the first of three" +back:refs/heads/main next:refs/heads/alice/1 :refs/heads/alice/b &&
	afresh && one_case "all" :refs/heads/main +back:refs/heads/release/1 next:refs/heads/topic &&
	afresh && one_case "deletions alone" :refs/heads/main :refs/heads/alice/a :refs/heads/topic &&
	afresh && one_case "a deletion, and what has a pack and is refused" :refs/heads/alice/a next:refs/heads/topic &&
	afresh && one_case "many" $(for i in $(seq 60); do echo "next:refs/heads/alice/many/$i next:refs/heads/no/$i"; done)
'

test_expect_success 'atomic' '
	afresh && one_case "all in order" --atomic next:refs/heads/main next:refs/heads/alice/1 &&
	afresh && one_case "one refused by its name" --atomic next:refs/heads/alice/2 next:refs/heads/topic &&
	afresh && one_case "one refused because it goes back" --atomic next:refs/heads/alice/2 +back:refs/heads/main
'

test_expect_success 'and what refuses otherwise is as it is' '
	afresh && one_case "stale" --force-with-lease=alice/a:$main next:refs/heads/alice/a &&
	for repository in ssh.git bob/project.git
	do
		git -C $repository config receive.denyDeletes true || return
	done &&
	one_case "no deletions at all" :refs/heads/alice/a &&
	one_case "a directory in the way" next:refs/heads/alice/a/b
'

test_expect_success 'forty cases and more, of which many were refused' '
	echo "$cases cases, $refusals refusals" &&
	test $cases -ge 40 && test $refusals -ge 80
'

test_done
