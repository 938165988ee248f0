# The programs of a cluster, built from pinned Go modules into the cache folder. Sourced by up, never run.
# modules/MODULE/VERSION/ holds the go.mod and go.sum that pin everything that goes into a program.

# program_folder MODULE VERSION GROUP LDFLAGS PACKAGE…: prints the folder of the programs, built when they are not there.
program_folder() {
  local module="$1" version="$2" group="$3"
  local folder="$cache/$module/$version/$group"
  if [ ! -d "$folder" ]; then
    mkdir -p "$cache/$module/$version"
    (
      # One build at a time: a second one waits and then finds the programs.
      exec 8<"$cache/$module/$version"
      if ! flock --nonblock 8; then
        say "waiting for another build of $module $version"
        flock 8
      fi
      if [ -d "$folder" ]; then exit; fi
      command -v go >/dev/null || fail "Go is not installed; $module $version is built with it: https://go.dev/dl"
      # What builds that were killed left behind: we hold the lock, so none of them runs.
      rm -rf "$folder".??????
      install_once "$folder" compile "$@" || fail "$module $version could not be built"
    ) || exit
  fi
  echo "$folder"
}

compile() {
  local module="$1" version="$2" group="$3" ldflags="$4" to="${*: -1}" started=$SECONDS
  local -a packages=("${@:5:$#-5}")
  say "building $module $version ($group); once, a few minutes"
  # The user's Go build cache is used, GOFLAGS and a workspace of the user's are not: they would change what is built.
  (
    cd "$here/modules/$module/$version" || exit
    export GOFLAGS='' GOWORK=off CGO_ENABLED=0
    nice -n 19 go build -v -trimpath -ldflags "-s -w $ldflags" -o "$to/" "${packages[@]}" 2>&1
  ) | build_progress "$module $version" &&
    say "built $module $version ($group) in $((SECONDS - started)) s, $(du -sh "$to" | cut -f1)B"
}

# build_progress WHAT: reads what `go build -v` says (a line per module fetched and per package compiled) and says how
# far it is every 20 seconds. Everything else it reads is an error.
build_progress() {
  local line modules=0 compiled=0 started=$SECONDS said=$SECONDS
  while IFS= read -r line; do
    case "$line" in
      'go: downloading '*) modules=$((modules + 1)) ;;
      *[!a-zA-Z0-9._/~-]*) say "$line" ;;
      *) compiled=$((compiled + 1)) ;;
    esac
    if [ $((SECONDS - said)) -ge 20 ]; then
      said=$SECONDS
      say "  $1: $modules modules fetched, $compiled packages compiled, $((SECONDS - started)) s"
    fi
  done
  say "  $1: $modules modules fetched, $compiled packages compiled, $((SECONDS - started)) s"
}

# kubernetes_programs VERSION GROUP PROGRAM…: a program that is not told its version reports one nobody can parse.
kubernetes_programs() {
  local version="$1" group="$2" minor
  shift 2
  minor="${version#1.}"
  minor="${minor%%.*}"
  local base="-X k8s.io/component-base/version.git" client="-X k8s.io/client-go/pkg/version.git"
  program_folder kubernetes "$version" "$group" \
    "${base}Version=v$version ${base}Major=1 ${base}Minor=$minor ${client}Version=v$version" \
    "${@/#/k8s.io/kubernetes/cmd/}"
}
