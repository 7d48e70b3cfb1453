#!/usr/bin/env bash
# Builds dockpass and runs a benchmark:
# scripts/bench.sh run|compare|peer|flood|events|catalog|retention|console|transfer|scale [options of the benchmark]
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/parts.sh
source scripts/parts.sh

name=${1:?usage: scripts/bench.sh run|compare|peer|flood|events|catalog|retention|console|transfer|scale [options]}
shift
install_libraries
build
exec node_modules/.bin/node "bench/$name.ts" "$@"
