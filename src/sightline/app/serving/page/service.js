/** Questions to the service, and what may go wrong with them. */

const PATIENCE = 10; // so often a busy service is asked
const PAUSE_SECONDS = 2; // between two questions, where the service does not say how long to wait
const BUSY = [429, 503];

let token = sessionStorage.getItem("token") ?? "";

/** Something that keeps a question from being answered: what happened, and what to do. */
export class Trouble extends Error {
  constructor(status, problem, hint) {
    super(problem);
    Object.assign(this, { status, problem, hint });
  }

  /** Whether the next question would meet the same trouble. */
  get lasts() {
    return [0, 401, ...BUSY].includes(this.status);
  }
}

export function hasToken() {
  return token !== "";
}

export function useToken(given) {
  token = given;
  sessionStorage.setItem("token", given);
}

/**
 * Ask the service, and ask again for as long as it says that it is busy.
 *
 * @param {string} path Relative to the page, so that the service may live below any address.
 * @param {{method?: string, body?: FormData, signal?: AbortSignal, busy?: (seconds: number) => void,
 *   patience?: number}} options
 * @returns {Promise<object>} The answer.
 * @throws {Trouble} There is none; or an AbortError, if `signal` said so.
 */
export async function ask(path, { busy = () => {}, patience = PATIENCE, ...options } = {}) {
  const response = await reached(path, options);
  if (!BUSY.includes(response.status) || patience === 1) return answered(response);
  const seconds = Number(response.headers.get("Retry-After")) || PAUSE_SECONDS;
  busy(seconds);
  await new Promise((resolve) => setTimeout(resolve, 1000 * seconds));
  return ask(path, { busy, patience: patience - 1, ...options });
}

async function reached(path, options) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  try {
    return await fetch(path, { ...options, headers });
  } catch (error) {
    if (error.name === "AbortError") throw error;
    throw new Trouble(0, "The service can't be reached.", "See that it runs and that this device is connected.");
  }
}

async function answered(response) {
  const body = await response.json().catch(() => null);
  if (response.ok && body) return body;
  const {
    problem = `The service gave an answer of status ${response.status} that this page can't read.`,
    hint = "",
  } = body?.error ?? {};
  throw new Trouble(response.status, problem, hint);
}
