# shellcheck shell=bash
# SPDX-License-Identifier: GPL-2.0-only
#
# Make a directory of the cache, beside its final place, and rename it, so that one
# under its final name is always complete. Sourced by kernel.sh and debian-root.sh.

# cache_lock: two runs at once fetch once: the second waits. It has to look then
# whether what it wants is there.
cache_lock()
{
	mkdir -p "$CACHE"
	exec 9>"$CACHE/lock"
	flock -n 9 || { say "waiting for another fetch into $CACHE"; flock 9; }
}

# cache_new: make the directory $new, which goes when the script ends before cache_put.
cache_new()
{
	new=$CACHE/.new.$$
	trap 'rm -rf "$new"' EXIT
	trap 'exit 130' INT TERM HUP
	# What a killed run left; nobody else is here, because of the lock.
	rm -rf "$CACHE"/.new.*
	mkdir "$new"
}

# cache_put DIR: $new is that from now on.
cache_put()
{
	[[ ! -e $1 ]] || mv -T "$1" "$CACHE/.new.old.$$"
	mv -T "$new" "$1"
	rm -rf "$CACHE/.new.old.$$"
}
