/**
 * Whether a text is the origin of web pages as browsers write it (RFC 6454 section 6.2): scheme, host and port, nothing
 * else. `null`, the origin of every sandboxed page, is not one.
 */
export function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, origin } = new URL(text);
  return /^https?:$/.test(protocol) && origin === text;
}
