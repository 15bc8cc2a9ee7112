// hyco-https as sender: posts bodies of many sizes and checks that each comes back as it went.
'use strict';

const relay = require('./relay.cjs');
const https = require('hyco-https');

const token = https.createRelayToken(relay.local(https.createRelayBaseUri(relay.namespace, relay.path)), relay.keyName, relay.key);

const send = (method, body, { inQuery = false, isChunked = false } = {}) => new Promise((resolve, reject) => {
  const uri = https.createRelayHttpsUri(relay.namespace, `${relay.path}/echo`, inQuery ? token : null);
  const headers = inQuery ? {} : { ServiceBusAuthorization: token };
  if (!isChunked) {
    headers['Content-Length'] = body.length;
  }

  const request = https.request(uri, { method, headers }, (response) => {
    const parts = [];
    response.on('data', (part) => parts.push(part));
    response.on('end', () => resolve({
      length: body.length,
      status: response.statusCode,
      isSame: Buffer.concat(parts).equals(body),
      target: response.headers['x-target'],
      via: response.headers.via,
    }));
  });
  request.on('error', reject);
  if (isChunked) {
    request.write(body.subarray(0, 10));
    request.write(body.subarray(10));
    request.end();
  } else {
    request.end(body);
  }
});

(async () => {
  for (const length of [0, 1, 65535, 65536, 65537, 1048576]) {
    relay.say(await send('POST', relay.bytes(length)));
  }
  relay.say(await send('PUT', relay.bytes(100), { inQuery: true }));
  relay.say(await send('POST', relay.bytes(200), { isChunked: true }));
  relay.say(await send('POST', relay.bytes(200000), { isChunked: true }));
})().catch((error) => {
  relay.say({ error: String(error) });
  process.exitCode = 1;
});
