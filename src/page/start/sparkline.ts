import { HEIGHT, WIDTH, barsOf, describeDurations } from "./bars.ts";

/** Creates the picture of the last durations of a project. */
export function createSparkline(durations: readonly number[]): SVGSVGElement {
  const svg = createSvg("svg", {
    class: "sparkline",
    role: "img",
    viewBox: `0 0 ${WIDTH} ${HEIGHT}`,
    preserveAspectRatio: "xMinYMax",
  });
  const title = createSvg("title", {});
  title.textContent = describeDurations(durations);
  svg.setAttribute("aria-label", title.textContent);
  const bars = barsOf(durations).map((bar) => createSvg("rect", { ...bar, rx: 1 }));
  svg.append(title, ...bars);
  return svg;
}

function createSvg<Tag extends keyof SVGElementTagNameMap>(
  tag: Tag,
  attributes: Readonly<Record<string, string | number>>,
): SVGElementTagNameMap[Tag] {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, String(value));
  return element;
}
