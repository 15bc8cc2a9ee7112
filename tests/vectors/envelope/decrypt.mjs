// An independent decryptor of the envelope format, written from docs/FORMAT.md alone. Node 20 or later, no packages.
//   node decrypt.mjs KEY.pem VECTOR.json...     prints one JSON line for each vector: {"file","outcome","reason"|"plaintext"}
import crypto from 'node:crypto';
import fs from 'node:fs';
import path from 'node:path';

class Refusal extends Error {
  constructor(outcome, reason) { super(reason); this.outcome = outcome; }
}
const check = (condition, outcome, reason) => { if (!condition) throw new Refusal(outcome, reason); };
const u32be = (x) => { const b = Buffer.alloc(4); b.writeUInt32BE(x); return b; };
const u64be = (x) => { const b = Buffer.alloc(8); b.writeBigUInt64BE(BigInt(x)); return b; };
const sha256 = (bytes) => crypto.createHash('sha256').update(bytes).digest();
const same = (a, b) => a.length === b.length && crypto.timingSafeEqual(a, b);

const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?', OCTET = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const HOST = `(?:${OCTET}(?:\\.${OCTET}){3}|(?:${LABEL}\\.)*(?=[a-z])${LABEL})`;
const KEY_ID = new RegExp(`^https://${HOST}(?::(?!443/)([1-9][0-9]{0,4}))?/keys/[A-Za-z0-9-]{1,127}/[A-Za-z0-9]{1,64}$`);
const FIELDS = ['format', 'blob_id', 'length', 'chunk_size', 'table_segment', 'table', 'generation', 'key_id', 'key_thumbprint',
  'wrapped_dek', 'name_hash', 'commitment', 'mac'].map((name) => `byok_${name}`);

// Section 10, steps 1 to 5.
function parse(metadata) {
  const f = {};
  for (const [name, value] of Object.entries(metadata)) {
    const lower = name.toLowerCase();
    if (!lower.startsWith('byok_')) continue;
    check(!(lower in f), 'malformed', `${lower} twice`);
    f[lower] = value;
  }
  check(Object.keys(f).length > 0, 'malformed', 'not protected');
  const decimal = (name, min, max) => {
    check(/^(0|[1-9][0-9]{0,14})$/.test(f[name] ?? ''), 'malformed', `${name} is no decimal`);
    const number = Number(f[name]);
    check(number >= min && number <= max, 'malformed', `${name} is beyond its limits`);
    return number;
  };
  const bytes = (name, lengths, text = f[name]) => {
    const decoded = Buffer.from(text, 'base64url');
    check(decoded.toString('base64url') === text && lengths.includes(decoded.length), 'malformed', `${name} is no base64url of its length`);
    return decoded;
  };
  check(decimal('byok_format', 0, Infinity) === 1, 'unsupported-version', f.byok_format);
  for (const name of FIELDS) check(name in f, 'malformed', `${name} is missing`);
  check(Object.keys(f).length === FIELDS.length, 'malformed', 'unknown field');

  const h = { fields: f };
  h.blobId = bytes('byok_blob_id', [16]);
  h.L = decimal('byok_length', 0, 2 ** 47);
  h.C = decimal('byok_chunk_size', 64, 4194304);
  h.S = decimal('byok_table_segment', 1, 32768);
  decimal('byok_generation', 1, 999999999999999);
  for (const name of ['key_thumbprint', 'name_hash', 'commitment', 'mac']) h[name] = bytes(`byok_${name}`, [32]);
  h.wrappedDek = bytes('byok_wrapped_dek', [256, 384, 512]);
  check(f.byok_key_id.length <= 465 && KEY_ID.test(f.byok_key_id) && !(KEY_ID.exec(f.byok_key_id)[1] > 65535),
    'malformed', 'key id');
  h.n = Math.ceil(h.L / h.C);
  check(h.n <= 2 ** 25, 'malformed', 'too many chunks');
  h.t = Math.ceil(h.n / h.S);
  h.tableLength = 28 * h.t + 32 * h.n;
  if (f.byok_table === 'tail') {
    check(h.n >= 1, 'malformed', 'tail of an empty blob');
  } else {
    check(f.byok_table.startsWith('inline.'), 'malformed', 'table');
    h.table = bytes('byok_table', [h.tableLength], f.byok_table.slice(7));
  }
  return h;
}

