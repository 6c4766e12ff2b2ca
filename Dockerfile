# Node's current line of long support, with its fixes; give a digest to pin one build: --build-arg NODE_IMAGE=node@sha256:…
ARG NODE_IMAGE=node:24-bookworm-slim

FROM ${NODE_IMAGE} AS build
WORKDIR /build
COPY package.json package-lock.json ./
# Nothing here needs an install script, and one of them would try to download a binary.
RUN npm ci --ignore-scripts --include=dev --no-audit --no-fund --loglevel=error
COPY prisma prisma
# Any existing executable will do: the client is generated without the schema engine.
RUN PRISMA_SCHEMA_ENGINE_BINARY=/bin/true PRISMA_HIDE_UPDATE_MESSAGE=1 npx prisma generate --config prisma/prisma.config.ts --no-hints
COPY .swcrc ./
COPY apps apps
COPY libs libs
RUN npm run build
# Optional too: typescript and the prisma command line are optional peers of the client.
RUN npm prune --omit=dev --omit=optional --ignore-scripts --no-audit --no-fund --loglevel=error
# Types, source maps and the query compilers of other databases are read by nobody here.
RUN find node_modules -type f \( -name '*.map' -o -name '*.d.ts' -o -name '*.d.mts' -o -name '*.d.cts' \) -delete \
  && find node_modules/@prisma/client/runtime -type f -name 'query_compiler_*' ! -name 'query_compiler_fast_bg.postgresql.*' -delete \
  && rm -rf node_modules/.stamp node_modules/.cache node_modules/rxjs/src
RUN mkdir -m 700 data

FROM ${NODE_IMAGE}
LABEL org.opencontainers.image.title="PLLM" \
  org.opencontainers.image.description="An OpenAI-compatible LLM gateway" \
  org.opencontainers.image.licenses="MIT" \
  org.opencontainers.image.documentation="docs/operations.md"
ENV NODE_ENV=production \
  PLLM_DATA_DIR=/data
WORKDIR /app
# A volume that is mounted here for the first time belongs to whom this folder belongs to.
COPY --from=build --chown=node:node /build/data /data
COPY --from=build /build/node_modules node_modules
COPY --from=build /build/package.json ./
COPY --from=build /build/prisma prisma
COPY --from=build /build/dist dist
USER node
VOLUME /data
EXPOSE 8080 9464
STOPSIGNAL SIGTERM
HEALTHCHECK --interval=10s --timeout=3s --start-period=60s --retries=3 \
  CMD ["node", "-e", "fetch(`http://127.0.0.1:${process.env.PORT || 8080}/health`).then(({ ok }) => process.exit(ok ? 0 : 1), () => process.exit(1))"]
ENTRYPOINT ["node", "--v8-pool-size=1", "dist/apps/gateway/src/main.js"]
