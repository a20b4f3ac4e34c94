/** `ok`: as it should be. `doubtful`: some clients or proxies have a problem. `wrong`: clients lose events. */
export type FindingLevel = "ok" | "doubtful" | "wrong";

/** A kind of finding, without the observation of a stream. */
export interface FindingKind {
  readonly level: FindingLevel;
  /** One sentence without a full stop. */
  readonly title: string;
  /** Why it matters, as sentences; `""` for `ok`. */
  readonly reason: string;
  /** The section of a standard, for example "HTML 9.2.6"; `""` if no standard has a rule. */
  readonly section: string;
  /** The change to make, as a sentence; `""` for `ok`. */
  readonly remedy: string;
}

/** A finding about one stream. */
export interface Finding<Id extends string = string> extends FindingKind {
  readonly id: Id;
  /** The observation, without control characters; `""` if the title says it. */
  readonly evidence: string;
}

/** Makes a kind of finding for something that is as it should be. */
export function ok(title: string, section = ""): FindingKind {
  return { level: "ok", title, reason: "", section, remedy: "" };
}

/** Makes a kind of finding for something that some clients or proxies have a problem with. */
export function doubtful(title: string, section: string, reason: string, remedy: string): FindingKind {
  return { level: "doubtful", title, reason, section, remedy };
}

/** Makes a kind of finding for a mistake by which clients lose events. */
export function wrong(title: string, section: string, reason: string, remedy: string): FindingKind {
  return { level: "wrong", title, reason, section, remedy };
}
