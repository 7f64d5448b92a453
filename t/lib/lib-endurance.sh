# SPDX-License-Identifier: GPL-3.0-or-later
#
# What the persons of t/endurance do. Sourced after lib-xmpp.sh. Each has two devices, alice1 and
# alice2 of the account alice@localhost, and a device is what lib-xmpp.sh calls a user: a home with a
# broker. Each shares a repository that is called like it, and has a
# clone of each other one that it uses.
#
#   operate <worker>     does what is on standard input, one after the other
#   done_operations      how many are over since the files done.* were removed
#
# done.<worker> has a line for each operation, with tabs: number, kind, device, share, new commit or -,
# exit status, whether the share has that commit (yes, no, -), when it began and ended in ms. What was
# said is in said/<number>.

# now: in milliseconds.
now () {
	date +%s%3N
}

url_of () {
	echo "xmpp::$(jid_of "$1")/$1"
}

# new_commit <device> <clone> <branch> <bytes> <parent>: the branch of the clone is a commit on top of
# what it was, or of the parent if it was nothing; it is in $commit.
new_commit () {
	local blob tree parent

	parent=$(git -C "$2" rev-parse -q --verify "refs/heads/$3" || git -C "$2" rev-parse -q --verify "$5") &&
	blob=$(head -c "$4" /dev/urandom | git -C "$2" hash-object -w --stdin) &&
	tree=$(printf '100644 blob %s\tdata\n' "$blob" | git -C "$2" mktree) &&
	commit=$(git -C "$2" commit-tree -p "$parent" -m "$1" "$tree") &&
	git -C "$2" update-ref "refs/heads/$3" "$commit"
}

# make_clone <device> <share>: by the file system, which takes less than an operation.
make_clone () {
	git clone -q --no-local --no-checkout "$2/$2.git" "$1/$2" &&
	git -C "$1/$2" remote set-url origin "$(url_of "$2")" &&
	git -C "$1/$2" update-ref -d refs/heads/main
}

# has_commit <share> <branch> <commit>
has_commit () {
	git -C "$1/$1.git" merge-base --is-ancestor "$3" "refs/heads/$2" 2>/dev/null
}

# run <device> <command>...: nothing may take as long as this; the device's git is ended then.
run () {
	local device

	device=$1
	shift
	as "$device" timeout -k 5 180 "$@" >>"$said" 2>&1
}

# operation <kind> <device> <share> <bytes>: sets $commit, $branch and $status.
operation () {
	local clone url

	clone=$2/$3
	url=$(url_of "$3")
	commit=- branch=- status=0
	test -d "$clone" || make_clone "$2" "$3" >>"$said" 2>&1 || { status=clone; return; }
	case $1 in
	push | denied)
		branch=from-$2
		new_commit "$2" "$clone" "$branch" "$4" refs/remotes/origin/main &&
		run "$2" git -C "$clone" push -q origin "$branch" || status=$? ;;
	main)
		# What others have pushed since the fetch lets git refuse it, and so it shall.
		branch=main
		run "$2" git -C "$clone" fetch -q origin || { status=$?; branch=-; return; }
		git -C "$clone" update-ref -d refs/heads/main
		new_commit "$2" "$clone" main "$4" refs/remotes/origin/main &&
		run "$2" git -C "$clone" push -q origin main || status=$? ;;
	queue)
		branch=queued-$2
		new_commit "$2" "$clone" "$branch" "$4" refs/remotes/origin/main &&
		run "$2" git -C "$clone" xmpp queue push origin "$branch" || status=$? ;;
	fetch)
		run "$2" git -C "$clone" fetch -q origin || status=$? ;;
	list)
		run "$2" git ls-remote -q "$url" || status=$? ;;
	clone)
		run "$2" git clone -q --bare "$url" "$2/new.git" || status=$?
		test $status -ne 0 || git -C "$2/new.git" fsck --connectivity-only >>"$said" 2>&1 || status=fsck
		rm -rf "$2/new.git" ;;
	esac
}

operate () {
	local n kind device share bytes began has said commit branch status

	while read -r _ n kind device share bytes
	do
		said=$TRASH/said/$n
		: >"$said"
		began=$(now)
		operation "$kind" "$device" "$share" "$bytes"
		has=-
		if test "$branch" != - && test "$kind" != queue
		then
			has=no
			! has_commit "$share" "$branch" "$commit" || has=yes
		fi
		printf '%s\t' "$n" "$kind" "$device" "$share" "$commit" "$status" "$has" "$began" >>"done.$1"
		now >>"done.$1"
	done
}

done_operations () {
	cat done.* 2>/dev/null | wc -l
}
