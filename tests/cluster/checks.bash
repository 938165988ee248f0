# What the self tests of the clusters share: checks that count, and what a cluster left over. Sourced, never run.

source ./cluster.bash

checks=0 failures=0 work="$(mktemp -d)"
one="self-$((RANDOM % 9000 + 1000))" two="other-$((RANDOM % 9000 + 1000))"

end_all() {
  ./down --name "$one" 2>/dev/null
  ./down --name "$two" 2>/dev/null
  rm -rf "$work"
}
trap end_all EXIT

# check WHAT EXPECTED FOUND
check() {
  checks=$((checks + 1))
  if [ "$2" = "$3" ]; then
    echo "ok      $1"
  else
    failures=$((failures + 1))
    printf 'FAILED  %s\n  expected: %s\n  found:    %s\n' "$1" "$2" "$3"
  fi
}

# status COMMAND…: its exit code; its output goes to a file.
status() {
  local code=0
  "$@" >"$work/out" 2>"$work/err" || code=$?
  echo "$code"
}

said() {
  if grep -q -- "$1" "$work/err"; then echo "$1"; else cat "$work/err"; fi
}

# left_over NAME: what there is of a cluster: its state folder and the processes that run in it.
left_over() {
  local process
  ls -d "$clusters/$1" 2>/dev/null || true
  for process in /proc/[0-9]*; do
    case "$(readlink "$process/cwd" 2>/dev/null)" in
      "$clusters/$1" | "$clusters/$1 (deleted)") tr '\0' ' ' <"$process/cmdline" | cut -c1-80 ;;
    esac
  done
}

# As the administrator of cluster `one`.
kubectl() {
  "$clusters/$one/programs/kubectl" --kubeconfig "$clusters/$one/kubeconfig" --cache-dir "$work/kubectl-cache" "$@"
}

pid() {
  cut -d' ' -f2 "$clusters/$1/processes/$2"
}

# Milliseconds since a `date +%s%N`.
since() {
  echo "$((($(date +%s%N) - $1) / 1000000)) ms"
}

summary() {
  echo "$((checks - failures)) of $checks checks passed"
  [ "$failures" -eq 0 ]
}
