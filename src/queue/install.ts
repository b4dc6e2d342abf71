/** Gets a Redis server onto this machine where that can be done, and says what to type where it cannot. */

/** One sentence: how to get a Redis on this kind of machine. */
export function howToInstall(platform = process.platform): string {
  const own = "or set REDIS_URL to a Redis of your own";
  if (platform === "darwin") return `type "brew install redis", ${own}`;
  if (platform === "linux") {
    return `type "sudo apt-get install redis-server" (Debian, Ubuntu), "sudo dnf install redis" (Fedora, Red Hat) or "sudo apk add redis" (Alpine), ${own}`;
  }
  return "set REDIS_URL to a Redis of your own";
}
