# shellcheck shell=bash
# Where the real parts live and how a missing one is named. Sourced by the other scripts; changes nothing itself.

# nginx and dockerd are in /usr/sbin, which is not on every person's PATH.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

# Outside the clone, so that a second clone on the same machine builds nothing again.
# shellcheck disable=SC2034 # the scripts that source this use it
parts="${DOCKPASS_PARTS:-${XDG_CACHE_HOME:-$HOME/.cache}/dockpass-parts}"

# The repository's own Node and its libraries. Only errors are shown: that an older Node is not for dockpass is what its
# own Node mends, so npm's warnings about it would only frighten.
# npm writes .package-lock.json last, so an interrupted `npm ci` is noticed and done again.
install_libraries() {
  if [[ node_modules/.package-lock.json -nt package-lock.json ]]; then return; fi
  echo 'dockpass: installing the libraries (npm ci)' >&2
  npm ci --no-fund --no-audit --loglevel=error >&2 || fail 'npm ci failed (see above); nothing else was changed'
  touch node_modules/.package-lock.json
}

# Builds where there is no build, or a source is newer than it.
build() {
  if [[ -f dist/main.js && -z "$(find src package.json tsconfig.json tsconfig.build.json -newer dist/main.js -print -quit)" ]]; then
    return
  fi
  echo 'dockpass: building (npm run build)' >&2
  if ! npm run --silent build >&2; then
    # A half-built dist must not pass for a build at the next start.
    rm -f dist/main.js
    fail 'the build failed (see above)'
  fi
  touch dist/main.js
}

has() { command -v "$1" >/dev/null 2>&1; }

fail() {
  echo "dockpass: $1" >&2
  exit 1
}
