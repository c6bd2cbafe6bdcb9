# shellcheck shell=bash
# shellcheck disable=SC2034  # what is set here is for those who source this file
# What the scripts in tools/ share; sourced, never run.

# Where this repository is, and where what is fetched or built once for the tests ("peers": a MySQL server, an OpenXR runtime) is
# kept, outside the source tree. Root's home cannot be read by the unprivileged user that servers run as, hence /var/cache.
root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
if [[ -n ${PROGRAMS_PEERS:-} ]]; then
  peers=$PROGRAMS_PEERS
elif ((EUID == 0)); then
  peers=/var/cache/programs
else
  peers=${XDG_CACHE_HOME:-$HOME/.cache}/programs
fi
cache=${XDG_CACHE_HOME:-${HOME:-/root}/.cache}/programs

if [[ -t 1 ]]; then bold=$'\e[1m' dim=$'\e[2m' red=$'\e[31m' green=$'\e[32m' plain=$'\e[0m'; else bold='' dim='' red='' green='' plain=''; fi

say() { printf '%s==>%s %s\n' "$bold" "$plain" "$*"; }
detail() { printf '%s    %s%s\n' "$dim" "$*" "$plain"; }
good() { printf '%s    %s%s\n' "$green" "$*" "$plain"; }
warn() { printf '%swarning:%s %s\n' "$red" "$plain" "$*" >&2; }
fail() {
  printf '%s%s:%s %s\n' "$red" "$(basename "$0")" "$plain" "$*" >&2
  exit 1
}

# Runs a command as root: directly, or through sudo.
as_root() {
  if ((EUID == 0)); then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo -n true 2>/dev/null || say "needs root for: $*"
    sudo "$@"
  else
    fail "needs root (or sudo) for: $*"
  fi
}

# The Debian mirror that this machine's own apt uses for its release.
mirror() {
  local codename
  # shellcheck source=/dev/null
  codename=$(. /etc/os-release && echo "${VERSION_CODENAME:-sid}")
  apt-get indextargets --format '$(SITE) $(RELEASE)' | awk -v release="$codename" '$2 == release {print $1; exit}'
}

# quietly LOG COMMAND...: runs the command with its output in LOG; on failure shows the end of it.
quietly() {
  local log=$1
  shift
  "$@" >"$log" 2>&1 </dev/null && return 0
  tail -n 20 "$log" >&2
  return 1
}
