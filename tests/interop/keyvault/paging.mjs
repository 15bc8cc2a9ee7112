// Lists in pages: of one, of two, and whole; every key once.
import assert from "node:assert/strict";
import { all, client, fails, print } from "./vault.mjs";

const [, , prefix, count] = process.argv;
const mine = (items) => items.filter((item) => item.name.startsWith(prefix)).map((item) => item.name);
const whole = mine(await all(client.listPropertiesOfKeys()));
assert.equal(whole.length, Number(count));
for (const maxPageSize of [1, 2, 25]) {
  const paged = [];
  let largest = 0;
  for await (const page of client.listPropertiesOfKeys().byPage({ maxPageSize })) {
    largest = Math.max(largest, page.length);
    paged.push(...page);
  }

  assert.deepEqual(mine(paged), whole);
  assert.ok(largest <= maxPageSize && largest > 0);
  const versions = [];
  for await (const page of client.listPropertiesOfKeyVersions(whole[0]).byPage({ maxPageSize })) {
    assert.ok(page.length <= maxPageSize);
    versions.push(...page.map((item) => item.version));
  }

  assert.equal(new Set(versions).size, 3);
  assert.equal(versions.length, 3);
}

for (const name of whole) {
  await (await client.beginDeleteKey(name, { intervalInMs: 10 })).pollUntilDone();
}

const deleted = [];
for await (const page of client.listDeletedKeys().byPage({ maxPageSize: 2 })) {
  assert.ok(page.length <= 2);
  deleted.push(...page);
}

assert.deepEqual(mine(deleted), whole);
assert.deepEqual(await all(client.listPropertiesOfKeyVersions("no-such-key")), []);
await fails(all(client.listPropertiesOfKeys().byPage({ maxPageSize: 26 })), 400, "BadParameter");
print({ done: true });
