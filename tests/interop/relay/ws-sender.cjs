// hyco-ws as sender: sends messages one after the other, checks the echoes, and says how the socket ended.
'use strict';

const relay = require('./relay.cjs');
const WebSocket = require('hyco-ws');

const uri = relay.local(WebSocket.createRelaySendUri(relay.namespace, relay.path));
const token = WebSocket.createRelayToken(uri, relay.keyName, relay.key);
const messages = ['hello', relay.bytes(1), relay.bytes(65536), relay.bytes(300000), 'ä€😀'];

WebSocket.relayedConnect(uri, token, (socket) => {
  let turn = 0;
  const next = () => socket.send(turn < messages.length ? messages[turn] : 'close');
  socket.on('message', (data) => {
    const expected = messages[turn];
    relay.say({ isSame: typeof expected === 'string' ? data === expected : Buffer.from(data).equals(expected), length: expected.length });
    turn++;
    next();
  });
  socket.on('close', (code, reason) => relay.say({ closed: code, reason: String(reason) }));
  next();
}).on('error', (error) => {
  relay.say({ error: String(error.message || error) });
  process.exitCode = 1;
});
