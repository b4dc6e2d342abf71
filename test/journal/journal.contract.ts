/** What every journal keeps: the contract of `src/journal/journal.ts`, sentence by sentence. */
import { afterEach, beforeEach, describe } from "vitest";
import type { Journal } from "../../src/journal/index.ts";
import { runsContract } from "./contract/runs.ts";
import { manifestContract } from "./contract/manifest.ts";
import { settlingContract } from "./contract/settling.ts";
import { readingContract } from "./contract/reading.ts";
import { bundleContract } from "./contract/bundle.ts";
import { bulkReadContract } from "./contract/bulk-read.ts";
import { cancelRedriveContract } from "./contract/cancel-redrive.ts";
import { intentsContract } from "./contract/intents.ts";
import { decidingContract } from "./contract/deciding.ts";
import { verifyContract } from "./contract/verify.ts";
import { principalIndexContract } from "./contract/principal-index.ts";
import { accessIndexContract } from "./contract/access-index.ts";
import { notesContract } from "./contract/notes.ts";
import { schedulesContract } from "./contract/schedules.ts";
import { deliveriesContract } from "./contract/deliveries.ts";
import { closingContract } from "./contract/closing.ts";
import type { OpenRecord, OpenedRecord } from "./contract/record.ts";

/** @param fresh makes an empty record */
export function journalContract(name: string, fresh: () => Promise<OpenRecord>): void {
  describe(`a journal (${name})`, () => {
    const opened: Journal[] = [];
    let current: OpenedRecord;

    beforeEach(async () => {
      const openRecord = await fresh();
      const open: OpenRecord = async (options) => {
        const journal = await openRecord(options);
        opened.push(journal);
        return journal;
      };
      current = { journal: await open(), open };
    });

    afterEach(async () => {
      await Promise.all(opened.splice(0).map((journal) => journal.close()));
    });

    const record = (): OpenedRecord => current;
    runsContract(record);
    manifestContract(record);
    settlingContract(record);
    readingContract(record);
    bulkReadContract(record);
    cancelRedriveContract(record);
    intentsContract(record);
    decidingContract(record);
    verifyContract(record);
    bundleContract(record);
    principalIndexContract(record);
    accessIndexContract(record);
    notesContract(record);
    schedulesContract(record);
    deliveriesContract(record);
    closingContract(record);
  });
}
