"""The emulator with a network and with sound: HTTP, signalling, WebRTC, synthesis."""
