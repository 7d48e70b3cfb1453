# Two images from one file:
#   docker build --target dockpass   -t dockpass .              the token server alone (distribution stays your own)
#   docker build --target all-in-one -t dockpass-all-in-one .   registry, edge and token server as one thing
ARG NODE_IMAGE=node:26-bookworm-slim
ARG REGISTRY_IMAGE=registry:3
ARG CADDY_IMAGE=caddy:2

FROM ${REGISTRY_IMAGE} AS registry
FROM ${CADDY_IMAGE} AS caddy

FROM ${NODE_IMAGE} AS build
# Only where the network between here and npm speaks under a CA of its own.
ARG NODE_EXTRA_CA_CERTS
WORKDIR /build
# What changes seldom comes first: an edit in src/ rebuilds from the compiler on.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts
COPY tsconfig.json tsconfig.build.json ./
COPY src ./src
RUN npm run build \
 && npm prune --omit=dev --ignore-scripts \
 # SQLite's sources and the binaries of other systems are not needed to run.
 && rm -rf node_modules/better-sqlite3/deps node_modules/better-sqlite3/src \
 && find node_modules/better-sqlite3/prebuilds -type f ! -name 'linux-*' -delete
COPY bin ./bin
COPY docker ./docker
COPY migrations ./migrations
COPY registry-config.yml ./
RUN mkdir /out && mv package.json bin dist docker migrations registry-config.yml /out

FROM ${NODE_IMAGE} AS dockpass
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="dockpass" \
      org.opencontainers.image.description="Token server for a Docker registry: public names pull, all others log in and push" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
ENV NODE_ENV=production \
    HOME=/tmp \
    DOCKPASS_LISTEN=0.0.0.0:5002 \
    DOCKPASS_OPERATIONS_LISTEN=0.0.0.0:5003 \
    # The edge stands in another container of the same network, which has one of these addresses.
    DOCKPASS_TRUSTED_PROXIES=loopback,private \
    DOCKPASS_DATABASE=/var/lib/dockpass/dockpass.db \
    DOCKPASS_KEYS_DIRECTORY=/var/lib/dockpass/keys
RUN mkdir -p /var/lib/dockpass && chown 65532:65532 /var/lib/dockpass \
 && ln -s /opt/dockpass/docker/dockpass.js /usr/local/bin/dockpass
# Two layers: an update of dockpass fetches only the second, while its packages stay the same.
COPY --from=build /build/node_modules /opt/dockpass/node_modules
COPY --from=build /out /opt/dockpass
VOLUME /var/lib/dockpass
EXPOSE 5002 5003
USER 65532:65532
HEALTHCHECK --interval=10s --timeout=3s --start-period=10s --start-interval=1s \
  CMD ["node", "-e", "fetch('http://127.0.0.1:5003/readyz').then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["dockpass"]
CMD ["serve"]

FROM dockpass AS all-in-one
COPY --from=registry /bin/registry /usr/local/bin/registry
COPY --from=caddy /usr/bin/caddy /usr/local/bin/caddy
LABEL org.opencontainers.image.title="dockpass all-in-one"
# One volume, the one that people already have; what is ours stands beside the registry's folder in it.
ENV DOCKPASS_OPERATIONS_LISTEN=127.0.0.1:5003 \
    DOCKPASS_LISTEN=127.0.0.1:5002 \
    DOCKPASS_TRUSTED_PROXIES=loopback \
    DOCKPASS_UP_STORAGE=/var/lib/registry \
    DOCKPASS_UP_DIRECTORY=/var/lib/registry/.dockpass/up \
    DOCKPASS_DATABASE=/var/lib/registry/.dockpass/dockpass.db \
    DOCKPASS_KEYS_DIRECTORY=/var/lib/registry/.dockpass/keys \
    DOCKPASS_IMAGE_VOLUMES=/var/lib/registry
# Starts as root for one thing: a volume that an older container wrote as root must stay usable with the same
# `docker run` line (docs/adr). Every process that stays runs as 65532; --user 65532 starts as that at once.
USER root
RUN mkdir -p /var/lib/registry && chown 65532:65532 /var/lib/registry
VOLUME /var/lib/registry
EXPOSE 5001
CMD ["up"]
