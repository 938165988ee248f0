# Programs that outlive the script that starts them, and their end. Sourced by cluster.bash, never run.
# A process is known by boot, id and start time: an id alone may have been given to somebody else's process.

# identity PID: prints what tells this process from every other; fails when it does not run (any more).
identity() {
  local stat
  { stat="$(<"/proc/$1/stat")"; } 2>/dev/null || return 1
  # The second field is the program's name in parentheses, which may hold blanks; then come state and numbers.
  local -a fields
  read -ra fields <<<"${stat##*) }"
  # A zombie has ended; nothing may ever collect it where process 1 does not.
  case "${fields[0]:-Z}" in Z | X) return 1 ;; esac
  echo "$(</proc/sys/kernel/random/boot_id) $1 ${fields[19]}"
}

# start PROGRAM COMMAND…: runs COMMAND in the state folder, in a session of its own, its output in logs/PROGRAM.log.
# The process records itself before it becomes the program: no moment in which it runs and is not known.
start() {
  local program="$1" fd
  shift
  mkdir -p "$state/logs" "$state/processes"
  (
    cd "$state" || exit
    exec </dev/null >>"logs/$program.log" 2>&1
    # Nothing of the caller's is kept open: a pipe would never end, the lock would never be free.
    for fd in /proc/self/fd/*; do
      fd="${fd##*/}"
      if [ "$fd" -gt 2 ] && [ "$fd" -ne 255 ]; then eval "exec $fd>&-"; fi
    done
    # shellcheck disable=SC2016 # expanded by the new shell
    exec setsid "$BASH" -c 'set -e; source "$0"; identity $$ >"processes/$1"; shift; exec "$@"' \
      "$here/process.bash" "$program" "$@"
  ) &
  disown
  # From here on its record tells whether it runs.
  until [ -s "$state/processes/$program" ] || ! kill -0 "$!" 2>/dev/null; do sleep 0.01; done
}

# pid_of PROGRAM: prints the process id of the program when it runs; fails when it does not.
pid_of() {
  local boot pid started
  { read -r boot pid started <"$state/processes/$1"; } 2>/dev/null || return 1
  [ "$(identity "$pid")" = "$boot $pid $started" ] && echo "$pid"
}

runs() {
  pid_of "$1" >/dev/null
}

# end PROGRAM [SIGNAL]: ends the program if it runs (without a signal: at once), and forgets it.
end() {
  local pid tries
  if pid="$(pid_of "$1")"; then
    kill -s "${2:-KILL}" "$pid" 2>/dev/null || true
    for ((tries = 0; tries < 1000; tries++)); do
      runs "$1" || break
      # Ten seconds are enough to end well.
      if [ "$tries" -eq 500 ]; then kill -s KILL "$pid" 2>/dev/null || true; fi
      sleep 0.02
    done
  fi
  rm -f "$state/processes/$1"
}

# Nothing of a control plane is kept, so its programs are not given time to end well. Clients end before servers.
end_processes() {
  local program
  for program in kwok kube-scheduler kube-controller-manager kube-apiserver etcd; do
    end "$program"
  done
}

# show_log PROGRAM: the end of its log, for a message.
show_log() {
  say "the last lines of the log of $1:"
  tail -n 12 "$state/logs/$1.log" | cut -c1-400 | sed 's/^/    /' >&2
}

# Prints those programs that were started and do not run.
broken_programs() {
  local record
  for record in "$state"/processes/*; do
    runs "${record##*/}" || echo "${record##*/}"
  done | paste -sd' '
}
