// What the vault refuses, and by which code.
import assert from "node:assert/strict";
import { base64url, client, clientWith, fails, print } from "./vault.mjs";

const name = process.argv[2];
await fails(client.getKey(name), 404, "KeyNotFound");
await fails(client.getKey("not_a_name"), 400, "BadParameter");
await fails(client.createEcKey(name), 400, "BadParameter");
await fails(client.createOctKey(name), 400, "BadParameter");
await fails(client.createRsaKey(name, { keySize: 1024 }), 400, "BadParameter");
await fails(client.createRsaKey(name, { hsm: true, keyOps: ["import", "wrapKey"] }), 400, "BadParameter");
await fails(client.createRsaKey(name, { hsm: false, keyOps: ["import"] }), 400, "BadParameter");
await fails(client.createRsaKey(name, { keyOps: ["fly"] }), 400, "BadParameter");
await fails(client.createRsaKey(name, { exportable: true }), 400, "BadParameter");
await fails(client.createRsaKey(name, { tags: Object.fromEntries(Array.from({ length: 16 }, (_, i) => [`t${i}`, "x"])) }), 400, "BadParameter");
await fails(client.importKey(name, { kty: "RSA-HSM", n: Buffer.alloc(256, 1), e: Buffer.from([1, 0, 1]), d: Buffer.alloc(256, 1) }), 400, "BadParameter");
await fails(client.importKey(name, { kty: "RSA-HSM", t: Buffer.from("no JSON") }), 400, "BadParameter");
await fails(client.backupKey(name), 400, "BadParameter");
await fails(client.rotateKey(name), 400, "BadParameter");
await fails(client.getKeyAttestation(name), 400, "BadParameter");
await fails(client.getRandomBytes(8), 404, "NotFound");
await fails(client.updateKeyProperties(name, { enabled: false }), 404, "KeyNotFound");
await fails(clientWith("not-the-token").getKey(name), 401, "Unauthorized");
await fails(clientWith(process.env.VAULT_TOKEN, { serviceVersion: "7.3" }).getKey(name), 400, "BadParameter");
for (const serviceVersion of ["7.4", "7.5", "7.6", "2025-07-01"]) {
  await fails(clientWith(process.env.VAULT_TOKEN, { serviceVersion }).getKey(name), 404, "KeyNotFound");
}

// Without the option a client refuses by itself to give its token to an address outside the vaults' domain.
await assert.rejects(clientWith("x", { disableChallengeResourceVerification: false }).getKey(name), /does not match the requested domain/);

// A transfer blob for a KEK that is gone, and for one that is disabled.
const kek = await client.createRsaKey(name, { hsm: true, keyOps: ["import"] });
assert.deepEqual(kek.keyOperations, ["import"]);
await fails(client.updateKeyProperties(name, { keyOps: ["wrapKey"] }), 400, "BadParameter");
const blob = (kid) => Buffer.from(JSON.stringify({
  schema_version: "1.0.0", header: { kid, alg: "dir", enc: "CKM_RSA_AES_KEY_WRAP" }, ciphertext: base64url(Buffer.alloc(256 + 1232)), generator: "tests",
}));
await fails(client.importKey(`${name}-x`, { kty: "RSA-HSM", t: blob(kek.id) }), 400, "BadParameter");
await fails(client.importKey(`${name}-x`, { kty: "RSA-HSM", t: blob("https://elsewhere.vault.azure.net/keys/kek/1") }), 400, "BadParameter");
await client.updateKeyProperties(name, { enabled: false });
await fails(client.importKey(`${name}-x`, { kty: "RSA-HSM", t: blob(kek.id) }), 403, "Forbidden", "KeyDisabled");
await (await client.beginDeleteKey(name, { intervalInMs: 10 })).pollUntilDone();
await fails(client.importKey(`${name}-x`, { kty: "RSA-HSM", t: blob(kek.id) }), 404, "KeyNotFound");
print({ done: true });
