/**
 * Hyperlinks in the output of programs (OSC 8): the control string `ESC ] 8 ; parameters ; address`, which ends with ST
 * or BEL. An empty address ends the hyperlink.
 */

const START = "\x1b]8;";

/** Ends a hyperlink. */
export const LINK_END = "\x1b]8;;\x07";

/** A hyperlink to a web address of visible ASCII characters, at most as long as browsers allow. */
const WEB_LINK = /^\x1b\]8;[ -:<-~]{0,256};(https?:\/\/[!-~]{1,2083})(?:\x07|\x1b\\)$/i;

/** The maximum length of a hyperlink to a web address, with its parameters. */
const MAX_LENGTH = 2500;

/** Whether a control function begins or ends a hyperlink. */
export function isHyperlink(control: string): boolean {
  return control.startsWith(START);
}

/** Whether an incomplete control string can become a hyperlink to a web address. */
export function mayBeHyperlink(text: string): boolean {
  return text.length <= MAX_LENGTH && (text.startsWith(START) || START.startsWith(text));
}

/**
 * Returns the address of a hyperlink if it is one of the web. All others are `undefined`: a log must not run scripts,
 * open files or start programs.
 */
export function webAddressOf(control: string): string | undefined {
  return WEB_LINK.exec(control)?.[1];
}
