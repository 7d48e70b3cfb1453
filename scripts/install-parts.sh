#!/usr/bin/env bash
# Installs the programs that the tests run for real: registries, edges, clients, and other versions of Node.
#   --run     only what `dockpass up` needs: a registry and an edge
#   --matrix  also Docker 29, Traefik, zot and kaniko, which take minutes to build, and debootstrap for tests on a fresh
#             machine
# Installs only what is missing. Asks for the sudo password only if a package must be installed.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/parts.sh
source scripts/parts.sh

mode=all
case "${1:-}" in
  '') ;;
  --run) mode=run ;;
  --matrix) mode=matrix ;;
  *) fail "usage: scripts/install-parts.sh [--run | --matrix]" ;;
esac

has_registry() { has registry || has docker-registry; }
has_edge() { has caddy || has nginx; }

is_debian() {
  has apt-get && [[ -r /etc/os-release ]] && grep -qE '^ID(_LIKE)?=.*(debian|ubuntu)' /etc/os-release
}

packages=()
has_libatomic || packages+=(libatomic1)
if [[ $mode == run ]]; then
  has_registry || packages+=(docker-registry)
  has_edge || packages+=(caddy)
else
  # command:package
  for row in docker-registry:docker-registry nginx:nginx-light caddy:caddy skopeo:skopeo podman:podman \
    buildah:buildah dockerd:docker.io ctr:containerd htpasswd:apache2-utils ip:iproute2 curl:curl openssl:openssl wrk:wrk strace:strace \
    docker-compose:docker-compose faketime:faketime setpriv:util-linux tar:tar \
    busybox:busybox dash:dash etcd:etcd-server chromium:chromium zsh:zsh fish:fish mandoc:mandoc haproxy:haproxy apache2:apache2-bin; do
    has "${row%%:*}" || packages+=("${row#*:}")
  done
  # Debian installs each version of PostgreSQL in a folder of its own, which is not on PATH.
  compgen -G '/usr/lib/postgresql/*/bin/postgres' >/dev/null || packages+=(postgresql)
  [[ $mode != matrix ]] || has debootstrap || packages+=(debootstrap)
fi

as_root() {
  if [[ $EUID -eq 0 ]]; then
    "$@"
  elif [[ ${CI:-} == true ]]; then
    sudo -n "$@"
  else
    sudo "$@"
  fi
}

is_available() { apt-cache show "$1" >/dev/null 2>&1; }

is_installed() { dpkg-query -W -f '${db:Status-Abbrev}' "$1" 2>/dev/null | grep -q '^ii'; }

# Debian starts a service when its package is installed. These services would occupy the ports 80 and 5000. A file
# policy-rc.d that exits with 101 prevents this. If the machine already has such a file, it is not changed.
policy=/usr/sbin/policy-rc.d
wrote_policy=no
remove_policy() { if [[ $wrote_policy == yes ]]; then as_root rm -f "$policy"; fi; }

install_packages() {
  local wanted=("$@") found=() package
  is_debian || fail "missing programs (names of the Debian packages): ${wanted[*]}. Install them, then run this script again. Nothing was changed."
  if [[ $EUID -ne 0 ]] && ! has sudo; then
    fail "missing packages: ${wanted[*]}. Run as root: apt-get update && apt-get install -y --no-install-recommends ${wanted[*]}"
  fi
  echo "dockpass: installing with apt-get: ${wanted[*]}" >&2
  as_root apt-get update -qq || echo 'dockpass: apt-get update failed. Continuing with the existing package lists.' >&2
  for package in "${wanted[@]}"; do
    # Ubuntu before 24.04 has no package of Caddy, so use nginx instead.
    if [[ $package == caddy ]] && ! is_available caddy; then package=nginx-light; fi
    if is_available "$package"; then
      found+=("$package")
    else
      echo "dockpass: this release of the system has no package $package" >&2
    fi
    # In newer releases, the docker command is in a separate package.
    if [[ $package == docker.io ]] && ! has docker && is_available docker-cli; then found+=(docker-cli); fi
  done
  [[ ${#found[@]} -gt 0 ]] || return 0

  local new=()
  for package in "${found[@]}"; do is_installed "$package" || new+=("$package"); done
  trap remove_policy EXIT
  if [[ ! -e $policy ]]; then
    wrote_policy=yes
    as_root sh -c "printf '#!/bin/sh\nexit 101\n' > $policy && chmod 755 $policy"
  fi
  as_root env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "${found[@]}" >&2 ||
    fail "apt-get could not install ${found[*]} (see above)"
  remove_policy
  wrote_policy=no

  # Disable only the services of packages that were just installed. Services that existed before may be in use.
  has systemctl || return 0
  for package in "${new[@]}"; do
    case $package in
      nginx-light) as_root systemctl disable --quiet --now nginx >&2 || true ;;
      etcd-server) as_root systemctl disable --quiet --now etcd >&2 || true ;;
      caddy | docker-registry | haproxy) as_root systemctl disable --quiet --now "$package" >&2 || true ;;
    esac
  done
}

