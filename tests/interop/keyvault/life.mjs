// A key from its creation to its purge.
import assert from "node:assert/strict";
import { all, client, fails, print } from "./vault.mjs";

const name = process.argv[2];
const expiresOn = new Date(1_900_000_000_000);
const notBefore = new Date(1_600_000_000_000);
const first = await client.createRsaKey(name, { hsm: true, keySize: 2048, tags: { owner: "tests" }, expiresOn, notBefore, keyOps: ["wrapKey", "unwrapKey"] });
assert.equal(first.name, name);
assert.equal(first.keyType, "RSA-HSM");
assert.equal(first.key.n.length, 256);
assert.deepEqual([...first.key.e], [1, 0, 1]);
assert.deepEqual(first.keyOperations, ["wrapKey", "unwrapKey"]);
assert.match(first.id, new RegExp(`^${process.env.VAULT_URL}/*keys/${name}/[0-9a-f]{32}$`));
const { properties } = first;
assert.deepEqual(properties.expiresOn, expiresOn);
assert.deepEqual(properties.notBefore, notBefore);
assert.deepEqual(properties.tags, { owner: "tests" });
assert.equal(properties.enabled, true);
assert.equal(properties.exportable, false);
assert.equal(properties.recoveryLevel, "Recoverable+Purgeable");
assert.equal(properties.recoverableDays, 90);
assert.ok(Math.abs(properties.createdOn.getTime() - Date.now()) < 600_000);

const second = await client.createKey(name, "RSA-HSM", { enabled: false });
assert.notEqual(second.properties.version, first.properties.version);
assert.equal(second.properties.enabled, false);
assert.deepEqual(second.keyOperations, ["encrypt", "decrypt", "sign", "verify", "wrapKey", "unwrapKey"]);
assert.equal((await client.getKey(name)).id, second.id);
assert.equal((await client.getKey(name, { version: first.properties.version })).id, first.id);

const updated = await client.updateKeyProperties(name, first.properties.version, { enabled: false, tags: { owner: "others" }, keyOps: ["unwrapKey"] });
assert.equal(updated.properties.enabled, false);
assert.deepEqual(updated.properties.tags, { owner: "others" });
assert.deepEqual(updated.keyOperations, ["unwrapKey"]);
assert.deepEqual(updated.properties.expiresOn, expiresOn);
assert.equal((await client.updateKeyProperties(name, { enabled: true })).id, second.id);

const versions = await all(client.listPropertiesOfKeyVersions(name));
assert.deepEqual(versions.map((item) => item.version), [first, second].map((key) => key.properties.version).sort());
const listed = (await all(client.listPropertiesOfKeys())).filter((item) => item.name === name);
assert.equal(listed.length, 1);
assert.equal(listed[0].version, undefined);

const deletion = await client.beginDeleteKey(name, { intervalInMs: 10 });
const deleted = await deletion.pollUntilDone();
assert.equal(deleted.id, second.id);
assert.equal(deleted.properties.recoveryId, `${new URL(process.env.VAULT_URL).origin}/deletedkeys/${name}`);
assert.equal(deleted.properties.scheduledPurgeDate - deleted.properties.deletedOn, 90 * 86_400_000);
await fails(client.getKey(name), 404, "KeyNotFound");
await fails(client.beginDeleteKey(name), 404, "KeyNotFound");
await fails(client.createKey(name, "RSA-HSM"), 409, "Conflict", "ObjectIsDeletedButRecoverable");
assert.equal((await client.getDeletedKey(name)).name, name);
assert.ok((await all(client.listDeletedKeys())).some((item) => item.name === name));
assert.ok(!(await all(client.listPropertiesOfKeys())).some((item) => item.name === name));

const recovery = await client.beginRecoverDeletedKey(name, { intervalInMs: 10 });
assert.equal((await recovery.pollUntilDone()).id, second.id);
assert.equal((await client.getKey(name)).id, second.id);
await fails(client.getDeletedKey(name), 404, "KeyNotFound");
await fails(client.purgeDeletedKey(name), 404, "KeyNotFound");

await (await client.beginDeleteKey(name, { intervalInMs: 10 })).pollUntilDone();
await client.purgeDeletedKey(name);
await fails(client.getDeletedKey(name), 404, "KeyNotFound");
await fails(client.getKey(name), 404, "KeyNotFound");
await fails(client.beginRecoverDeletedKey(name), 404, "KeyNotFound");
print({ done: true });
