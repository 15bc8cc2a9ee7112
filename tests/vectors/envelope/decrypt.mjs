// An independent decryptor of the envelope format, written from docs/FORMAT.md alone. Node 20 or later, no packages.
//   node decrypt.mjs KEYS.pem VECTOR.json...    prints one JSON line for each vector: {"file","outcome","reason"|"plaintext"}
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
const hkdf = (key, salt, info) => Buffer.from(crypto.hkdfSync('sha256', key, salt, info, 32));
const same = (a, b) => a.length === b.length && crypto.timingSafeEqual(a, b);
const prefix = (purpose) => Buffer.concat([Buffer.from('BYOK'), Buffer.from([1, purpose, 0, 0])]);

// Sections 1 and 7: forms. Each gives undefined for a text that is not in it.
const bytesOf = (text, lengths) => {
  if (typeof text !== 'string') return undefined;
  const decoded = Buffer.from(text, 'base64url');
  return decoded.toString('base64url') === text && (!lengths || lengths.includes(decoded.length)) ? decoded : undefined;
};
const decimalOf = (text, min, max) => {
  const number = /^(0|[1-9][0-9]{0,14})$/.test(text ?? '') ? Number(text) : NaN;
  return number >= min && number <= max ? number : undefined;
};
const LABEL = '[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?', OCTET = '(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])';
const HOST = `(?:${OCTET}(?:\\.${OCTET}){3}|(?:${LABEL}\\.)*(?=[a-z])${LABEL})`;
const KEY_ID = new RegExp(`^https://${HOST}(?::(?!443/)([1-9][0-9]{0,4}))?/keys/([A-Za-z0-9-]{1,127})/[A-Za-z0-9]{1,64}$`);
const keyNameOf = (id) => {
  const match = typeof id === 'string' && id.length <= 465 && KEY_ID.exec(id);
  return match && !(match[1] > 65535) ? match[2] : undefined;
};
const WRAPPED = [256, 384, 512];
const FIELDS = ['format', 'blob_id', 'length', 'chunk_size', 'table_segment', 'table', 'written', 'branch', 'sealed_dek', 'key_id', 'key_thumbprint',
  'wrapped_branch', 'name_hash', 'commitment', 'mac'].map((name) => `byok_${name}`);

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
  const format = decimalOf(f.byok_format, 0, Infinity);
  check(format !== undefined, 'malformed', 'format');
  check(format === 1, 'unsupported-version', f.byok_format);
  check(!('byok_wrapped_dek' in f) || 'byok_branch' in f, 'integrity', 'made by an earlier build');
  for (const name of FIELDS) check(name in f, 'malformed', `${name} is missing`);
  check(Object.keys(f).length === FIELDS.length, 'malformed', 'unknown field');

  const must = (value, name) => { check(value !== undefined, 'malformed', name); return value; };
  const decimal = (name, min, max) => must(decimalOf(f[name], min, max), name);
  const bytes = (name, ...lengths) => must(bytesOf(f[name], lengths), name);
  const h = { fields: f, keyName: must(keyNameOf(f.byok_key_id), 'key id') };
  h.L = decimal('byok_length', 0, 2 ** 47);
  h.C = decimal('byok_chunk_size', 64, 4194304);
  h.S = decimal('byok_table_segment', 1, 32768);
  decimal('byok_written', 0, 253402300799999);
  h.blobId = bytes('byok_blob_id', 16);
  h.branch = bytes('byok_branch', 32);
  h.sealedDek = bytes('byok_sealed_dek', 60);
  bytes('byok_key_thumbprint', 32);
  bytes('byok_wrapped_branch', ...WRAPPED);
  h.nameHash = bytes('byok_name_hash', 32);
  h.commitment = bytes('byok_commitment', 32);
  h.mac = bytes('byok_mac', 32);
  if (f.byok_table !== 'tail') {
    check(f.byok_table.length <= 8192 && f.byok_table.startsWith('inline.'), 'malformed', 'table');
    h.table = must(bytesOf(f.byok_table.slice(7)), 'table');
  }
  return h;
}

