/**
 * Makes a function that remembers its last result: it calls `encode` only when the text differs from the text before.
 *
 * @param encode - A pure function. When it throws, the result before stays remembered.
 */
export function rememberLast(encode: (text: string) => string): (text: string) => string {
  let lastText: string | undefined;
  let lastResult = "";
  return (text) => {
    if (text !== lastText) {
      lastResult = encode(text);
      lastText = text;
    }
    return lastResult;
  };
}
