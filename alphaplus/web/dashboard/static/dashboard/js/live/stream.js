// A live topic: through the SharedWorker where there is one, else by an EventSource of our own.

const EVENTS = ["bar", "decision", "feed", "reset", "ping"];
const RETRY_MS = 1000;

/** @typedef {object} Listener
 * @property {(state: "connecting" | "open" | "down") => void} state
 * @property {(event: string, data: any) => void} event */

/** Follow a topic until the page goes; a message that is no JSON is counted and dropped.
 * @param {string} url @param {string | null} worker Address of the worker script, or null to go without.
 * @param {Listener} listener */
export function follow(url, worker, listener) {
  const hear = (/** @type {string} */ event, /** @type {string} */ data) => {
    let parsed;
    try {
      parsed = JSON.parse(data || "{}");
    } catch {
      listener.event("malformed", null);
      return;
    }
    listener.event(event, parsed);
  };
  const shared = worker !== null && typeof SharedWorker === "function" && followShared(url, worker, listener, hear);
  if (!shared) followAlone(url, listener, hear);
}

/** @param {string} url @param {string} script @param {Listener} listener
 * @param {(event: string, data: string) => void} hear @returns {boolean} */
function followShared(url, script, listener, hear) {
  let worker;
  try {
    worker = new SharedWorker(script, "alphaplus-live");
  } catch {
    return false; // forbidden by a policy: the page still lives on a stream of its own
  }
  let answered = false;
  worker.port.onmessage = ({ data }) => {
    answered = true;
    if (data.state) listener.state(data.state);
    else hear(data.event, data.data);
  };
  worker.onerror = () => {
    if (!answered) followAlone(url, listener, hear);
    answered = true;
  };
  const subscribe = () => worker.port.postMessage({ subscribe: url });
  worker.port.start();
  subscribe();
  addEventListener("pagehide", () => worker.port.postMessage({ leave: true }));
  addEventListener("pageshow", (event) => event.persisted && subscribe()); // back from the back-forward cache
  return true;
}

/** @param {string} url @param {Listener} listener @param {(event: string, data: string) => void} hear */
function followAlone(url, listener, hear) {
  const source = new EventSource(url);
  source.onopen = () => listener.state("open");
  source.onerror = () => {
    listener.state("down");
    if (source.readyState === EventSource.CLOSED) setTimeout(() => followAlone(url, listener, hear), RETRY_MS);
  };
  for (const event of EVENTS) source.addEventListener(event, ({ data }) => hear(event, data));
  addEventListener("pagehide", () => source.close());
}
