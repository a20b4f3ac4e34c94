import type { KeyAction } from "./key-table.ts";

/**
 * The functions of the keys. A part of the page sets those that it can run; the help shows these keys alone.
 *
 * @example keyActions.find = () => findBar.open();
 */
export const keyActions: Partial<Record<KeyAction, () => void>> = {};
