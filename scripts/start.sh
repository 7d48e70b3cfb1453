#!/usr/bin/env bash
# From a fresh clone to the running registry: installs what is missing, builds, and becomes `dockpass up`.
# Every step is whole or stops here with one line; calling it again goes on where it stopped.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/parts.sh
source scripts/parts.sh

if ! has node || ! has npm; then fail 'node and npm are missing: install Node (20 or newer) with npm, then start again'; fi

scripts/install-parts.sh --run
install_libraries
build

# Whether somebody has said already which names are public.
is_configured() {
  [[ -n ${DOCKPASS_PUBLIC_DOMAINS:-} || -n ${public_domain:-} || -n ${DOCKPASS_CONFIG:-} ]] && return
  [[ -f dockpass.yml || -f /etc/dockpass/dockpass.yml ]] && return
  local argument
  for argument in "$@"; do
    case $argument in --config | --config=* | --public-domain | --public-domain=*) return 0 ;; esac
  done
  return 1
}

if ! is_configured "$@"; then
  # Two names that every machine has, so that the first try needs no DNS and no line in /etc/hosts.
  export DOCKPASS_PUBLIC_DOMAINS=127.0.0.1
  # So that whoever pushes under the public one is told where to log in for it.
  export DOCKPASS_UP_PRIVATE_DOMAINS=localhost
  echo 'dockpass: no configuration yet: localhost is the private name, 127.0.0.1 the public one' >&2
fi

# Not through npx: a process between would have to pass signals on.
exec node_modules/.bin/node bin/dockpass.js up "$@"
