import { ACCESS } from "./access.ts";
import { ANSWER } from "./answer.ts";
import { RESUME } from "./resume.ts";
import { TIMING } from "./timing.ts";
import { WIRE } from "./wire.ts";
import type { AccessId } from "./access.ts";
import type { AnswerId } from "./answer.ts";
import type { Finding, FindingKind } from "./finding.ts";
import type { ResumeId } from "./resume.ts";
import type { TimingId } from "./timing.ts";
import type { WireId } from "./wire.ts";

/** The name of a kind of finding; stable between releases. */
export type FindingId = AnswerId | TimingId | WireId | ResumeId | AccessId;

/** Every kind of finding, in the order in which a report shows them. */
export const FINDING_KINDS: Readonly<Record<FindingId, FindingKind>> = {
  ...ANSWER,
  ...TIMING,
  ...WIRE,
  ...RESUME,
  ...ACCESS,
};

/**
 * Makes a finding.
 *
 * @param evidence - The observation, as text that a terminal may show.
 */
export function finding(id: FindingId, evidence = ""): Finding<FindingId> {
  return { id, ...FINDING_KINDS[id], evidence };
}