// Section 9.1: the pinned branches of a key name, as texts.
function pinsOf(keyName, versions) {
  const unreadable = (condition, reason) => check(condition, 'key-unavailable', reason);
  let highest = 0;
  let counting = [];
  for (const version of versions) {
    if (!['active', 'retired', 'replaced'].includes(version.tags['byok-state']) || !('byok-activation' in version.tags)) continue;
    const activation = decimalOf(version.tags['byok-activation'], 1, Infinity);
    unreadable(activation !== undefined, 'activation');
    if (activation > highest) [highest, counting] = [activation, []];
    if (activation === highest) counting.push(version);
  }
  const read = ({ tags }) => {
    const names = (tag, most) => {
      const list = tag in tags ? tags[tag].split(' ') : [];
      unreadable(list.length <= most && list.every((name) => bytesOf(name, [32])), tag);
      return list;
    };
    const current = names('byok-branch', 1);
    const all = [...current, ...names('byok-branches', 5), ...names('byok-branches-2', 5)];
    unreadable(new Set(all).size === all.length, 'a branch is pinned twice');
    return { all, meaning: JSON.stringify([current, all.slice(current.length).sort()]) };
  };
  const pins = counting.map(read);
  unreadable(pins.every((one) => one.meaning === pins[0].meaning), 'two versions pin differently');
  unreadable(pins.length > 0 && pins[0].all.length > 0, `no pins for ${keyName}`);
  return pins[0].all;
}

// JSON.parse takes the last of two members of one name, so this walks the text of the record once more to find out.
function hasMemberTwice(text) {
  const open = [];
  for (const [token] of text.matchAll(/"(?:[^"\\]|\\.)*"(\s*:)?|[{}]/g)) {
    if (token === '{') open.push(new Set());
    else if (token === '}') open.pop();
    else if (token.endsWith(':')) {
      const name = JSON.parse(token.slice(0, -1));
      if (open.at(-1).has(name)) return true;
      open.at(-1).add(name);
    }
  }
  return false;
}

// Section 9.2: the wrappings of the record; none when it is missing or malformed.
function recordOf(stored, keyName, branch) {
  if (!stored || stored.length > 32768) return [];
  let text, record;
  try {
    text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(stored);
    record = JSON.parse(text);
  } catch {
    return [];
  }
  const has = (value, ...names) => typeof value === 'object' && value !== null && !Array.isArray(value)
    && Object.keys(value).sort().join() === names.sort().join();
  const good = has(record, 'format', 'branch', 'wrappings') && !hasMemberTwice(text)
    && record.format === 1 && record.branch === branch && Array.isArray(record.wrappings)
    && record.wrappings.length >= 1 && record.wrappings.length <= 16
    && record.wrappings.every((w) => has(w, 'keyId', 'thumbprint', 'algorithm', 'wrappedKey') && keyNameOf(w.keyId) === keyName
      && bytesOf(w.thumbprint, [32]) && w.algorithm === 'RSA-OAEP-256' && bytesOf(w.wrappedKey, WRAPPED))
    && new Set(record.wrappings.map((w) => w.keyId)).size === record.wrappings.length;
  return good ? record.wrappings : [];
}

