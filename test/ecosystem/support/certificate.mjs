import { execFileSync } from "node:child_process";
import { makeFolder } from "./folder.mjs";

const REQUEST = "req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 2 -subj /CN=localhost";
const NAMES = "subjectAltName=DNS:localhost,IP:127.0.0.1";

/** Makes a certificate for localhost; returns the paths of its files. They are gone after the test. */
export async function makeCertificate(t) {
  const folder = await makeFolder(t);
  const files = { cert: `${folder}/cert.pem`, key: `${folder}/key.pem` };
  const output = ["-keyout", files.key, "-out", files.cert];
  execFileSync("openssl", [...REQUEST.split(" "), "-addext", NAMES, ...output], { stdio: "ignore" });
  return files;
}
