/**
 * Whether a text is an origin in the form that browsers send (RFC 6454 section 6.2): only scheme, host and port. It
 * does not accept `null`, the origin of every sandboxed page.
 */
export function isOrigin(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, origin } = new URL(text);
  return /^https?:$/.test(protocol) && origin === text;
}
