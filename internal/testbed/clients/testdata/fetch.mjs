// Gets a URL with fetch.
await fetch(process.argv[2]);
