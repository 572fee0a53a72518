// Verifies a webhook (Standard Webhooks 1.0.0): v1 with a secret, v1a with a public key.
import { createHmac, createPublicKey, timingSafeEqual, verify as verifyWith } from "node:crypto";

const TOLERANCE = 300; // seconds
const ED25519 = Buffer.from("302a300506032b6570032100", "hex"); // how a DER public key of this kind begins

/**
 * The message's id, or an Error. `headers` with lower-case names; `body` is the Buffer as it came, before it is parsed.
 * `keys` are your endpoint's `whsec_…` secret, the `whpk_…` public keys, or both. Keep the id for a while: a message that
 * comes again has the same one. To `endpoint.verify` answer 200 with {"challenge": data.challenge}.
 */
export function verify(headers, body, keys, now = Date.now() / 1000) {
  const id = String(headers["webhook-id"] ?? "");
  const timestamp = String(headers["webhook-timestamp"] ?? "");
  if (!/^[0-9]{1,12}$/.test(timestamp)) throw new Error("no timestamp");
  if (Math.abs(now - Number(timestamp)) > TOLERANCE) throw new Error("too old, or from the future");
  const signed = Buffer.concat([Buffer.from(`${id}.${timestamp}.`), body]);
  for (const entry of String(headers["webhook-signature"] ?? "").split(" ").slice(0, 16)) {
    const comma = entry.indexOf(",");
    const scheme = entry.slice(0, comma);
    const signature = Buffer.from(entry.slice(comma + 1), "base64");
    if (keys.some((key) => isBy(key, scheme, signature, signed))) return id;
  }
  throw new Error("the signature is not right");
}

function isBy(key, scheme, signature, signed) {
  if (scheme === "v1" && key.startsWith("whsec_")) {
    const secret = Buffer.from(key.slice(6), "base64");
    const mine = createHmac("sha256", secret).update(signed).digest();
    return secret.length > 0 && mine.length === signature.length && timingSafeEqual(mine, signature);
  }
  if (scheme === "v1a" && key.startsWith("whpk_")) {
    const der = Buffer.concat([ED25519, Buffer.from(key.slice(5), "base64")]);
    if (der.length !== 44 || signature.length !== 64) return false;
    return verifyWith(null, signed, createPublicKey({ key: der, format: "der", type: "spki" }), signature);
  }
  return false;
}
