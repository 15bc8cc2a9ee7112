// hyco-ws as listener: echoes text and binary messages; 'close' closes.
'use strict';

const relay = require('./relay.cjs');
const WebSocket = require('hyco-ws');

const uri = relay.local(WebSocket.createRelayListenUri(relay.namespace, relay.path));
const server = WebSocket.createRelayedServer(
  { server: uri, token: () => WebSocket.createRelayToken(uri, relay.keyName, relay.key) },
  (socket) => {
    socket.on('message', (data) => {
      if (data === 'close') {
        socket.close(1000, 'as you wish');
      } else {
        socket.send(data);
      }
    });
  });
server.on('listening', () => relay.say({ listening: true }));
server.on('error', (error) => relay.say({ error: String(error.message || error) }));
