import assert from "node:assert/strict";
import { CryptographyClient, KeyClient } from "@azure/keyvault-keys";

const url = process.env.VAULT_URL;
const options = { disableChallengeResourceVerification: true, retryOptions: { maxRetries: 0 } };
const credentialOf = (token) => ({ getToken: async () => ({ token, expiresOnTimestamp: Date.now() + 3_600_000 }) });
const credential = credentialOf(process.env.VAULT_TOKEN);

export const client = new KeyClient(url, credential, options);

export const clientWith = (token, more = {}) => new KeyClient(url, credentialOf(token), { ...options, ...more });

export const cryptography = (key) => new CryptographyClient(key.id ?? key, credential, options);

export const print = (object) => console.log(JSON.stringify(object));

export const base64url = (bytes) => Buffer.from(bytes).toString("base64url");

/** Asserts that a call fails as the service would let it fail. */
export async function fails(call, statusCode, code, innerCode) {
  await assert.rejects(call, (error) => {
    assert.equal(error.statusCode, statusCode, error.message);
    assert.equal(error.code, code, error.message);
    assert.equal(error.details?.error.innerError?.code, innerCode, error.message);
    assert.ok(error.message.length > 0);
    return true;
  });
}

export async function all(pages) {
  const items = [];
  for await (const item of pages) {
    items.push(item);
  }

  return items;
}
