// Node's own fetch as sender, as any HTTP client might come.
'use strict';

const relay = require('./relay.cjs');
const https = require('hyco-https');

const token = https.createRelayToken(relay.local(https.createRelayBaseUri(relay.namespace, relay.path)), relay.keyName, relay.key);
const uri = relay.local(https.createRelayHttpsUri(relay.namespace, `${relay.path}/echo`));

(async () => {
  for (const length of [1, 65535, 65537, 1048576]) {
    const body = relay.bytes(length);
    const response = await fetch(uri, { method: 'POST', body, headers: { Authorization: token } });
    relay.say({
      length,
      status: response.status,
      isSame: Buffer.from(await response.arrayBuffer()).equals(body),
      target: response.headers.get('x-target'),
      via: response.headers.get('via'),
    });
  }
})().catch((error) => {
  relay.say({ error: String(error) });
  process.exitCode = 1;
});