// Section 9.3.
function unwrapBranch(h, vector, versions, privateKeys) {
  const wrappings = [
    ...recordOf(vector.record && Buffer.from(vector.record, 'base64'), h.keyName, h.fields.byok_branch),
    { keyId: h.fields.byok_key_id, thumbprint: h.fields.byok_key_thumbprint, wrappedKey: h.fields.byok_wrapped_branch },
  ];
  const activation = (version) => Number(version.tags['byok-activation'] ?? 0);
  const usable = versions.filter((version) => ['active', 'retired'].includes(version.tags['byok-state']))
    .sort((a, b) => b.enabled - a.enabled || activation(b) - activation(a));
  const named = (wrapping) => usable.find((version) => version.id === wrapping.keyId);
  const matches = (wrapping, version) => wrapping.thumbprint === version.thumbprint && (named(wrapping) ?? version) === version;

  let unavailable = wrappings.some((wrapping) => !named(wrapping) && !usable.some((version) => matches(wrapping, version)));
  for (const version of usable) {
    for (const wrapping of wrappings.filter((one) => matches(one, version))) {
      if (!version.enabled) {
        unavailable = true;
        continue;
      }
      try {
        const key = crypto.privateDecrypt(
          { key: privateKeys.get(version.thumbprint), padding: crypto.constants.RSA_PKCS1_OAEP_PADDING, oaepHash: 'sha256' },
          bytesOf(wrapping.wrappedKey));
        if (key.length === 32 && same(hkdf(key, '', 'byok/v1/branch'), h.branch)) return key;
      } catch {
        // It does not unwrap: the next one.
      }
    }
  }
  throw new Refusal(unavailable ? 'key-unavailable' : 'integrity', 'the branch key does not unwrap');
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

function decrypt(vector, privateKeys) {
  const h = parse(vector.metadata);

  // Steps 6 to 8.
  check(vector.acceptedKeys.includes(h.keyName), 'integrity', 'the key is not accepted');
  const versions = vector.keyVersions.filter((version) => keyNameOf(version.id) === h.keyName);
  check(pinsOf(h.keyName, versions).includes(h.fields.byok_branch), 'integrity', 'the branch is not pinned');
  const branchKey = unwrapBranch(h, vector, versions, privateKeys);

  // Step 9.
  const dek = open(hkdf(branchKey, h.blobId, 'byok/v1/dek'), h.sealedDek.subarray(0, 12), h.sealedDek.subarray(12),
    Buffer.concat([prefix(3), h.blobId, h.branch]), 'sealed DEK');
  check(same(h.commitment, hkdf(dek, h.blobId, 'byok/v1/commitment')), 'integrity', 'commitment');
  const mac = crypto.createHmac('sha256', hkdf(dek, h.blobId, 'byok/v1/header-mac')).update('byok/v1/header');
  for (const name of FIELDS.filter((name) => name !== 'byok_mac').sort()) {
    const value = Buffer.from(h.fields[name], 'utf8');
    mac.update(u32be(name.length)).update(name).update(u32be(value.length)).update(value);
  }
  check(same(h.mac, mac.digest()), 'integrity', 'header MAC');

  // Steps 10 and 11.
  check(vector.allowRenamed || same(h.nameHash, sha256(`${vector.container}\0${vector.blob}`)), 'integrity', 'name');
  const n = Math.ceil(h.L / h.C);
  check(n <= 2 ** 25, 'malformed', 'too many chunks');
  const t = Math.ceil(n / h.S);
  const tableLength = 28 * t + 32 * n;
  check(h.table ? h.table.length === tableLength : n >= 1, 'malformed', 'table');
  const content = Buffer.from(vector.content, 'base64');
  const ciphertextLength = h.L + 16 * n;
  check(content.length === ciphertextLength + (h.table ? 0 : tableLength), 'integrity', 'stored length');

  // Step 12.
  const table = h.table ?? content.subarray(ciphertextLength);
  const tableKey = hkdf(dek, h.blobId, 'byok/v1/table');
  const plaintext = [];
  for (let k = 0; k < t; k++) {
    const first = k * h.S;
    const count = Math.min(h.S, n - first);
    const sealed = table.subarray(k * (28 + 32 * h.S)).subarray(0, 28 + 32 * count);
    const associatedData = Buffer.concat([prefix(2), h.blobId, u64be(first), u32be(count), u32be(h.C)]);
    const beks = open(tableKey, sealed.subarray(0, 12), sealed.subarray(12), associatedData, `table segment ${k}`);
    for (let i = first; i < first + count; i++) {
      const chunk = content.subarray(i * (h.C + 16), Math.min((i + 1) * (h.C + 16), ciphertextLength));
      plaintext.push(open(beks.subarray(32 * (i - first), 32 * (i - first + 1)), Buffer.alloc(12), chunk, prefix(1), `chunk ${i}`));
    }
  }
  return Buffer.concat(plaintext);
}

// The keys in the file, by their thumbprints (RFC 7638).
const [keyFile, ...vectorFiles] = process.argv.slice(2);
const privateKeys = new Map(fs.readFileSync(keyFile, 'utf8').match(/-----BEGIN[^]+?-----END[^\n]+/g).map((pem) => {
  const { e, n } = crypto.createPublicKey(pem).export({ format: 'jwk' });
  return [sha256(`{"e":"${e}","kty":"RSA","n":"${n}"}`).toString('base64url'), crypto.createPrivateKey(pem)];
}));
for (const file of vectorFiles) {
  const line = { file: path.basename(file) };
  try {
    Object.assign(line, { outcome: 'good', plaintext: decrypt(JSON.parse(fs.readFileSync(file, 'utf8')), privateKeys).toString('base64') });
  } catch (refusal) {
    if (!(refusal instanceof Refusal)) throw refusal;
    Object.assign(line, { outcome: refusal.outcome, reason: refusal.message });
  }
  console.log(JSON.stringify(line));
}
