// What the scripts share: where the relay is, and how Microsoft's URI functions are pointed at it.
'use strict';

const environment = (name) => {
  const value = process.env[name];
  if (!value) {
    throw new Error(`${name} is not set`);
  }
  return value;
};

const address = new URL(environment('RELAY_ADDRESS'));

exports.path = environment('RELAY_PATH');
exports.keyName = environment('RELAY_KEY_NAME');
exports.key = environment('RELAY_KEY');
exports.namespace = address.host;
exports.isTls = address.protocol === 'https:';

// The clients always say wss and 443.
exports.local = (uri) => uri
  .replace(`${address.host}:443/`, `${address.host}/`)
  .replace(/^wss:/, exports.isTls ? 'wss:' : 'ws:')
  .replace(/^https:/, address.protocol);

exports.say = (message) => process.stdout.write(`${JSON.stringify(message)}\n`);

exports.bytes = (length) => Buffer.from(Array.from({ length }, (_, index) => (index * 31 + (index >> 8)) & 0xff));
