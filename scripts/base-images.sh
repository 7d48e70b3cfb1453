#!/usr/bin/env bash
# Puts stand-ins for the base images of our Dockerfile on a docker engine that cannot pull them, made from this
# machine's own files: scripts/base-images.sh [NAME…]. The engine is the one that DOCKER_HOST names.
# An image that the engine has already is left as it is, so a real one wins. For tests only: what is released is
# built on the real ones.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/parts.sh
source scripts/parts.sh

if [[ $# -eq 0 ]]; then set -- node:26-bookworm-slim registry:3 caddy:2; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# put FILE DIRECTORY [NAME]: a program and the libraries that it loads.
put() {
  local file=$1 root=$2 target=${3:-$1}
  install -D "$(readlink -f "$file")" "$root$target"
  put_libraries "$file" "$root"
}

put_libraries() {
  local file=$1 root=$2 library
  while read -r library; do
    [[ -e $root$library ]] || install -D "$(readlink -f "$library")" "$root$library"
  done < <(ldd "$file" 2>/dev/null | grep -oE '/[^ ]+' | grep -vF "$file:" || true)
}

# The directories that Debian's merged /usr knows, links and all.
make_root() {
  local root=$1 name
  mkdir -p "$root"/{usr/bin,usr/sbin,usr/lib,usr/lib64,etc,root,home,var/lib,var/tmp,tmp,proc,sys,dev,run,opt,srv}
  chmod 1777 "$root/tmp" "$root/var/tmp"
  for name in bin sbin lib lib64; do ln -s "usr/$name" "$root/$name"; done
}

# The first there is of the registries; any does, as the tests of the image are about its make-up.
find_registry() {
  local file
  for file in "$parts/bin/registry-3.1.1" "$parts/bin/registry-3.0.0" "$(type -P docker-registry || true)"; do
    if [[ -x $file ]]; then echo "$file" && return; fi
  done
  fail 'no registry here: scripts/install-parts.sh installs one'
}

find_caddy() { type -P caddy || fail 'no caddy here: scripts/install-parts.sh installs it'; }

make_node() {
  local root=$1 command path npm
  make_root "$root"
  # What a bookworm-slim image has, and a Dockerfile may use.
  for command in bash sh dash env id whoami ls cat cp mv rm mkdir rmdir ln chmod chown chgrp touch install head tail cut sort \
    uniq tr wc tee date sleep true false test '[' echo printf pwd dirname basename readlink realpath mktemp stat du df \
    sha256sum od seq timeout nproc uname expr kill sed grep find xargs tar gzip setpriv groupadd useradd usermod \
    groupmod getent ldd; do
    path=$(type -P "$command") || continue
    put "$path" "$root" "/usr/${path#"${path%/*bin/*}"/}"
  done
  # All of libc6: some are loaded by name at run time, and native modules of npm packages link what node does not.
  for path in /usr/lib/*-linux-gnu/lib{nss_files,nss_dns,resolv}.so.2 /usr/lib/*-linux-gnu/lib{rt,anl,util}.so.1 \
    /usr/lib/*-linux-gnu/libdl.so.2 /usr/lib/*-linux-gnu/libpthread.so.0; do
    if [[ -e $path ]]; then put "$path" "$root"; fi
  done
  # The official registry and Caddy are static and run wherever they are copied to; Debian's load libraries.
  put_libraries "$(find_registry)" "$root"
  put_libraries "$(find_caddy)" "$root"
  put node_modules/node/bin/node "$root" /usr/local/bin/node
  npm=$(dirname "$(dirname "$(readlink -f "$(type -P npm)")")")
  mkdir -p "$root/usr/local/lib/node_modules"
  cp -RL "$npm" "$root/usr/local/lib/node_modules/npm"
  ln -s ../lib/node_modules/npm/bin/npm-cli.js "$root/usr/local/bin/npm"
  ln -s ../lib/node_modules/npm/bin/npx-cli.js "$root/usr/local/bin/npx"
  printf '%s\n' 'root:x:0:0:root:/root:/bin/bash' 'www-data:x:33:33::/var/www:/usr/sbin/nologin' \
    'nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin' 'node:x:1000:1000::/home/node:/bin/bash' >"$root/etc/passwd"
  printf '%s\n' 'root:x:0:' 'tty:x:5:' 'www-data:x:33:' 'node:x:1000:' 'nogroup:x:65534:' >"$root/etc/group"
  printf 'hosts: files dns\n' >"$root/etc/nsswitch.conf"
  install -D -m 644 /etc/os-release "$root/etc/os-release"
  mkdir -p "$root/home/node"
  chown 1000:1000 "$root/home/node" 2>/dev/null || true
  # For a build behind a proxy with its own CA: --build-arg NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
  if [[ -r /etc/ssl/certs/ca-certificates.crt ]]; then
    install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
  fi
}

# As in the official image: /bin/registry, and a configuration in which the environment changes what it likes.
make_registry() {
  put "$(find_registry)" "$1" /bin/registry
  mkdir -p "$1/etc/distribution" "$1/var/lib/registry"
  cat >"$1/etc/distribution/config.yml" <<'END'
version: 0.1
log:
  fields:
    service: registry
storage:
  cache:
    blobdescriptor: inmemory
  filesystem:
    rootdirectory: /var/lib/registry
http:
  addr: :5000
  headers:
    X-Content-Type-Options: [nosniff]
health:
  storagedriver:
    enabled: true
    interval: 10s
    threshold: 3
END
}

# As in the official image: /usr/bin/caddy, with the capability that stops it under --cap-drop ALL.
make_caddy() {
  put "$(find_caddy)" "$1" /usr/bin/caddy
  if has setcap; then setcap cap_net_bind_service=+ep "$1/usr/bin/caddy" || true; fi
}

for name in "$@"; do
  if docker image inspect "$name" >/dev/null 2>&1; then continue; fi
  root=$work/${name//[:\/]/_}
  options=()
  case $name in
    node:*)
      make_node "$root"
      options=(--change 'ENV PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' --change 'CMD ["node"]')
      ;;
    registry:*)
      make_registry "$root"
      options=(--change 'ENTRYPOINT ["/bin/registry"]' --change 'VOLUME /var/lib/registry'
        --change 'CMD ["serve", "/etc/distribution/config.yml"]')
      ;;
    caddy:*)
      make_caddy "$root"
      options=(--change 'CMD ["/usr/bin/caddy", "run", "--config", "/etc/caddy/Caddyfile", "--adapter", "caddyfile"]')
      ;;
    *) fail "no stand-in known for $name: node:…, registry:…, caddy:…" ;;
  esac
  tar --create --numeric-owner --xattrs --xattrs-include=security.capability --directory "$root" . | docker import "${options[@]}" - "$name" >/dev/null
  echo "dockpass: $name stands in, made from this machine's files" >&2
done
