/** Files of their own in the bundle: V8 looks through all of a file, and a ride of some hours is evaluated in less time than that takes. */
async function main(): Promise<void> {
  const { run } = process.argv[2] === 'evaluate' ? await import('./evaluate-program') : await import('./program');
  await run();
}

void main();
