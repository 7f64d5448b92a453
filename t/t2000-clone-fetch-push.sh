#!/bin/sh
# SPDX-License-Identifier: GPL-3.0-or-later
#
# The main job: what people do with git, between two users with a broker each,
# over a real XMPP server. Bob shares; alice clones, fetches and pushes.

. "$(dirname "$0")/lib/test-lib.sh"
. "$TOP/t/lib/lib-xmpp.sh"

have_server || test_skip_all "${SERVER:-prosody} or openssl is not installed"

url=xmpp::bob@localhost/project

# The same refs, name by name.
refs_of () {
	git -C "$1" for-each-ref --format='%(objectname) %(refname)' refs/heads refs/tags
}

# The object a ref of bob's share points at.
bobs () {
	git -C bob/${2:-project}.git rev-parse --verify -q "$1"
}

test_expect_success 'two users, their brokers, and a repository of 8,000 objects and 8 MB' '
	start_server alice bob &&
	setup_user alice && setup_user bob &&
	start_broker alice && start_broker bob &&
	pair alice bob &&
	"$TOP/t/tools/make-repo" bob/project.git 2000 8 &&
	git -C bob/project.git config receive.advertisePushOptions true &&
	git -C bob/project.git config uploadpack.allowFilter true &&
	git -C bob/project.git config uploadpack.allowAnySHA1InWant true &&
	"$TOP/t/tools/make-repo" bob/small.git 20 &&
	git -C bob/small.git config uploadpack.allowFilter true &&
	as bob git xmpp share bob/project.git --name=project --push=alice@localhost &&
	as bob git xmpp share bob/small.git --name=small --push=alice@localhost
'

test_expect_success 'ls-remote shows the refs of the buddy' '
	as alice git ls-remote --heads --tags --refs $url >actual &&
	refs_of bob/project.git | sed "s/ /	/" >expect &&
	test_cmp expect actual
'

test_expect_success 'at rest, on the path that is to be used' '
	test "$PATHS" != direct || { wait_for 20 path_is alice direct && wait_for 20 path_is bob direct; }
'

remember_descriptors alice bob

test_expect_success 'clone: the same refs, sound objects, nothing on standard error' '
	as alice git clone -q --mirror $url alice/mirror.git 2>err &&
	test_is_empty err &&
	refs_of bob/project.git >expect &&
	refs_of alice/mirror.git >actual &&
	test_cmp expect actual &&
	git -C alice/mirror.git fsck --strict &&
	test "$(git -C alice/mirror.git rev-list --objects --all | wc -l)" -ge 8000
'

test_expect_success 'an ordinary clone has the work tree' '
	as alice git clone $url alice/work 2>err &&
	grep "^Cloning into" err &&
	git -C alice/work status --porcelain >actual &&
	test_is_empty actual &&
	test -f alice/work/d01/f01
'

test_expect_success 'the URL with slashes means the same' '
	as alice git -C alice/work fetch xmpp://bob@localhost/project.git main &&
	test "$(git -C alice/work rev-parse FETCH_HEAD)" = "$(bobs main)"
'

test_expect_success 'a fetch with nothing new says nothing' '
	as alice git -C alice/work fetch 2>err &&
	test_is_empty err
'

test_expect_success 'a push with nothing new says so' '
	as alice git -C alice/work push origin main 2>err &&
	grep "^Everything up-to-date" err
'

test_expect_success 'push of 1,000 commits' '
	"$TOP/t/tools/make-repo" alice/work 1000 0 2 &&
	git -C alice/work reset -q --hard &&
	as alice git -C alice/work push origin main 2>err &&
	grep "^   [0-9a-f]*\.\.[0-9a-f]*  main -> main" err &&
	test "$(bobs main)" = "$(git -C alice/work rev-parse main)" &&
	git -C bob/project.git fsck --connectivity-only
'

test_expect_success 'the other side fetches what is new there' '
	as bob git clone -q bob/project.git bob/work &&
	"$TOP/t/tools/make-repo" alice/work 10 0 3 &&
	as alice git xmpp share alice/work --name=works/project --fetch=bob@localhost &&
	as bob git -C bob/work fetch xmpp::alice@localhost/works/project main:from-alice &&
	test "$(git -C bob/work rev-parse from-alice)" = "$(git -C alice/work rev-parse main)" &&
	git -C alice/work reset -q --hard &&
	as alice git -C alice/work push -q origin main
'

test_expect_success 'pull merges what the buddy committed' '
	"$TOP/t/tools/make-repo" bob/project.git 3 0 4 &&
	as alice git -C alice/work pull -q --ff-only &&
	test "$(git -C alice/work rev-parse HEAD)" = "$(bobs main)"
'

test_expect_success 'archive --remote is what git archive makes there' '
	as alice git archive --remote=$url main d01 >actual.tar &&
	git -C bob/project.git archive main d01 >expect.tar &&
	cmp expect.tar actual.tar
'

