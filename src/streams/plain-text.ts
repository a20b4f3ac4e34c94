/**
 * Escape sequences of terminals (ECMA-48), with ESC or as one C1 control: CSI (colours, cursor), OSC, DCS, SOS, PM and
 * APC (titles, links, images) with their content, and single escapes; unfinished ones up to the end; and the control
 * characters that mean nothing in a line of plain text, but for the tab.
 */
const ESCAPES =
  /(?:\x1b\[|\x9b)[0-?]*[ -/]*[@-~]?|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?|\x1b[ -/]*[0-~]?|[\0-\x08\x0a-\x1f\x7f-\x9f]/g;

/** How each of them begins: looking for one character is quicker than looking for all of the above. */
const CONTROL = /[\0-\x08\x0a-\x1f\x7f-\x9f]/;

/** A line of build output as plain text: without colours and whatever else was meant for a terminal. */
export function plainText(line: string): string {
  return CONTROL.test(line) ? line.replace(ESCAPES, "") : line;
}

/** A line of build output with its colours and attributes (SGR), and nothing else that acts on a terminal. */
export function colouredText(line: string): string {
  if (!CONTROL.test(line)) return line;
  return line.replace(ESCAPES, (control) => (/^\x1b\[[\d;:]*m$/.test(control) ? control : ""));
}

/** Lines of a flood are read at the same time, by the hundred: to format it for each took a third of the server's time. */
let lastTime = "";
let lastLocal = "";

/**
 * A line of the feed, `[YYYY-MM-DD HH:mm:ss] text`, in the server's time zone. Half a character, which JSON can hold and
 * UTF-8 cannot, becomes U+FFFD.
 */
export function feedLine(time: string, text: string): string {
  if (time !== lastTime) {
    lastLocal = localTime(time);
    lastTime = time;
  }
  return `[${lastLocal}] ${plainText(text)}`.toWellFormed();
}

function localTime(time: string): string {
  const date = new Date(time);
  // Somebody has changed the log.
  if (Number.isNaN(date.getTime())) return time;
  const local = new Date(date.getTime() - date.getTimezoneOffset() * 60_000);
  return local.toISOString().slice(0, 19).replace("T", " ");
}
