import type { TextName } from "../words/words.ts";

/** The actions that have a key. */
export type KeyAction =
  | "build"
  | "cancel"
  | "rerun"
  | "follow"
  | "find"
  | "nextHit"
  | "previousHit"
  | "top"
  | "end"
  | "mark"
  | "nextError"
  | "previousError"
  | "wrap"
  | "times"
  | "help";

/** A row of the table of keys. */
export interface Key {
  /** The `key` of the keyboard event. */
  readonly key: string;
  readonly action: KeyAction;
  /** The name of the text that describes the action. */
  readonly text: TextName;
}

/** Every key of the page, in the order of the help. */
export const KEYS: readonly Key[] = [
  { key: "b", action: "build", text: "keyBuild" },
  { key: "c", action: "cancel", text: "keyCancel" },
  { key: "r", action: "rerun", text: "keyRerun" },
  { key: "f", action: "follow", text: "keyFollow" },
  { key: "/", action: "find", text: "keyFind" },
  { key: "n", action: "nextHit", text: "keyNextHit" },
  { key: "N", action: "previousHit", text: "keyPreviousHit" },
  { key: "e", action: "nextError", text: "keyNextError" },
  { key: "E", action: "previousError", text: "keyPreviousError" },
  { key: "m", action: "mark", text: "keyMark" },
  { key: "g", action: "top", text: "keyTop" },
  { key: "G", action: "end", text: "keyEnd" },
  { key: "w", action: "wrap", text: "keyWrap" },
  { key: "t", action: "times", text: "keyTimes" },
  { key: "?", action: "help", text: "keyHelp" },
];

/** The parts of a keyboard event that decide which action it has. */
export interface KeyPress {
  readonly key: string;
  readonly ctrlKey: boolean;
  readonly metaKey: boolean;
  readonly altKey: boolean;
  readonly isComposing: boolean;
  readonly repeat: boolean;
}

/** The actions that a held key repeats. */
const REPEATED: readonly KeyAction[] = ["nextHit", "previousHit", "nextError", "previousError"];

/**
 * Returns the action of a key press; `undefined` if it has none. Keys with modifiers belong to the browser, and keys in
 * a field to its text. Shift only selects the character.
 *
 * @param isInField - Whether the person types in a field.
 */
export function actionOf(press: KeyPress, isInField: boolean): KeyAction | undefined {
  if (isInField || press.ctrlKey || press.metaKey || press.altKey || press.isComposing) return undefined;
  const action = KEYS.find(({ key }) => key === press.key)?.action;
  return action === undefined || (press.repeat && !REPEATED.includes(action)) ? undefined : action;
}

/**
 * Returns the index of the item that an arrow key, Home or End leads to in a list; `undefined` for other keys.
 *
 * @param index - The index of the item that has the focus.
 */
export function moveInList(key: string, index: number, count: number): number | undefined {
  const last = count - 1;
  const targets: Readonly<Record<string, number>> = { ArrowUp: index - 1, ArrowDown: index + 1, Home: 0, End: last };
  const target = targets[key];
  return target === undefined || target < 0 || target > last || target === index ? undefined : target;
}
