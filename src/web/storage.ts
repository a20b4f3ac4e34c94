import { join } from "node:path";
import { InstallLedger } from "../runner/install/install-ledger.ts";
import { ProjectSettings } from "../runner/settings/project-settings.ts";
import { BuildStore } from "../runner/store/build-store.ts";
import { FeedJournal } from "../streams/feed/journal.ts";
import { surveyLogs } from "../streams/stored-log.ts";
import { logEntry } from "./monitoring/log-entry.ts";
import type { BuildAppSettings } from "./build-app-options.ts";

/** Where builds, the feed and the results of installs are stored. */
export interface Storage {
  readonly store: BuildStore;
  readonly journal: FeedJournal;
  readonly installs: InstallLedger;
}

/** The files of an app. */
export interface AppFiles {
  /** `undefined`: there is no file with settings of projects. */
  readonly projects: ProjectSettings | undefined;
  /** `undefined`: builds are in memory. */
  readonly storage: Storage | undefined;
}

/**
 * Opens the files that the options name. When the file with settings of projects is read again, the log says so.
 *
 * @throws {TailcastError} As `ProjectSettings.open()` and `BuildStore.open()`.
 */
export async function openFiles({ projects: file, data, roots, onLog }: BuildAppSettings): Promise<AppFiles> {
  const projects = file === undefined ? undefined : await ProjectSettings.open(file, roots, (message) => {
    if (message === undefined) onLog(logEntry("info", "projects reloaded", { file }));
    else onLog(logEntry("error", "projects not reloaded", { file, message }));
  });
  return { projects, storage: data === undefined ? undefined : await openStorage(data) };
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
