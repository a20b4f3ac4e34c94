import { createHmac } from "node:crypto";

/** The prefix of secrets in base64. */
const BASE64_PREFIX = "whsec_";

/**
 * The headers that sign a notification, as Standard Webhooks describes them. The signature is an HMAC-SHA256, in
 * base64, over the id, the timestamp and the body, with dots between them.
 *
 * @param secret - The key is its bytes in UTF-8; behind `whsec_`, it is in base64.
 * @param id - The same for each attempt, so that the receiver can ignore a repetition.
 * @param time - In milliseconds. The receiver refuses an old one, so that nobody can send the notification again.
 */
export function signatureHeaders(secret: string, id: string, time: number, body: string): Record<string, string> {
  const timestamp = String(Math.floor(time / 1000));
  const isBase64 = secret.startsWith(BASE64_PREFIX);
  const key = isBase64 ? Buffer.from(secret.slice(BASE64_PREFIX.length), "base64") : Buffer.from(secret);
  const signature = createHmac("sha256", key).update(`${id}.${timestamp}.${body}`).digest("base64");
  return { "webhook-id": id, "webhook-timestamp": timestamp, "webhook-signature": `v1,${signature}` };
}
