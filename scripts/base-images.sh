#!/usr/bin/env bash
# Creates substitutes for the base images of our Dockerfile, for tests on machines that cannot pull images:
# scripts/base-images.sh [NAME…]. They are made from files of this machine, and imported into the Docker engine that
# DOCKER_HOST names. If the engine already has an image of that name, it is not replaced. Released images must be built
# from the real base images.
set -euo pipefail
cd "$(dirname "$0")/.."
# shellcheck source=scripts/parts.sh
source scripts/parts.sh

if [[ $# -eq 0 ]]; then set -- node:26-bookworm-slim registry:3 caddy:2; fi

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

# copy_program FILE ROOT [PATH]: copies a program and its shared libraries below ROOT.
copy_program() {
  local file=$1 root=$2 target=${3:-$1}
  install -D "$(readlink -f "$file")" "$root$target"
  copy_libraries "$file" "$root"
}

copy_libraries() {
  local file=$1 root=$2 library
  while read -r library; do
    [[ -e $root$library ]] || install -D "$(readlink -f "$library")" "$root$library"
  done < <(ldd "$file" 2>/dev/null | grep -oE '/[^ ]+' | grep -vF "$file:" || true)
}

# Creates the directories and symbolic links of a Debian system with merged /usr.
make_root() {
  local root=$1 name
  mkdir -p "$root"/{usr/bin,usr/sbin,usr/lib,usr/lib64,etc,root,home,var/lib,var/tmp,tmp,proc,sys,dev,run,opt,srv}
  chmod 1777 "$root/tmp" "$root/var/tmp"
  for name in bin sbin lib lib64; do ln -s "usr/$name" "$root/$name"; done
}

# Prints the path of a registry. Any version will do, because the tests of the image do not depend on it.
find_registry() {
  local file
  for file in "$parts/bin/registry-3.1.1" "$parts/bin/registry-3.0.0" "$(type -P docker-registry || true)"; do
    if [[ -x $file ]]; then echo "$file" && return; fi
  done
  fail 'there is no registry on this machine. To install one, run: scripts/install-parts.sh'
}

find_caddy() { type -P caddy || fail 'there is no caddy on this machine. To install it, run: scripts/install-parts.sh'; }

make_node() {
  local root=$1 command path npm
  make_root "$root"
  # The commands of a bookworm-slim image that a Dockerfile may use.
  for command in bash sh dash env id whoami ls cat cp mv rm mkdir rmdir ln chmod chown chgrp touch install head tail cut sort \
    uniq tr wc tee date sleep true false test '[' echo printf pwd dirname basename readlink realpath mktemp stat du df \
    sha256sum od seq timeout nproc uname expr kill sed grep find xargs tar gzip setpriv groupadd useradd usermod \
    groupmod getent ldd; do
    path=$(type -P "$command") || continue
    copy_program "$path" "$root" "/usr/${path#"${path%/*bin/*}"/}"
  done
  # All libraries of libc6: some are loaded at run time, and native modules may need libraries that node does not.
  for path in /usr/lib/*-linux-gnu/lib{nss_files,nss_dns,resolv}.so.2 /usr/lib/*-linux-gnu/lib{rt,anl,util}.so.1 \
    /usr/lib/*-linux-gnu/libdl.so.2 /usr/lib/*-linux-gnu/libpthread.so.0; do
    if [[ -e $path ]]; then copy_program "$path" "$root"; fi
  done
  # The official programs of the registry and Caddy are statically linked. The programs of Debian are not, so each image
  # to which they are copied needs their libraries.
  copy_libraries "$(find_registry)" "$root"
  copy_libraries "$(find_caddy)" "$root"
  copy_program node_modules/.bin/node "$root" /usr/local/bin/node
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
  # For a build behind a proxy that intercepts TLS with its own CA:
  # --build-arg NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt
  if [[ -r /etc/ssl/certs/ca-certificates.crt ]]; then
    install -D -m 644 /etc/ssl/certs/ca-certificates.crt "$root/etc/ssl/certs/ca-certificates.crt"
  fi
}

# Like the official image: /bin/registry, and a configuration that the environment can override.
make_registry() {
  copy_program "$(find_registry)" "$1" /bin/registry
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

# Like the official image: /usr/bin/caddy, with the file capability because of which it cannot start with
# --cap-drop ALL.
make_caddy() {
  copy_program "$(find_caddy)" "$1" /usr/bin/caddy
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
    *) fail "cannot create a substitute for $name. Use node:…, registry:… or caddy:…." ;;
  esac
  tar --create --numeric-owner --xattrs --xattrs-include=security.capability --directory "$root" . | docker import "${options[@]}" - "$name" >/dev/null
  echo "dockpass: created a substitute for $name from files of this machine" >&2
done
