# Two images from one file:
#   docker build --target dockpass   -t dockpass .              the token server alone (distribution stays your own)
#   docker build --target all-in-one -t dockpass-all-in-one .   token server, registry and edge
# BuildKit and the older builder can both build it.
ARG NODE_IMAGE=node:26-bookworm-slim
ARG REGISTRY_IMAGE=registry:3
ARG CADDY_IMAGE=caddy:2

FROM ${REGISTRY_IMAGE} AS registry
FROM ${CADDY_IMAGE} AS caddy

FROM ${NODE_IMAGE} AS packages
WORKDIR /build
# The package files change rarely, so they are copied first. After an edit in src/, Docker can reuse this layer.
COPY package.json package-lock.json .npmrc ./
COPY scripts/node ./scripts/node/

# What the build needs. Without the workspace scripts/node, which would install Node a second time.
FROM packages AS libraries
# Needed only behind a proxy that intercepts TLS: a file with its CA certificate.
ARG NODE_EXTRA_CA_CERTS
RUN npm ci --ignore-scripts --workspaces=false

# Only the libraries with native code; dist/ contains all others. Sources, and binaries for other systems, are removed.
FROM packages AS runtime-libraries
ARG NODE_EXTRA_CA_CERTS
RUN npm ci --omit=dev --ignore-scripts --workspaces=false \
 && cd node_modules \
 && rm -rf .package-lock.json better-sqlite3/deps better-sqlite3/src \
 && find better-sqlite3/prebuilds -type f ! -name "*$(node -p 'process.platform + "-" + process.arch')*" -delete \
 && find . -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete \
 && find . -type d -empty -delete

FROM libraries AS build
COPY tsconfig.json ./
COPY scripts/build.ts scripts/chunks.ts scripts/sbom.ts ./scripts/
COPY scripts/console ./scripts/console/
COPY src ./src
# The time that the build records, in seconds since the epoch. Without it, the present day.
ARG SOURCE_DATE_EPOCH
RUN npm run build
COPY bin ./bin
COPY docker ./docker
COPY migrations ./migrations
COPY registry-config.yml ./
RUN chmod 755 docker/dockpass.js && mkdir /out && mv package.json bin dist docker migrations registry-config.yml /out

# The two programs of the all-in-one image. `cp` removes file capabilities. This is necessary because the official Caddy
# has cap_net_bind_service, and with --cap-drop ALL the kernel does not start a program with that capability.
FROM ${NODE_IMAGE} AS programs
COPY --from=registry /bin/registry /in/registry
COPY --from=caddy /usr/bin/caddy /in/caddy
RUN mkdir /out && cp /in/registry /in/caddy /out && chmod 755 /out/registry /out/caddy

FROM ${NODE_IMAGE} AS runtime
ENV NODE_ENV=production \
    HOME=/tmp
RUN ln -s /opt/dockpass/docker/dockpass.js /usr/local/bin/dockpass
COPY --from=runtime-libraries /build/node_modules /opt/dockpass/node_modules
# Not --start-interval, because Docker before version 25 does not know it and could not build the file.
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s CMD ["node", "/opt/dockpass/docker/healthy.js"]
ENTRYPOINT ["dockpass"]

FROM runtime AS dockpass
ENV DOCKPASS_LISTEN=0.0.0.0:5002 \
    DOCKPASS_OPERATIONS_LISTEN=0.0.0.0:5003 \
    # The edge is another container on the same network and has a private address.
    DOCKPASS_TRUSTED_PROXIES=loopback,private \
    DOCKPASS_DATABASE=/var/lib/dockpass/dockpass.db \
    DOCKPASS_KEYS_DIRECTORY=/var/lib/dockpass/keys
RUN mkdir -p /var/lib/dockpass && chown 65532:65532 /var/lib/dockpass
# The last layer, so that an update of dockpass downloads only this layer, unless the libraries have changed, too.
COPY --from=build /out /opt/dockpass
VOLUME /var/lib/dockpass
EXPOSE 5002 5003
USER 65532:65532
CMD ["serve"]
# At the end, so that the labels of a new commit change no layer.
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="dockpass" \
      org.opencontainers.image.description="Token server for a Docker registry with public domains, where anyone may pull, and private domains, which require a login" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

FROM runtime AS all-in-one
COPY --from=programs /out /usr/local/bin
# There is one volume, the same as in the official registry image. dockpass stores its files in it, in .dockpass.
ENV DOCKPASS_LISTEN=127.0.0.1:5002 \
    DOCKPASS_OPERATIONS_LISTEN=127.0.0.1:5003 \
    # The TLS proxy in front runs outside this container. Its X-Forwarded-For must be trusted (docs/adr/0007).
    DOCKPASS_TRUSTED_PROXIES=loopback,private \
    DOCKPASS_UP_PORT=5001 \
    DOCKPASS_UP_STORAGE=/var/lib/registry \
    DOCKPASS_UP_DIRECTORY=/var/lib/registry/.dockpass/up \
    DOCKPASS_DATABASE=/var/lib/registry/.dockpass/dockpass.db \
    DOCKPASS_KEYS_DIRECTORY=/var/lib/registry/.dockpass/keys
# The container starts as root for two reasons. If an earlier container wrote the volume as root, its files must be given
# to other users, and people should not have to change their `docker run` command. And each of the three programs gets
# a user of its own (docker/drop-root.js). Afterwards no process is root. With --user 65532:65532, the container never
# runs as root, and all programs run as this user.
USER root
RUN mkdir -p /var/lib/registry && chown 65532:65532 /var/lib/registry
# The last layer, for the same reason as above.
COPY --from=build /out /opt/dockpass
VOLUME /var/lib/registry
EXPOSE 5001
CMD ["up"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="dockpass all-in-one" \
      org.opencontainers.image.description="A Docker registry with public domains, where anyone may pull, and private domains, which require a login" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