# go_part NAME MODULE@VERSION [FLAG…]: installs a Go program, with these flags of `go install`.
go_part() {
  local name=$1 module=$2 draft
  shift 2
  [[ -x $parts/bin/$name ]] && return
  if ! has go; then
    echo "dockpass: go is missing, so $name cannot be built. Tests that need it are skipped (with CI=true they fail)." >&2
    return
  fi
  echo "dockpass: building $name (go install $module)" >&2
  mkdir -p "$parts/bin"
  draft=$(mktemp -d "$parts/bin/draft.XXXXXX")
  if GOBIN=$draft go install "$@" "$module" >&2; then
    mv "$draft"/* "$parts/bin/$name"
  else
    echo "dockpass: go install $module failed (see above)" >&2
  fi
  rm -rf "$draft"
}

# scratch_part NAME PACKAGE|FILE MODULE@VERSION: builds a Go program in a temporary module that requires MODULE. The
# program is a PACKAGE of a module with replace directives, which `go install` rejects, or a FILE of this repository.
scratch_part() {
  local name=$1 source=$2 module=$3 draft
  [[ -x $parts/bin/$name ]] && return
  if ! has go; then
    echo "dockpass: go is missing, so $name cannot be built. Tests that need it are skipped (with CI=true they fail)." >&2
    return
  fi
  echo "dockpass: building $name (from a temporary module that imports $module)" >&2
  mkdir -p "$parts/bin"
  draft=$(mktemp -d "$parts/bin/draft.XXXXXX")
  if (
    if [[ -f $source ]]; then cp "$source" "$draft"; fi
    cd "$draft"
    go mod init scratch.invalid/part
    if [[ $source == *.go ]]; then
      source=.
    else
      printf '//go:build tools\n\npackage part\n\nimport _ "%s"\n' "$source" >tools.go
    fi
    go get "$module"
    go build -mod=mod -o "$name" "$source"
  ) >&2; then
    mv "$draft/$name" "$parts/bin/$name"
  else
    echo "dockpass: $name could not be built (see above)" >&2
  fi
  rm -rf "$draft"
}

# replacing_part NAME PACKAGE MODULE@VERSION PREPARE [FLAG…]: builds a Go program that needs the replace directives, or
# the exact requirements, of its module, with these flags of `go build`. A temporary module gets a copy of the go.mod of
# that module. PREPARE is a function that makes further changes to the copy.
replacing_part() {
  local name=$1 package=$2 module=$3 prepare=$4 draft source file=go
  shift 4
  [[ -x $parts/bin/$name ]] && return
  if ! has go; then
    echo "dockpass: go is missing, so $name cannot be built. Tests that need it are skipped." >&2
    return
  fi
  echo "dockpass: building $name (from a copy of the go.mod of $module). This takes minutes." >&2
  mkdir -p "$parts/bin"
  draft=$(mktemp -d "$parts/bin/draft.XXXXXX")
  if (
    cd "$draft"
    go mod init scratch.invalid/part
    source=$(go mod download -json "$module" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
    # The Docker CLI has the files vendor.mod and vendor.sum instead.
    [[ -f $source/go.mod ]] || file=vendor
    cp --no-preserve=mode "$source/$file.mod" go.mod
    cp --no-preserve=mode "$source/$file.sum" go.sum
    go mod edit -module scratch.invalid/part
    "$prepare"
    CGO_ENABLED=0 go build -mod=mod -trimpath -ldflags '-s -w' -tags containers_image_openpgp "$@" -o "$name" "$package"
  ) >&2; then
    mv "$draft/$name" "$parts/bin/$name"
  else
    echo "dockpass: $name could not be built (see above)" >&2
  fi
  chmod -R u+w "$draft" && rm -rf "$draft"
}

# kubernetes_part NAME PACKAGE VERSION: builds a Go program that uses the module k8s.io/kubernetes, whose replace
# directives refer to folders that only its repository has. PACKAGE is a package of this module, or a file in
# scripts/kubernetes. VERSION is without its first number: 34.0 for 1.34.0. With the same version as helm uses, and with
# the same flags as `go install`, Go compiles the libraries of both only once.
kubernetes_part() {
  local name=$1 package=$2 version=$3 draft source module modules
  [[ -x $parts/bin/$name ]] && return
  if ! has go; then
    echo "dockpass: go is missing, so $name cannot be built. Tests that need it are skipped (with CI=true they fail)." >&2
    return
  fi
  echo "dockpass: building $name (with the module k8s.io/kubernetes@v1.$version). This takes minutes." >&2
  mkdir -p "$parts/bin"
  draft=$(mktemp -d "$parts/bin/draft.XXXXXX")
  [[ $package != *.go ]] || cp "scripts/kubernetes/$package" "$draft"
  if (
    cd "$draft"
    go mod init scratch.invalid/part
    source=$(go mod download -json "k8s.io/kubernetes@v1.$version" | sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
    cp --no-preserve=mode "$source/go.mod" "$source/go.sum" .
    go mod edit -module scratch.invalid/part -require "k8s.io/kubernetes@v1.$version"
    modules=$(sed -n 's|^\t\(k8s.io/[a-z-]*\) => .*|\1|p' go.mod)
    for module in $modules; do go mod edit -replace "$module=$module@v0.$version"; done
    go build -mod=mod -ldflags '-s -w' -o "$name" "$package"
  ) >&2; then
    mv "$draft/$name" "$parts/bin/$name"
  else
    echo "dockpass: $name could not be built (see above)" >&2
  fi
  rm -rf "$draft"
}

# The ACME library of Traefik contains the clients of 150 DNS providers, which take half of the build time. They are
# only needed for certificates by the DNS challenge. This function replaces them by a stub.
prepare_traefik() {
  local lego
  lego=$(go mod download -json "github.com/go-acme/lego/v4@$(sed -n 's/^\tgithub.com\/go-acme\/lego\/v4 //p' go.mod)" |
    sed -n 's/^\t"Dir": "\(.*\)",$/\1/p')
  cp -r --no-preserve=mode "$lego" lego-module
  cat >lego-module/providers/dns/zz_gen_dns_providers.go <<'GO'
package dns

import (
	"errors"

	"github.com/go-acme/lego/v4/challenge"
)

func NewDNSChallengeProviderByName(name string) (challenge.Provider, error) {
	return nil, errors.New("no DNS challenge in this build")
}
GO
  go mod edit -require=github.com/traefik/traefik/v3@v3.5.4 -replace=github.com/go-acme/lego/v4=./lego-module
}

prepare_docker() { go mod edit -require=github.com/docker/cli@v29.8.1+incompatible; }

# The module is named zotregistry.io/zot, but is downloaded from github.com/project-zot/zot.
prepare_zot() {
  go mod edit -require=zotregistry.io/zot@v1.4.3 -replace=zotregistry.io/zot=github.com/project-zot/zot@v1.4.3
}

# node_part LINE [PACKAGE@VERSION]: installs another major version of Node, and optionally another npm package. npm
# verifies Node against the hash in scripts/other-nodes/LINE/package-lock.json.
node_part() {
  local line=$1 home=$parts/nodes/$1 locked=scripts/other-nodes/$1
  shift
  if [[ -x $home/node_modules/.bin/node && ($# -eq 0 || -d $home/node_modules/${1%@*}) ]] &&
    cmp -s "$locked/package-lock.json" "$home/package-lock.json"; then return; fi
  echo "dockpass: installing Node $line (npm)" >&2
  mkdir -p "$home"
  cp "$locked/package.json" "$locked/package-lock.json" "$home"
  npm ci --prefix "$home" --ignore-scripts --no-fund --no-audit >&2 &&
    { [[ $# -eq 0 ]] || npm install --prefix "$home" --ignore-scripts --no-save --no-fund --no-audit "$@" >&2; } ||
    echo "dockpass: npm could not install Node $line (see above)" >&2
}

# pip_part NAME MODULE: installs a Python program that carries schemas. pip verifies the hashes in scripts/NAME.txt.
pip_part() {
  local name=$1 module=$2 home=$parts/$1
  [[ -x $parts/bin/$name ]] && return
  if ! has python3 || ! python3 -m pip --version >/dev/null 2>&1; then
    echo "dockpass: python3 with pip is missing, so $name cannot be installed. Tests that need it are skipped (with CI=true they fail)." >&2
    return
  fi
  echo "dockpass: installing $name (PyPI)" >&2
  mkdir -p "$parts/bin"
  if python3 -m pip install --quiet --disable-pip-version-check --root-user-action=ignore --upgrade \
    --require-hashes --target "$home" --requirement "scripts/$name.txt" >&2; then
    printf '#!/bin/sh\nPYTHONPATH=%q exec python3 -m %s "$@"\n' "$home" "$module" >"$parts/bin/$name"
    chmod 755 "$parts/bin/$name"
  else
    echo "dockpass: pip could not install $name (see above)" >&2
  fi
}

if [[ ${#packages[@]} -gt 0 ]]; then install_packages "${packages[@]}"; fi

if [[ $mode == run ]]; then
  has_registry || fail 'there is no registry on this machine. Put registry or docker-registry on PATH, then run this script again.'
  has_edge || fail 'there is no edge on this machine. Put caddy or nginx on PATH, then run this script again.'
  exit 0
fi

# By default, Go verifies each module against the public checksum database.
go_part registry-3.1.1 github.com/distribution/distribution/v3/cmd/registry@v3.1.1
go_part registry-3.0.0 github.com/distribution/distribution/v3/cmd/registry@v3.0.0
# Debian has Caddy 2.6, which cannot limit the time for the bodies of some requests alone.
go_part caddy-2.10.2 github.com/caddyserver/caddy/v2/cmd/caddy@v2.10.2
go_part crane github.com/google/go-containerregistry/cmd/crane@v0.22.1
go_part regctl github.com/regclient/regclient/cmd/regctl@v0.11.7
go_part helm helm.sh/helm/v3/cmd/helm@v3.19.0
# An ACME server for tests.
go_part pebble github.com/letsencrypt/pebble/v2/cmd/pebble@v2.6.0
scratch_part oras oras.land/oras/cmd/oras oras.land/oras@v1.2.3
# With the schemas of one release of Kubernetes.
pip_part kubernetes-validate kubernetes_validate
# With the schemas of the workflow files of CI platforms.
pip_part check-jsonschema check_jsonschema
# The code of the kubelet that runs credential provider plugins, and the types of an older kubelet.
kubernetes_part kubelet-1.34 kubelet-credentials.go 34.0
scratch_part kubelet-types-1.33 scripts/kubernetes/kubelet-configuration.go k8s.io/kubelet@v0.33.0
# For scripts/test-on-node.sh.
node_part 22
node_part 24

if [[ $mode == matrix ]]; then
  # For tests on a machine with Node 20, which is too old for dockpass, and an old npm.
  node_part 20 npm@10.9.9
  # The Docker CLI has no go.mod, so Go would assume an old version of the language.
  replacing_part docker-29 github.com/docker/cli/cmd/docker github.com/docker/cli@v29.8.1+incompatible prepare_docker \
    -gcflags 'github.com/docker/cli/...=-lang=go1.26' \
    -ldflags '-s -w -X github.com/docker/cli/cli/version.Version=29.8.1'
  # The Docker engine after release 29.8.0, which stores images in containerd. Without cgo, it needs no library for Btrfs.
  CGO_ENABLED=0 go_part dockerd-29 github.com/moby/moby/v2/cmd/dockerd@v2.0.0-beta.24 \
    -trimpath -ldflags '-s -w -X github.com/moby/moby/v2/dockerversion.Version=2.0.0-beta.24'
  # A cluster without nodes: this API server with Debian's etcd.
  kubernetes_part kube-apiserver-1.34 k8s.io/kubernetes/cmd/kube-apiserver 34.0
  replacing_part traefik github.com/traefik/traefik/v3/cmd/traefik github.com/traefik/traefik/v3@v3.5.4 prepare_traefik
  replacing_part zot zotregistry.io/zot/cmd/zot github.com/project-zot/zot@v1.4.3 prepare_zot
  # Only a build with this tag sends events.
  CGO_ENABLED=0 GOEXPERIMENT=jsonv2 GOFLAGS="${GOFLAGS:-} -tags=events" go_part zot-2 zotregistry.dev/zot/v2/cmd/zot@v2.1.20
  # It is linked statically, because it runs in a container that contains nothing else.
  CGO_ENABLED=0 go_part kaniko github.com/GoogleContainerTools/kaniko/cmd/executor@v1.24.0
fi
