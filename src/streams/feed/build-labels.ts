import { EventStreamDecoder } from "../../protocol/decode.ts";
import { plainText } from "../../terminal/plain-text.ts";
import type { ChannelHistory } from "../../channel/history/history.ts";
import type { BuildRecord } from "../../runner/record.ts";

/** Opens the log of a build to read it. Rejects when it is gone. */
export type OpenLog = (buildId: string) => Promise<ChannelHistory>;

/**
 * The maximum length of a project's name in a label, in characters. The name is untrusted: it comes from a file of the
 * project.
 */
const MAX_NAME_LENGTH = 64;

/** The maximum number of cached labels. */
const KEPT_LABELS = 256;

/**
 * Returns the label that names the build of a line in the feed: the id, at a fixed position for programs, and the name
 * of the project, for people.
 */
export function buildLabel({ id, projectName }: Pick<BuildRecord, "id" | "projectName">): string {
  const name = Array.from(plainText(projectName).replaceAll("\t", " "));
  const shown = name.length > MAX_NAME_LENGTH ? `${name.slice(0, MAX_NAME_LENGTH).join("")}…` : name.join("");
  return shown === "" ? id : `${id} ${shown}`;
}

/** The labels of stored builds. They come from the first event of each log, so a restart does not change them. */
export class BuildLabels {
  readonly #openLog: OpenLog;
  readonly #labels = new Map<string, string>();

  constructor(openLog: OpenLog) {
    this.#openLog = openLog;
  }

  /** Returns the label of a build. It has no name when the log cannot be read. Never rejects. */
  async of(buildId: string): Promise<string> {
    const known = this.#labels.get(buildId);
    if (known !== undefined) return known;
    try {
      const reader = (await this.#openLog(buildId)).read(1);
      try {
        const [event] = new EventStreamDecoder().decode((await reader.next()).bytes);
        const { projectName } = JSON.parse(event?.data ?? "") as Partial<BuildRecord>;
        const label = buildLabel({ id: buildId, projectName: String(projectName ?? "") });
        this.#keep(buildId, label);
        return label;
      } finally {
        reader.close();
      }
    } catch {
      return buildId;
    }
  }

  #keep(buildId: string, label: string): void {
    this.#labels.set(buildId, label);
    for (const oldest of this.#labels.keys()) {
      if (this.#labels.size <= KEPT_LABELS) break;
      this.#labels.delete(oldest);
    }
  }
}
