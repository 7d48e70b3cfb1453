#!/usr/bin/env bash
# Creates the files of a release in a folder that does not exist yet: scripts/release/create-assets.sh FOLDER
# They are the npm package, both images for the processor of this machine, their software bills of materials, the
# digests of the base images, and SHA256SUMS. It needs Node, npm, git and Docker.
# NODE_IMAGE, REGISTRY_IMAGE and CADDY_IMAGE name other base images. An image without a digest gets the present digest
# of its tag.
set -euo pipefail
cd "$(dirname "$0")/../.."
# shellcheck source=scripts/parts.sh
source scripts/parts.sh

folder=${1:?usage: scripts/release/create-assets.sh FOLDER}
mkdir "$folder"
install_libraries
PATH="$PWD/node_modules/.bin:$PATH"
version=$(node -p 'require("./package.json").version')
revision=$(git rev-parse HEAD)
# Two builds of one commit have the same date (scripts/build.ts).
SOURCE_DATE_EPOCH=$(git log -1 --format=%ct)
export SOURCE_DATE_EPOCH

# with_digest IMAGE: prints IMAGE@sha256:…
with_digest() {
  local image=$1 digest
  if [[ $image == *@sha256:* ]]; then echo "$image" && return; fi
  docker pull --quiet "$image" >&2
  digest=$(docker image inspect --format '{{index .RepoDigests 0}}' "$image")
  [[ $digest == *@sha256:* ]] || fail "docker does not know the digest of $image. Pull it from a registry, or name it with its digest."
  echo "$image@${digest##*@}"
}
node_image=$(with_digest "${NODE_IMAGE:-node:26-bookworm-slim}")
registry_image=$(with_digest "${REGISTRY_IMAGE:-registry:3}")
caddy_image=$(with_digest "${CADDY_IMAGE:-caddy:2}")
printf '%s\n' "$node_image" "$registry_image" "$caddy_image" >"$folder/base-images.txt"

# The script `prepare` of the package builds dist/.
npm pack --silent --pack-destination "$folder"
cp dist/sbom.cdx.json "$folder/dockpass-$version.cdx.json"

# create_image NAME BASE…: builds the target NAME, saves it, and writes its SBOM with its base images.
create_image() {
  local target=$1 name=dockpass
  shift
  [[ $target == dockpass ]] || name=dockpass-$target
  docker build --target "$target" --tag "$name:$version" \
    --build-arg NODE_IMAGE="$node_image" --build-arg REGISTRY_IMAGE="$registry_image" --build-arg CADDY_IMAGE="$caddy_image" \
    --build-arg VERSION="$version" --build-arg REVISION="$revision" --build-arg SOURCE_DATE_EPOCH="$SOURCE_DATE_EPOCH" \
    --label org.opencontainers.image.base.name="${node_image%@*}" \
    --label org.opencontainers.image.base.digest="${node_image##*@}" .
  docker save "$name:$version" | gzip --no-name >"$folder/$name-$version-image.tar.gz"
  node scripts/release/image-sbom.ts dist/sbom.cdx.json "$@" >"$folder/$name-$version-image.cdx.json"
}
create_image dockpass "$node_image"
create_image all-in-one "$node_image" "$registry_image" "$caddy_image"

(cd "$folder" && sha256sum -- * >SHA256SUMS)