function open(key, nonce, sealed, associatedData, what) {
  const cipher = crypto.createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: 16 });
  cipher.setAAD(associatedData).setAuthTag(sealed.subarray(sealed.length - 16));
  try {
    return Buffer.concat([cipher.update(sealed.subarray(0, sealed.length - 16)), cipher.final()]);
  } catch {
    throw new Refusal('integrity', what);
  }
}

function decrypt(vector, privateKey) {
  const h = parse(vector.metadata);
  const content = Buffer.from(vector.content, 'base64');

  // Step 6. The thumbprint of the key we hold, RFC 7638.
  const { e, n } = crypto.createPublicKey(privateKey).export({ format: 'jwk' });
  check(same(h.key_thumbprint, sha256(`{"e":"${e}","kty":"RSA","n":"${n}"}`)), 'integrity', 'thumbprint');
  let dek;
  try {
    dek = crypto.privateDecrypt({ key: privateKey, padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' }, h.wrappedDek);
  } catch {
    throw new Refusal('integrity', 'the DEK does not unwrap');
  }
  check(dek.length === 32, 'integrity', 'length of the DEK');

  // Step 7.
  const derive = (info) => Buffer.from(crypto.hkdfSync('sha256', dek, h.blobId, info, 32));
  check(same(h.commitment, derive('byok/v1/commitment')), 'integrity', 'commitment');
  const mac = crypto.createHmac('sha256', derive('byok/v1/header-mac')).update('byok/v1/header');
  for (const name of FIELDS.filter((name) => name !== 'byok_mac').sort()) {
    const value = Buffer.from(h.fields[name], 'utf8');
    mac.update(u32be(name.length)).update(name).update(u32be(value.length)).update(value);
  }
  check(same(h.mac, mac.digest()), 'integrity', 'header MAC');

  // Step 8.
  check(vector.allowRenamed || same(h.name_hash, sha256(`${vector.container}\0${vector.blob}`)), 'integrity', 'name');
  const ciphertextLength = h.L + 16 * h.n;
  check(content.length === ciphertextLength + (h.table ? 0 : h.tableLength), 'integrity', 'stored length');

  // Step 9.
  const table = h.table ?? content.subarray(ciphertextLength);
  const tableKey = derive('byok/v1/table');
  const prefix = (purpose) => Buffer.concat([Buffer.from('BYOK'), Buffer.from([1, purpose, 0, 0]), h.blobId]);
  const plaintext = [];
  for (let k = 0; k < h.t; k++) {
    const first = k * h.S;
    const count = Math.min(h.S, h.n - first);
    const sealed = table.subarray(k * (28 + 32 * h.S)).subarray(0, 28 + 32 * count);
    const aad = Buffer.concat([prefix(2), u64be(first), u32be(count), u64be(h.L), u32be(h.C)]);
    const beks = open(tableKey, sealed.subarray(0, 12), sealed.subarray(12), aad, `table segment ${k}`);
    for (let i = first; i < first + count; i++) {
      const chunk = content.subarray(i * (h.C + 16), Math.min((i + 1) * (h.C + 16), ciphertextLength));
      const chunkAad = Buffer.concat([prefix(1), u64be(i), u64be(h.L), u32be(h.C)]);
      plaintext.push(open(beks.subarray(32 * (i - first), 32 * (i - first + 1)), Buffer.concat([u32be(0), u64be(i)]), chunk, chunkAad, `chunk ${i}`));
    }
  }
  return Buffer.concat(plaintext);
}

const [keyFile, ...vectorFiles] = process.argv.slice(2);
const privateKey = crypto.createPrivateKey(fs.readFileSync(keyFile));
for (const file of vectorFiles) {
  const line = { file: path.basename(file) };
  try {
    Object.assign(line, { outcome: 'good', plaintext: decrypt(JSON.parse(fs.readFileSync(file, 'utf8')), privateKey).toString('base64') });
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    Object.assign(line, { outcome: refusal.outcome, reason: refusal.message });
  }
  console.log(JSON.stringify(line));
}
