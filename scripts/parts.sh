# shellcheck shell=bash
# Functions and variables that the other scripts share. They source this file; by itself it changes nothing.
# "Parts" are the programs that tests run for real: registries, edges, clients, and other versions of Node.

# nginx and dockerd are in /usr/sbin, which is not on the PATH of every user.
export PATH="$PATH:/usr/local/sbin:/usr/sbin:/sbin"

# Where programs that have no Debian package are installed. The folder is outside the clone, so that all clones on a
# machine share it.
# shellcheck disable=SC2034 # used by the scripts that source this file
parts="${DOCKPASS_PARTS:-${XDG_CACHE_HOME:-$HOME/.cache}/dockpass-parts}"

# Installs the libraries, among them the Node version that the repository uses. npm prints only errors. Otherwise it
# would warn if the Node of the machine is too old for dockpass, although the libraries contain a newer Node. npm writes
# node_modules/.package-lock.json last. If this file is missing, or older than package-lock.json, the last installation
# was interrupted or is out of date, and the libraries are installed again.
install_libraries() {
  if [[ node_modules/.package-lock.json -nt package-lock.json && -x node_modules/.bin/node ]]; then return; fi
  has_libatomic || fail 'libatomic.so.1 (package libatomic1) is missing. To install it, run: bash scripts/install-parts.sh --run'
  echo 'dockpass: installing the libraries (npm ci)' >&2
  # Without install scripts, because a script could download what package-lock.json has no hash of. Node itself is a
  # package too (scripts/node), whose hash npm verifies.
  npm ci --ignore-scripts --no-fund --no-audit --loglevel=error >&2 ||
    fail 'npm ci failed (see above). Nothing else was changed.'
  # npm continues if it cannot download an optional package, and the packages with Node are optional, because each is
  # for one kind of machine.
  [[ -x node_modules/.bin/node ]] ||
    fail "npm could not download Node for this machine ($(uname -s), $(uname -m)). Try again. If scripts/node/package.json has no package for it, install Node 26 and run: npm ci && npm run build && node bin/dockpass.js up"
  touch node_modules/.package-lock.json
}

# Builds dist/ if it is missing, or older than a source file or package-lock.json.
build() {
  if [[ -f dist/main.js && -z "$(find src package.json package-lock.json scripts/build.ts scripts/chunks.ts scripts/console -newer dist/main.js -print -quit)" ]]; then
    return
  fi
  echo 'dockpass: building (npm run build)' >&2
  if ! npm run --silent build >&2; then
    # Remove the incomplete build, because the next start would use it.
    rm -f dist/main.js
    fail 'the build failed (see above).'
  fi
  touch dist/main.js
}

has() { command -v "$1" >/dev/null 2>&1; }

# Node needs libatomic, which minimal Debian and Ubuntu systems do not have. If ldconfig is missing, assume
# that libatomic is installed.
has_libatomic() {
  local libraries
  # Not `ldconfig -p | grep -q`: grep exits at the first match, ldconfig then fails to write, and with pipefail this
  # counts as a failure.
  libraries=$(ldconfig -p 2>/dev/null) || return 0
  [[ $libraries == *'libatomic.so.1 '* ]]
}

fail() {
  echo "dockpass: $1" >&2
  exit 1
}
