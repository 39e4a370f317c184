// Waiting for what is to come, with an end to patience.

/** Asks until there is a true answer, and gives it; what a question throws counts as no. */
export async function until(what, question, seconds) {
  const end = Date.now() + seconds * 1000;
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
  throw new Error(`not within ${seconds} s: ${what}${trouble}`);
}

export const sleep = (milliseconds) => new Promise((resolve) => setTimeout(resolve, milliseconds));
