/** By which protocols a mailbox may be reached, as long as nobody has written to it. Null follows the tenant: three states, not two. */
import { detail } from "./details.ts";
import { happens } from "./random.ts";
import type { Recipient } from "./recipient.ts";

export interface Protocols {
  readonly activeSync: boolean;
  readonly pop: boolean;
  readonly imap: boolean;
  readonly ews: boolean | null;
  readonly smtpAuthDisabled: boolean | null;
}

export function protocolsOf(recipient: Recipient): Protocols {
  return {
    activeSync: !happens(detail(recipient, "protocols"), 100),
    pop: happens(detail(recipient, "protocols", 1), 300),
    imap: happens(detail(recipient, "protocols", 2), 350),
    ews: triState(detail(recipient, "ews"), 600, 900),
    smtpAuthDisabled: triState(detail(recipient, "smtp-auth"), 700, 950),
  };
}

function triState(draw: number, unsetBelow: number, trueBelow: number): boolean | null {
  return happens(draw, unsetBelow) ? null : happens(draw, trueBelow);
}
