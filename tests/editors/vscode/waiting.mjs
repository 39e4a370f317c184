// Waiting for what is to come, with an end to patience.

/** How much longer than on a machine of one's own everything may take. Who waits for what comes loses nothing by it. */
export const PATIENCE = 4;

/** Asks until there is a true answer, and gives it; what a question throws counts as no. */
export async function until(what, question, seconds) {
  const end = Date.now() + seconds * PATIENCE * 1000;
  let trouble = '';
  while (Date.now() < end) {
    try {
      const answer = await question();
      if (answer) {
        return answer;
      }
    } catch (error) {
      trouble = ` (${error.message})`;
    }
    await sleep(50);
  }
  throw new Error(`not within ${seconds * PATIENCE} s: ${what}${trouble}`);
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
