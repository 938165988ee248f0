# What a cluster is on disk: its name, its state folder, its lock, its end. Sourced by up and down, never run.

here="$(cd -P "$(dirname "${BASH_SOURCE[0]}")" && pwd)"
source "$here/../tools/cache.bash"
source "$here/process.bash"

# State is kept below the cache folder, not in a runtime or temporary folder: those differ between login sessions and
# CI steps of one user, and `down` has to find what `up` of another session left.
clusters="$cache/clusters"

say() {
  echo "${0##*/}: $*" >&2
}

fail() {
  say "$@"
  exit 3
}

bad_usage() {
  say "$@"
  exit 2
}

# use_cluster NAME: sets `name` and `state`. The name is also part of the name of a network bridge (15 characters).
use_cluster() {
  [[ "$1" =~ ^[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?$ ]] ||
    bad_usage "--name '$1': 1 to 12 lowercase letters, digits and dashes, no dash at the ends"
  name="$1"
  state="$clusters/$name"
}

# Holds the lock of the cluster (file descriptor 9) until this script ends, however it ends. What is locked is the
# state folder itself, so that nothing is left over; the folder may be removed by the one we waited for.
lock_cluster() {
  while :; do
    (umask 077 && mkdir -p "$state") || exit 3
    { exec 9<"$state"; } 2>/dev/null || continue
    if ! flock --nonblock 9; then
      say "waiting for another up or down of cluster $name"
      flock 9
    fi
    if [ "$state" -ef /proc/self/fd/9 ]; then return; fi
  done
}

# Ends everything that belongs to the cluster, whatever state it is in, and empties its state folder; safe to repeat.
# The caller holds the lock.
tear_down() {
  if [ -e "$state/node" ]; then
    source "$here/node.bash"
    tear_down_node
  fi
  end_processes
  find "$state" -mindepth 1 -delete
}

remove_cluster() {
  tear_down
  rmdir "$state"
}
