# One image for every process; the command says which. Sources run as they are: Node strips the types.
FROM node:24-bookworm-slim AS dependencies
WORKDIR /app
COPY package.json package-lock.json ./
RUN npm install --omit=dev --no-fund --no-audit

FROM node:24-bookworm-slim
WORKDIR /app
ENV NODE_ENV=production
COPY --from=dependencies /app/node_modules ./node_modules
COPY package.json ./
COPY src ./src
COPY jobs ./jobs
COPY workers ./workers
RUN mkdir /data && chown node:node /data && chmod 0700 /data
USER node
VOLUME /data
ENTRYPOINT ["node", "--disable-warning=ExperimentalWarning", "--max-semi-space-size=4", "--heap-growing-percent=50", "--no-wasm-code-gc"]
CMD ["workers/all.ts", "--config", "/config/exosweep.yaml", "--data", "/data"]
