/** Whether containers can be had. */
import { request } from "node:http";

/** Asks the engine itself; the `docker` command may be there without one. */
export function dockerAnswers(): Promise<boolean> {
  const host = new URL(process.env["DOCKER_HOST"] ?? "unix:///var/run/docker.sock");
  const where =
    host.protocol === "unix:" ? { socketPath: host.pathname } : { host: host.hostname, port: host.port };
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const ping = request({ ...where, path: "/_ping", timeout: 1_000 }, (reply) => {
    reply.resume();
    resolve(reply.statusCode === 200);
  });
  ping.once("timeout", () => ping.destroy());
  ping.once("error", () => resolve(false));
  ping.once("close", () => resolve(false));
  ping.end();
  return promise;
}
