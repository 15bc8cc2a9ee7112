// hyco-https as listener: echoes bodies, or answers /large?N with N bytes.
'use strict';

const relay = require('./relay.cjs');
const https = require('hyco-https');

const uri = relay.local(https.createRelayListenUri(relay.namespace, relay.path));
const server = https.createRelayedServer(
  { server: uri, token: () => https.createRelayToken(uri, relay.keyName, relay.key) },
  (request, response) => {
    const parts = [];
    request.on('data', (part) => parts.push(part));
    request.on('end', () => {
      const large = /\/large\?(\d+)$/.exec(request.url);
      response.setHeader('x-method', request.method);
      response.setHeader('x-target', request.url);
      response.setHeader('x-secrets', Object.keys(request.headers).filter((name) => /authorization/i.test(name)).length);
      response.writeHead(201, 'Made');
      if (request.method === 'DELETE') {
        response.end();
      } else if (request.method === 'PATCH') {
        response.write('one ');
        response.write('two ');
        response.end('three');
      } else if (!large && parts.length === 0) {
        response.end(); // With an empty buffer hyco-https 1.4.5 never answers.
      } else {
        response.end(large ? relay.bytes(Number(large[1])) : Buffer.concat(parts));
      }
    });
  });
server.on('listening', () => relay.say({ listening: true }));
server.on('error', (error) => relay.say({ error: String(error.message || error) }));
server.listen();
