// One worker for all tabs of a browser: it owns the only event stream and tells every tab what arrived. A tab that joins late is told
// what came after the newest message it shows.
"use strict";

const remembered = 200;
const ports = new Set();
const arrivals = [];
let source = null;

function tell(port, note) {
  port.postMessage(note);
}

function tellAll(note) {
  for (const port of ports) tell(port, note);
}

function listen(stream, newest) {
  const address = newest ? `${stream}?after=${encodeURIComponent(newest)}` : stream;
  source = new EventSource(address);
  source.onmessage = (event) => {
    const note = { id: event.lastEventId, ...JSON.parse(event.data) };
    arrivals.push(note);
    if (arrivals.length > remembered) arrivals.shift();
    tellAll(note);
  };
  source.addEventListener("resync", () => {
    arrivals.length = 0;
    tellAll({ resync: true });
  });
  for (const kind of ["changed", "gone"]) source.addEventListener(kind, (event) => tellAll(JSON.parse(event.data)));
  source.onerror = () => {
    // The browser comes back by itself, unless the house refused: then every tab learns it when it is next loaded.
    if (source.readyState === EventSource.CLOSED) {
      source = null;
      setTimeout(() => { if (!source && ports.size > 0) listen(stream, arrivals.at(-1)?.id ?? newest); }, 15000);
    }
  };
}

function join(port, message) {
  ports.add(port);
  const place = arrivals.findIndex((note) => note.id === message.newest);
  for (const note of arrivals.slice(place + 1)) tell(port, note);
  if (!source) listen(message.stream, message.newest);
}

function leave(port) {
  ports.delete(port);
  if (ports.size === 0 && source) {
    source.close();
    source = null;
    arrivals.length = 0;
  }
}

self.onconnect = (event) => {
  const port = event.ports[0];
  port.onmessage = ({ data }) => {
    if (data.join) join(port, data);
    if (data.leave) leave(port);
  };
};
