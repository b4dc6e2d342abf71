/** Which addresses a message may be sent to: none of a private network, unless a person named the host, and never one that platforms keep for themselves. Pure. */
import { BlockList, isIP } from "node:net";

const OWN: readonly (readonly [address: string, prefix: number])[] = [
  ["0.0.0.0", 8],
  ["10.0.0.0", 8],
  ["100.64.0.0", 10],
  ["127.0.0.0", 8],
  ["172.16.0.0", 12],
  ["192.0.0.0", 24],
  ["192.168.0.0", 16],
  ["198.18.0.0", 15],
  ["::", 128],
  ["::1", 128],
  ["fc00::", 7],
  // Addresses of the other kind in disguise: NAT64, 6to4, Teredo.
  ["64:ff9b::", 96],
  ["64:ff9b:1::", 48],
  ["2002::", 16],
  ["2001::", 32],
];
/** Link-local, where clouds tell machines their secrets; multicast; reserved. */
const NEVER: readonly (readonly [address: string, prefix: number])[] = [
  ["169.254.0.0", 16],
  ["224.0.0.0", 4],
  ["240.0.0.0", 4],
  ["168.63.129.16", 32],
  ["fe80::", 10],
  ["fec0::", 10],
  ["ff00::", 8],
  ["fd00:ec2::", 32],
];

/**
 * @param named hosts a person has put into the settings as their own
 * @returns whether `host`, found at `address`, may be connected to
 */
export function allowedAddress(named: readonly string[]): (host: string, address: string) => boolean {
  const [own, never] = [listOf(OWN), listOf(NEVER)];
  const names = new Set(named.map((name) => bare(name)));
  return (host, address) => {
    const family = isIP(address) === 6 ? "ipv6" : "ipv4";
    if (isIP(address) === 0 || never.check(address, family)) return false;
    if (!own.check(address, family)) return true;
    const name = bare(host);
    return names.has(name) || isThisMachine(name);
  };
}

/** As it is written in an address: whoever writes it means this machine. A name that only leads here does not. */
function isThisMachine(name: string): boolean {
  return name === "localhost" || name === "::1" || /^127(\.\d{1,3}){3}$/.test(name);
}

function bare(host: string): string {
  return host
    .toLowerCase()
    .replace(/^\[|\]$/g, "")
    .replace(/\.$/, "");
}

function listOf(ranges: typeof OWN): BlockList {
  const list = new BlockList();
  for (const [address, prefix] of ranges)
    list.addSubnet(address, prefix, isIP(address) === 6 ? "ipv6" : "ipv4");
  return list;
}
