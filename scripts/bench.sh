#!/usr/bin/env bash
# A benchmark, on a fresh build: scripts/bench.sh run|flood|transfer|scale [what it takes]
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/parts.sh
source scripts/parts.sh

name=${1:?usage: scripts/bench.sh run|flood|transfer|scale [options]}
shift
install_libraries
build
exec node_modules/.bin/node "bench/$name.ts" "$@"
