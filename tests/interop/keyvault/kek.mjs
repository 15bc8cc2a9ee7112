// A one-shot key exchange key, for an HSM to export to.
import { base64url, client, print } from "./vault.mjs";

const kek = await client.createRsaKey(process.argv[2], { hsm: true, keySize: 3072, keyOps: ["import"], expiresOn: new Date(Date.now() + 3_600_000) });
print({ kid: kek.id, n: base64url(kek.key.n), e: base64url(kek.key.e), operations: kek.keyOperations });
