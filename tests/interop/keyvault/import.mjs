// The last step of bringing a key: a transfer blob becomes a key of the vault, which unwraps.
import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { readFile } from "node:fs/promises";
import { base64url, client, cryptography, print } from "./vault.mjs";

const [, , name, file] = process.argv;
const imported = await client.importKey(name, { kty: "RSA-HSM", keyOps: ["wrapKey", "unwrapKey"], t: await readFile(file) }, { tags: { brought: "yes" } });
assert.equal(imported.keyType, "RSA-HSM");
assert.deepEqual(imported.keyOperations, ["wrapKey", "unwrapKey"]);
assert.deepEqual(imported.properties.tags, { brought: "yes" });
assert.equal(imported.properties.exportable, false);
const dek = randomBytes(32);
const vault = cryptography(imported);
const wrapped = await vault.wrapKey("RSA-OAEP-256", dek);
assert.deepEqual(Buffer.from((await vault.unwrapKey("RSA-OAEP-256", wrapped.result)).result), dek);
print({ kid: imported.id, n: base64url(imported.key.n), e: base64url(imported.key.e) });
