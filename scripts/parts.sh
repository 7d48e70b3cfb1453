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
  if [[ node_modules/.package-lock.json -nt package-lock.json && -x node_modules/.bin/node ]]; then return; fi
  has_libatomic || fail 'libatomic.so.1 (package libatomic1) is missing: bash scripts/install-parts.sh --run installs it'
  echo 'dockpass: installing the libraries (npm ci)' >&2
  # One script alone, which fetches Node's binary: npm up to 10 would compile better-sqlite3 (which brings its own), and
  # few machines can.
  npm ci --ignore-scripts --no-fund --no-audit --loglevel=error >&2 ||
    fail 'npm ci failed (see above); nothing else was changed'
  npm rebuild --loglevel=error node >&2 || fail 'npm could not fetch Node 26 (see above): start again'
  touch node_modules/.package-lock.json
}

# Builds where there is no build, or a source or a library is newer than it.
build() {
  if [[ -f dist/main.js && -z "$(find src package.json package-lock.json scripts/build.ts -newer dist/main.js -print -quit)" ]]; then
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

# The repository's own Node is linked with it; a bare Debian or Ubuntu has none. Where nothing can tell, it is there.
has_libatomic() {
  local libraries
  # Not piped into grep -q, which ends first: under pipefail that would pass for a failure.
  libraries=$(ldconfig -p 2>/dev/null) || return 0
  [[ $libraries == *'libatomic.so.1 '* ]]
}

fail() {
  echo "dockpass: $1" >&2
  exit 1
}
