// One event stream for all tabs of a topic: browsers allow six connections to a host, and every page has a stream.
// A classic script in a SharedWorker. Tabs say {subscribe: url} and {leave: true}; they hear {state} and {event, data}.
(() => {
  const EVENTS = ["bar", "decision", "feed", "reset", "ping"];
  const RETRY_MS = 1000;
  /** @type {Map<string, {ports: Set<MessagePort>, source: EventSource | null, state: string, feed: object | null}>} */
  const topics = new Map();

  const open = (url, topic) => {
    const tell = (message) => topic.ports.forEach((port) => port.postMessage(message));
    const source = new EventSource(url);
    topic.source = source;
    source.onopen = () => tell({ state: (topic.state = "open") });
    source.onerror = () => {
      tell({ state: (topic.state = "down") });
      // After an answer that is no stream (a proxy's error page) a browser gives up: then we try again ourselves.
      if (source.readyState === EventSource.CLOSED && topics.get(url) === topic) {
        setTimeout(() => topics.get(url) === topic && open(url, topic), RETRY_MS);
      }
    };
    for (const event of EVENTS) {
      source.addEventListener(event, ({ data }) => {
        const message = { event, data };
        if (event === "feed") topic.feed = message;
        tell(message);
      });
    }
  };

  const leave = (port, url) => {
    const topic = topics.get(url);
    if (!topic?.ports.delete(port) || topic.ports.size) return;
    topic.source?.close();
    topics.delete(url);
  };

  self.onconnect = ({ ports: [port] }) => {
    let url = "";
    port.onmessage = ({ data }) => {
      if (data.leave) return leave(port, url);
      url = data.subscribe;
      let topic = topics.get(url);
      if (!topic) {
        topic = { ports: new Set(), source: null, state: "connecting", feed: null };
        topics.set(url, topic);
        open(url, topic);
      }
      topic.ports.add(port);
      port.postMessage({ state: topic.state });
      if (topic.feed) port.postMessage(topic.feed);
    };
    port.start();
  };
})();
