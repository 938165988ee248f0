# The one folder where test tools are kept, keyed by version, and the way they get there. Sourced, never run.
# What tests need at run time lives here; nothing is installed for the whole machine.

cache="${XDG_CACHE_HOME:-$HOME/.cache}/spark-operator-tests"

# install_once DESTINATION COMMAND…: runs COMMAND with an empty folder as its last argument, then renames the
# folder to DESTINATION. A run that was cut short leaves no half-installed tool; two runs at once are harmless.
install_once() {
  local destination="$1" staging
  shift
  mkdir -p "$(dirname "$destination")"
  staging="$(mktemp -d "$destination.XXXXXX")"
  # Its output goes to stderr: a tool script prints nothing but the path of its tool on stdout.
  if ! "$@" "$staging" >&2; then
    chmod -R u+w "$staging" && rm -rf "$staging"
    return 1
  fi
  # What lies there already was found broken by the caller, or was just put there by another run.
  rm -rf "$destination"
  if ! mv -T "$staging" "$destination"; then
    rm -rf "$staging"
    [ -d "$destination" ]
  fi
}
