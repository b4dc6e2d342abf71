/** Names of the machines behind the front door: a caller's affinity decides which one answers. */
import { hashOf, hexOf } from "../random.ts";

const LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ";

/** Short name of the mailbox server an affinity leads to, such as `LOBP265MB9249`. */
export function serverOf(affinity: string, seed: number): string {
  const slot = hashOf(affinity, seed) % 16;
  const site = [0, 1, 2].map((at) => LETTERS.charAt(hashOf(`site/${slot}/${at}`, seed) % 26)).join("");
  return `${site}P265MB${String(1000 + (hashOf(`number/${slot}`, seed) % 9000))}`;
}

export function fullName(server: string): string {
  return `${server}.EURP265.PROD.OUTLOOK.COM`;
}

/** A domain controller; another one for every label. */
export function controllerOf(label: string, seed: number): string {
  const hex = hexOf(`dc/${label}`, 2, seed).toUpperCase();
  return `${LETTERS.charAt(hashOf(label, seed) % 26)}${LETTERS.charAt(hashOf(label, seed + 1) % 26)}0P265A0${hex}DC0${1 + (hashOf(label, seed + 2) % 9)}.EURP265A001.PROD.OUTLOOK.COM`;
}
