// The voice SDK always asks for wss://; on this machine the signalling has no certificate.
(() => {
  const Socket = window.WebSocket;
  window.WebSocket = class extends Socket {
    constructor(url, protocols) {
      super(String(url).replace(/^wss:\/\/(127\.0\.0\.1|localhost)/, "ws://$1"), protocols);
    }
  };
})();
