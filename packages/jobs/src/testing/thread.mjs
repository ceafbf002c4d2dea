/** What a thread of the tests does with a job. */
export default async function run({ job: { kind, params } }) {
  if (kind === 'double') return { result: 2 * params };
  if (kind === 'spin') for (;;);
  if (kind === 'exit') process.exit(3);
  if (kind === 'arrays') {
    const kept = [];
    for (;;) {
      kept.push(new Uint8Array(2 ** 24).fill(1)); // outside of the heap
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
  }
  if (kind === 'heap') for (const kept = []; ; ) kept.push({ kept: [kept.length] });
  return { failed: { code: 'jobs/kind', message: kind } };
}