test_expect_success 'clone --depth, deepened and then made whole' '
	as alice git clone -q --depth=3 xmpp::bob@localhost/small alice/shallow &&
	test "$(git -C alice/shallow rev-list --count HEAD)" -eq 3 &&
	as alice git -C alice/shallow fetch -q --deepen=4 &&
	test "$(git -C alice/shallow rev-list --count HEAD)" -eq 7 &&
	as alice git -C alice/shallow fetch -q --unshallow &&
	test "$(git -C alice/shallow rev-list --count HEAD)" -eq 20 &&
	git -C alice/shallow fsck
'

test_expect_success 'clone --filter=blob:none fetches a missing blob when it is wanted' '
	as alice git clone -q --bare --filter=blob:none xmpp::bob@localhost/small alice/partial.git &&
	blob=$(bobs main:d01/f01 small) &&
	git -C alice/partial.git rev-list --objects --missing=print --all >before &&
	grep "^?$blob" before &&
	as alice git -C alice/partial.git cat-file blob $blob >actual &&
	git -C bob/small.git cat-file blob $blob >expect &&
	test_cmp expect actual
'

test_expect_success 'a partial clone can be checked out' '
	as alice git clone -q --filter=blob:none xmpp::bob@localhost/small alice/lazy &&
	git -C alice/lazy status --porcelain >actual &&
	test_is_empty actual
'

test_expect_success 'push options reach the hook' '
	cat >bob/project.git/hooks/pre-receive <<-\END &&
	#!/bin/sh
	echo "options: $GIT_PUSH_OPTION_COUNT $GIT_PUSH_OPTION_0"
	END
	chmod +x bob/project.git/hooks/pre-receive &&
	as alice git -C alice/work push -o reviewer=carol origin main:refs/heads/options 2>err &&
	grep "^remote: options: 1 reviewer=carol" err &&
	rm bob/project.git/hooks/pre-receive
'

test_expect_success 'push --atomic: all or nothing' '
	test_must_fail as alice git -C alice/work push --atomic origin \
		main:refs/heads/atomic main~5:refs/heads/main 2>err &&
	grep "atomic push failed" err &&
	test_must_fail bobs refs/heads/atomic &&
	as alice git -C alice/work push -q --atomic origin main:refs/heads/atomic main:refs/heads/atomic2 &&
	test "$(bobs atomic)" = "$(bobs atomic2)"
'

test_expect_success 'push --force-with-lease refuses what it does not expect' '
	old=$(bobs atomic) &&
	test_expect_code 1 as alice git -C alice/work push \
		--force-with-lease=atomic:$(bobs main~3) origin main~1:atomic 2>err &&
	grep "stale info" err &&
	as alice git -C alice/work push -q --force-with-lease=atomic:$old origin main~1:atomic &&
	test "$(bobs atomic)" = "$(bobs main~1)"
'

test_expect_success 'a push that is no fast-forward is refused, one with --force is not' '
	test_expect_code 1 as alice git -C alice/work push origin main~4:atomic 2>err &&
	grep "rejected.*non-fast-forward" err &&
	as alice git -C alice/work push -q --force origin main~4:atomic &&
	test "$(bobs atomic)" = "$(bobs main~4)"
'

test_expect_success 'push --delete, and fetch --prune elsewhere' '
	as alice git -C alice/mirror.git fetch -q &&
	git -C alice/mirror.git rev-parse --verify atomic2 &&
	as alice git -C alice/work push -q --delete origin atomic atomic2 options &&
	test_must_fail bobs refs/heads/atomic &&
	as alice git -C alice/mirror.git fetch -q --prune &&
	test_must_fail git -C alice/mirror.git rev-parse --verify -q atomic2
'

test_expect_success 'push --tags, --follow-tags and --dry-run' '
	git -C alice/work tag light main &&
	git -C alice/work tag -a -m annotated heavy main &&
	as alice git -C alice/work push -q --dry-run --tags origin &&
	test_must_fail bobs refs/tags/light &&
	as alice git -C alice/work push -q --follow-tags origin main &&
	bobs refs/tags/heavy &&
	test_must_fail bobs refs/tags/light &&
	as alice git -C alice/work push -q --tags origin &&
	bobs refs/tags/light
'

test_expect_success 'push --mirror makes another repository the same' '
	git init -q --bare bob/copy.git &&
	as bob git xmpp share bob/copy.git --name=copy --push=alice@localhost &&
	as alice git -C alice/shallow push -q --mirror xmpp::bob@localhost/copy &&
	git -C alice/shallow for-each-ref --format="%(objectname) %(refname)" >expect &&
	git -C bob/copy.git for-each-ref --format="%(objectname) %(refname)" >actual &&
	test_cmp expect actual
'

