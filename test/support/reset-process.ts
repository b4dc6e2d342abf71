/** Resets a connection that it is just ending, and has nothing left to do. That it ends is what a test looks at. */
import { connect, createServer, type AddressInfo } from "node:net";
import { resetNow } from "../faults/tcp-proxy.ts";

const server = createServer({ allowHalfOpen: true }, (socket) => {
  socket.on("error", () => undefined); // What cannot be reset is to be closed all the same.
  socket.resume().on("end", () => {
    socket.end();
    process.nextTick(() => {
      resetNow(socket);
      server.close();
      client.destroy();
    });
  });
});
await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
const client = connect({
  port: (server.address() as AddressInfo).port,
  host: "127.0.0.1",
  allowHalfOpen: true,
});
client.on("error", () => undefined); // That it is reset is the point.
client.end("over");
