/** Well-known limits for connections without bytes, in seconds. */
const IDLE_LIMITS: readonly (readonly [seconds: number, names: string])[] = [
  [30, "30 s is the default of CloudFront, and common in HAProxy"],
  [55, "55 s is the limit of Heroku"],
  [60, "60 s is the default of nginx (proxy_read_timeout) and of AWS load balancers"],
  [100, "100 s is the limit of Cloudflare"],
  [230, "230 s is the limit of Azure App Service"],
  [300, "300 s is the default of Envoy"],
  [350, "350 s is the limit of AWS network load balancers"],
];

/** Names a product that closes connections after about this silence, in milliseconds. */
export function idleLimitNear(silence: number): string | undefined {
  return IDLE_LIMITS.find(([seconds]) => Math.abs(silence / 1000 - seconds) <= Math.max(0.6, seconds * 0.02))?.[1];
}