for version in 0 1 2
do
	test_expect_success "protocol.version=$version: ls-remote, clone, fetch, push, archive" '
		git="as alice git -c protocol.version=$version" &&
		$git ls-remote xmpp::bob@localhost/small main >actual &&
		printf "%s\trefs/heads/main\n" $(bobs main small) >expect &&
		test_cmp expect actual &&
		$git clone -q xmpp::bob@localhost/small alice/v$version &&
		"$TOP/t/tools/make-repo" bob/small.git 2 0 1$version &&
		as alice env GIT_TRACE_PACKET="$TRASH/packets.$version" \
			git -c protocol.version=$version -C alice/v$version pull -q &&
		test "$(git -C alice/v$version rev-parse HEAD)" = "$(bobs main small)" &&
		"$TOP/t/tools/make-repo" alice/v$version 2 0 2$version &&
		as alice env GIT_TRACE_PACKET="$TRASH/pushed.$version" \
			git -c protocol.version=$version -C alice/v$version push -q origin main &&
		test "$(git -C alice/v$version rev-parse main)" = "$(bobs main small)" &&
		$git archive --remote=xmpp::bob@localhost/small main | tar t >files &&
		test -s files
	'
done

test_expect_success 'and these versions were really spoken' '
	! grep "< version" packets.0 &&
	grep "< version 1" packets.1 &&
	grep "< version 2" packets.2 &&
	# A push has no version 2.
	! grep "< version" pushed.0 && grep "push< version 1" pushed.1 && ! grep "< version" pushed.2
'

test_expect_success 'a server option needs version 2, so it is the default' '
	as alice git ls-remote --server-option=x xmpp::bob@localhost/small >actual &&
	test -s actual
'

test_expect_success 'a hook that refuses: exit status 1, and its text reaches the pusher' '
	cat >bob/small.git/hooks/update <<-\END &&
	#!/bin/sh
	echo "only on Tuesdays, please" >&2
	exit 1
	END
	chmod +x bob/small.git/hooks/update &&
	old=$(bobs main small) &&
	"$TOP/t/tools/make-repo" alice/v2 1 0 30 &&
	test_expect_code 1 as alice git -C alice/v2 push origin main 2>err &&
	grep "^remote: only on Tuesdays, please" err &&
	grep "! \[remote rejected\] main -> main (hook declined)" err &&
	test "$(bobs main small)" = $old &&
	rm bob/small.git/hooks/update
'

test_expect_success 'push to the checked-out branch of a work tree is refused by git' '
	as alice git xmpp share alice/work --name=writable --push=bob@localhost &&
	git -C bob/work commit -q --allow-empty -m mine &&
	test_expect_code 1 as bob git -C bob/work push xmpp::alice@localhost/writable +HEAD:main 2>err &&
	grep "branch is currently checked out" err
'

test_expect_success 'a sha256 repository is cloned, and pushed to' '
	git init -q --bare --object-format=sha256 bob/sha256.git &&
	as bob git xmpp share bob/sha256.git --name=sha256 --push=alice@localhost &&
	git init -q --object-format=sha256 alice/sha256 &&
	git -C alice/sha256 commit -q --allow-empty -m first &&
	as alice git -C alice/sha256 push -q xmpp::bob@localhost/sha256 HEAD:refs/heads/main &&
	as alice git clone -q xmpp::bob@localhost/sha256 alice/sha256-clone &&
	test "$(git -C alice/sha256-clone rev-parse --show-object-format)" = sha256 &&
	test "$(git -C alice/sha256-clone rev-parse HEAD)" = "$(bobs main sha256)"
'

test_expect_success 'an empty repository is cloned with the branch name of the other side' '
	git init -q --bare --initial-branch=trunk bob/empty.git &&
	as bob git xmpp share bob/empty.git --name=empty --fetch=alice@localhost &&
	as alice git clone -q xmpp::bob@localhost/empty alice/empty &&
	test "$(git -C alice/empty symbolic-ref HEAD)" = refs/heads/trunk
'

test_expect_success 'submodules, once the user allows the transport' '
	git init -q bob/super &&
	git -C bob/super -c protocol.file.allow=always submodule --quiet add ../small.git sub &&
	git -C bob/super config -f .gitmodules submodule.sub.url ../small &&
	git -C bob/super commit -q -am super &&
	as bob git xmpp share bob/super --name=super --fetch=alice@localhost &&
	test_must_fail as alice git clone -q --recurse-submodules \
		xmpp::bob@localhost/super alice/super 2>err &&
	grep "transport .xmpp. not allowed" err &&
	rm -rf alice/super &&
	as alice git -c protocol.xmpp.allow=always clone -q --recurse-submodules \
		xmpp::bob@localhost/super alice/super &&
	test -f alice/super/sub/d01/f01
'

test_expect_success 'several remotes at once, by several helpers' '
	git init -q alice/all &&
	git -C alice/all remote add one xmpp::bob@localhost/small &&
	git -C alice/all remote add two xmpp://bob@localhost/copy &&
	as alice git -C alice/all fetch -q --all -j2 &&
	git -C alice/all rev-parse --verify one/main &&
	git -C alice/all rev-parse --verify two/main
'

test_expect_success 'the brokers hold as many descriptors as before, and no git' '
	wait_for 5 no_services &&
	wait_for 5 no_helpers &&
	descriptors_as_before
'

test_expect_success 'the brokers end when asked' '
	stop_broker alice &&
	stop_broker bob
'

test_done
