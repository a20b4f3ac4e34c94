import { join } from "node:path";
import { InstallLedger } from "../runner/install/install-ledger.ts";
import { BuildStore } from "../runner/store/build-store.ts";
import { FeedJournal } from "../streams/feed/journal.ts";
import { surveyLogs } from "../streams/stored-log.ts";

/** Where builds, the feed and the results of installs are stored. */
export interface Storage {
  readonly store: BuildStore;
  readonly journal: FeedJournal;
  readonly installs: InstallLedger;
}

/**
 * Opens the folder of an app. If an error occurs, the folder is closed again, so that the next attempt can open it.
 *
 * @throws {TailcastError} As `BuildStore.open()`.
 */
export async function openStorage(directory: string): Promise<Storage> {
  const store = await BuildStore.open(directory);
  try {
    const { counts, unfinished } = await surveyLogs(store);
    const installs = await InstallLedger.open(join(store.directory, "installs"));
    return { store, journal: await FeedJournal.open(join(store.directory, "feed"), counts, unfinished), installs };
  } catch (error) {
    await store.close();
    throw error;
  }
}
