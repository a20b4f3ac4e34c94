import { formatDuration } from "../terminal/duration.ts";
import { count, visible } from "./visible.ts";
import type { CheckReport } from "./check.ts";
import type { Finding, FindingLevel } from "./findings/finding.ts";

const SECTION_TITLES: Readonly<Record<FindingLevel, string>> = { wrong: "Wrong", doubtful: "Doubtful", ok: "Right" };
const COLUMNS = 80;

/** Adds a colour, or nothing in a pipe. */
export type Paint = (level: FindingLevel, text: string) => string;

/**
 * Writes a report as text: the wrong findings first, then the doubtful ones, with the reason and the remedy of each.
 *
 * @param paint - Colours the head of a section. Default: no colours.
 */
export function formatReport(report: CheckReport, paint: Paint = (_, text) => text): string {
  const { url, requests, events, watched, findings } = report;
  const counts = `${count(events, "event")} in ${formatDuration(watched)}, ${count(requests, "request")}`;
  const sections = (["wrong", "doubtful", "ok"] as const).flatMap((level) => {
    const found = findings.filter((other) => other.level === level);
    if (found.length === 0) return [];
    const lines = found.flatMap((one) => (level === "ok" ? okLines(one) : faultLines(one)));
    return ["", paint(level, SECTION_TITLES[level]), ...lines];
  });
  return [`${visible(url)}: ${counts}`, ...sections, "", `${summaryOf(findings)}`, ""].join("\n");
}

/** The number of findings of each level as one line. */
export function summaryOf(findings: readonly Finding[]): string {
  const numberOf = (level: FindingLevel): number => findings.filter((other) => other.level === level).length;
  return `${numberOf("wrong")} wrong, ${numberOf("doubtful")} doubtful, ${numberOf("ok")} right`;
}

function okLines({ title, evidence }: Finding): string[] {
  return wrap(evidence === "" ? title : `${title} (${evidence})`, "  ", "    ");
}

function faultLines({ id, title, reason, section, remedy, evidence }: Finding): string[] {
  return [
    ...wrap(`${title} [${id}]`, "  ", "    "),
    ...(evidence === "" ? [] : wrap(`Seen: ${evidence}`, "    ", "      ")),
    ...wrap(`${reason}${section === "" ? "" : ` (${section})`}`, "    ", "    "),
    ...wrap(`Remedy: ${remedy}`, "    ", "      "),
  ];
}

function wrap(text: string, indent: string, following: string): string[] {
  const lines: string[] = [];
  let line = indent;
  for (const word of text.split(" ")) {
    if (line.trim() !== "" && line.length + word.length > COLUMNS) {
      lines.push(line.trimEnd());
      line = following;
    }
    line += `${word} `;
  }
  return [...lines, line.trimEnd()];
}
