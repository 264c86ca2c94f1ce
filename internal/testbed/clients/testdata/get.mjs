// Gets a URL with the agents of http and https.
import http from 'node:http';
import https from 'node:https';

const target = process.argv[2];
const client = target.startsWith('https:') ? https : http;
client.get(target).on('error', (err) => {
  console.error(err);
  process.exit(1);
});
