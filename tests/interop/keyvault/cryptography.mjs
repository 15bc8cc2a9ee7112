// A key in use. Encrypting and wrapping with RSA-OAEP-256, verifying, and all private operations are the vault's work in this client.
import assert from "node:assert/strict";
import { constants, createHash, createPublicKey, privateDecrypt, publicEncrypt, randomBytes, verify } from "node:crypto";
import { base64url, client, cryptography, fails, print } from "./vault.mjs";

const name = process.argv[2];
const key = await client.createRsaKey(name, { hsm: true, keySize: 2048 });
const publicKey = createPublicKey({ key: { kty: "RSA", n: base64url(key.key.n), e: base64url(key.key.e) }, format: "jwk" });
const vault = cryptography(key);

for (const length of [1, 16, 32, 190]) {
  const secret = randomBytes(length);
  const wrapped = await vault.wrapKey("RSA-OAEP-256", secret);
  assert.equal(wrapped.keyID, key.id);
  assert.deepEqual(Buffer.from((await vault.unwrapKey("RSA-OAEP-256", wrapped.result)).result), secret);
}

const plaintext = Buffer.from("a word");
const encrypted = await vault.encrypt({ algorithm: "RSA-OAEP-256", plaintext });
assert.deepEqual(Buffer.from((await vault.decrypt({ algorithm: "RSA-OAEP-256", ciphertext: encrypted.result })).result), plaintext);

// What was encrypted elsewhere, decrypted here.
const elsewhere = publicEncrypt({ key: publicKey, padding: constants.RSA_PKCS1_OAEP_PADDING, oaepHash: "sha256" }, plaintext);
assert.deepEqual(Buffer.from((await vault.decrypt({ algorithm: "RSA-OAEP-256", ciphertext: elsewhere })).result), plaintext);
assert.throws(() => privateDecrypt(publicKey, elsewhere));

const hashes = { 256: "sha256", 384: "sha384", 512: "sha512" };
for (const [bits, hash] of Object.entries(hashes)) {
  const digest = createHash(hash).update(plaintext).digest();
  for (const [family, padding] of [["RS", constants.RSA_PKCS1_PADDING], ["PS", constants.RSA_PKCS1_PSS_PADDING]]) {
    const algorithm = family + bits;
    const signature = (await vault.sign(algorithm, digest)).result;
    assert.ok(verify(hash, plaintext, { key: publicKey, padding, saltLength: constants.RSA_PSS_SALTLEN_DIGEST }, signature), algorithm);
    assert.equal((await vault.verify(algorithm, digest, signature)).result, true, algorithm);
    signature[0] ^= 1;
    assert.equal((await vault.verify(algorithm, digest, signature)).result, false, algorithm);
  }
}

await fails(vault.sign("RS256", Buffer.alloc(20)), 400, "BadParameter");
await fails(vault.wrapKey("RSA-OAEP-256", randomBytes(191)), 400, "BadParameter");
await fails(vault.unwrapKey("RSA-OAEP", encrypted.result), 400, "BadParameter");
encrypted.result[3] ^= 1;
await fails(vault.decrypt({ algorithm: "RSA-OAEP-256", ciphertext: encrypted.result }), 400, "BadParameter");
await fails(vault.decrypt({ algorithm: "RSA-OAEP-256", ciphertext: Buffer.alloc(3) }), 400, "BadParameter");

// Revoked: nothing works, and it works again when it is enabled. An expired key still unwraps and no longer wraps. This client checks attributes too,
// but by what it read once, when all was well: so these are the vault's refusals.
const wrapped = (await vault.wrapKey("RSA-OAEP-256", plaintext)).result;
await client.updateKeyProperties(name, key.properties.version, { enabled: false });
await fails(vault.unwrapKey("RSA-OAEP-256", wrapped), 403, "Forbidden", "KeyDisabled");
await client.updateKeyProperties(name, key.properties.version, { enabled: true, expiresOn: new Date(1_600_000_000_000) });
assert.deepEqual(Buffer.from((await vault.unwrapKey("RSA-OAEP-256", wrapped)).result), plaintext);
await fails(vault.wrapKey("RSA-OAEP-256", plaintext), 403, "Forbidden", "KeyExpired");
await client.updateKeyProperties(name, key.properties.version, { notBefore: new Date(2_100_000_000_000), expiresOn: new Date(2_110_000_000_000) });
await fails(vault.wrapKey("RSA-OAEP-256", plaintext), 403, "Forbidden", "KeyNotYetValid");
await client.updateKeyProperties(name, key.properties.version, { keyOps: ["wrapKey"] });
await fails(vault.unwrapKey("RSA-OAEP-256", wrapped), 403, "Forbidden", "KeyOperationForbidden");
await (await client.beginDeleteKey(name, { intervalInMs: 10 })).pollUntilDone();
await fails(vault.unwrapKey("RSA-OAEP-256", wrapped), 404, "KeyNotFound");
print({ done: true });
