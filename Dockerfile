# One image per program: `--build-arg APP=gateway` (ingestion, geofence, notification, corral). Its first argument is the role, as anywhere.
#
# The context holds nothing but the bundles (.dockerignore): `npm ci && npm run build` first. Nothing is fetched or run while the image is built, so it is
# the same wherever that happens; `npm run image` builds it without a Docker engine. Pin both images by digest where you build for others.
ARG NODE_IMAGE=docker.io/library/node:26.10.0-trixie-slim
ARG RUNTIME_IMAGE=gcr.io/distroless/cc-debian13:latest

FROM ${NODE_IMAGE} AS node

FROM ${RUNTIME_IMAGE}
ARG APP
ARG VERSION=0.1.0
ARG REVISION=unknown
LABEL org.opencontainers.image.title="corral/${APP}" \
      org.opencontainers.image.description="Corral, the backend of a shared fleet: ${APP}" \
      org.opencontainers.image.licenses="Apache-2.0" \
      org.opencontainers.image.version="${VERSION}" \
      org.opencontainers.image.revision="${REVISION}"
COPY --from=node /usr/local/bin/node /usr/local/bin/node
# The one library that Node needs and distroless does not have.
COPY --from=node /usr/lib/*-linux-gnu/libatomic.so.1 /usr/local/lib/
COPY LICENSE apps/${APP}/dist/*.cjs /app/
# What V8 made of the bundle when it was built: a start takes up to a third less processor time.
COPY apps/${APP}/dist/compile-cache /app/compile-cache/
ENV NODE_ENV=production LD_LIBRARY_PATH=/usr/local/lib NODE_COMPILE_CACHE=/app/compile-cache NODE_COMPILE_CACHE_PORTABLE=1
# One pool of glibc's for all threads: each keeps a few megabytes.
ENV MALLOC_ARENA_MAX=1
WORKDIR /app
# A number: Kubernetes cannot tell that a name is not root.
USER 65532:65532
EXPOSE 8080 9090
# Three quarters of the memory limit for the heap; a young generation that stays small keeps a program under load at half the memory. No more than
# one thread collects garbage beside the program: on the core or two that a pod has they would take turns with it, for 10 ms and more.
ENTRYPOINT ["/usr/local/bin/node", "--max-old-space-size-percentage=75", "--max-semi-space-size=2", "--no-parallel-scavenge", "--concurrent-marking-max-worker-num=1", "--disable-sigusr1", "/app/main.cjs"]
