# Two images from one file:
#   docker build --target dockpass   -t dockpass .              the token server alone (distribution stays your own)
#   docker build --target all-in-one -t dockpass-all-in-one .   registry, edge and token server as one thing
# Built by BuildKit and by the older builder alike: no instruction here needs the one or the other.
ARG NODE_IMAGE=node:26-bookworm-slim
ARG REGISTRY_IMAGE=registry:3
ARG CADDY_IMAGE=caddy:2

FROM ${REGISTRY_IMAGE} AS registry
FROM ${CADDY_IMAGE} AS caddy

FROM ${NODE_IMAGE} AS libraries
# Only where the network between here and npm speaks under a CA of its own.
ARG NODE_EXTRA_CA_CERTS
WORKDIR /build
# What changes seldom comes first: an edit in src/ rebuilds from the bundler on.
COPY package.json package-lock.json .npmrc ./
RUN npm ci --ignore-scripts

# The libraries that are compiled, without the binaries of other systems and the sources; all others are in dist/.
FROM libraries AS runtime-libraries
RUN npm prune --omit=dev --ignore-scripts \
 && cd node_modules \
 && rm -rf .package-lock.json better-sqlite3/deps better-sqlite3/src \
 && find better-sqlite3/prebuilds -type f ! -name "*$(node -p 'process.platform + "-" + process.arch')*" -delete \
 && find . -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete \
 && find . -type d -empty -delete

FROM libraries AS build
COPY scripts/build.ts ./scripts/
COPY src ./src
RUN npm run build
COPY bin ./bin
COPY docker ./docker
COPY migrations ./migrations
COPY registry-config.yml ./
RUN chmod 755 docker/dockpass.js && mkdir /out && mv package.json bin dist docker migrations registry-config.yml /out

# The two programs of the all-in-one. Copied by cp, which leaves file capabilities behind: the official Caddy has
# cap_net_bind_service, and the kernel refuses to start such a file in a container with --cap-drop ALL.
FROM ${NODE_IMAGE} AS parts
COPY --from=registry /bin/registry /in/registry
COPY --from=caddy /usr/bin/caddy /in/caddy
RUN mkdir /out && cp /in/registry /in/caddy /out && chmod 755 /out/registry /out/caddy

FROM ${NODE_IMAGE} AS runtime
ENV NODE_ENV=production \
    HOME=/tmp
RUN ln -s /opt/dockpass/docker/dockpass.js /usr/local/bin/dockpass
COPY --from=runtime-libraries /build/node_modules /opt/dockpass/node_modules
# --start-interval would answer sooner, but docker before 25 does not know it and refuses the whole file.
HEALTHCHECK --interval=5s --timeout=4s --start-period=30s CMD ["node", "/opt/dockpass/docker/healthy.js"]
ENTRYPOINT ["dockpass"]

FROM runtime AS dockpass
ENV DOCKPASS_LISTEN=0.0.0.0:5002 \
    DOCKPASS_OPERATIONS_LISTEN=0.0.0.0:5003 \
    # The edge stands in another container of the same network, which has one of these addresses.
    DOCKPASS_TRUSTED_PROXIES=loopback,private \
    DOCKPASS_DATABASE=/var/lib/dockpass/dockpass.db \
    DOCKPASS_KEYS_DIRECTORY=/var/lib/dockpass/keys
RUN mkdir -p /var/lib/dockpass && chown 65532:65532 /var/lib/dockpass
# The last layer: an update of dockpass fetches this one alone, while the libraries stay the same.
COPY --from=build /out /opt/dockpass
VOLUME /var/lib/dockpass
EXPOSE 5002 5003
USER 65532:65532
CMD ["serve"]
# Last, so that a new commit alone changes no layer.
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="dockpass" \
      org.opencontainers.image.description="Token server for a Docker registry: public names pull, all others log in and push" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"

FROM runtime AS all-in-one
COPY --from=parts /out /usr/local/bin
# One volume, the one that people already have; what is ours stands beside the registry's folder in it.
ENV DOCKPASS_LISTEN=127.0.0.1:5002 \
    DOCKPASS_OPERATIONS_LISTEN=127.0.0.1:5003 \
    # The TLS proxy in front is outside this container: who the client is, it alone knows (docs/adr/0007).
    DOCKPASS_TRUSTED_PROXIES=loopback,private \
    DOCKPASS_UP_PORT=5001 \
    DOCKPASS_UP_STORAGE=/var/lib/registry \
    DOCKPASS_UP_DIRECTORY=/var/lib/registry/.dockpass/up \
    DOCKPASS_DATABASE=/var/lib/registry/.dockpass/dockpass.db \
    DOCKPASS_KEYS_DIRECTORY=/var/lib/registry/.dockpass/keys
# Starts as root for one thing: a volume that an older container wrote as root must stay usable with the same
# `docker run` line (docs/adr). Every process that stays runs as 65532; --user 65532:65532 starts it as that at once.
USER root
RUN mkdir -p /var/lib/registry && chown 65532:65532 /var/lib/registry
# The last layer here, too: an update of dockpass fetches this one alone, while the libraries stay the same.
COPY --from=build /out /opt/dockpass
VOLUME /var/lib/registry
EXPOSE 5001
CMD ["up"]
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="dockpass all-in-one" \
      org.opencontainers.image.description="A Docker registry with public names to pull from and logins under all others: registry, edge and token server" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
