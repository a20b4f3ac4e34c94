/**
 * Returns a function that caches the last result of `encode`, and calls `encode` only when the text changes.
 *
 * @param encode - A pure function. When it throws, the cached result stays.
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
