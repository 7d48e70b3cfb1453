#!/usr/bin/env bash
# Starts a registry from a fresh clone: installs what is missing, builds, and runs `dockpass up`.
# If a step fails, the script prints one line and stops. When it is run again, it continues with that step.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/parts.sh
source scripts/parts.sh

if ! has node || ! has npm; then fail 'node and npm are missing. Install Node (20 or newer) with npm, then run this script again.'; fi

scripts/install-parts.sh --run
install_libraries
build

# Whether the public domains are already configured.
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
  # Every machine has these two names, so a first try needs neither DNS nor entries in /etc/hosts.
  export DOCKPASS_PUBLIC_DOMAINS=127.0.0.1
  # The message for a denied push on the public domain names this domain.
  export DOCKPASS_UP_PRIVATE_DOMAINS=localhost
  echo 'dockpass: no configuration found. Using the private domain localhost and the public domain 127.0.0.1.' >&2
fi

# Start Node directly and not with npx, because npx would be an additional process that has to forward signals.
exec node_modules/.bin/node bin/dockpass.js up "$@"
